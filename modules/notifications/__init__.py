"""Notification messages (SMS+, "PNP"): sent to a phone number by LINE push, then PNP, then SMS, until one delivers."""
