"""API > Webhook: endpoints, their details, test sends and injected faults."""
