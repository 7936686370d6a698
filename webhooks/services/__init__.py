"""The operations on endpoints, events and deliveries: functions named by verbs, with keyword-only arguments, that
enforce every rule."""
