"""Webhooks: endpoints, deliveries, attempts, the delivery engine, and the delivery log."""
