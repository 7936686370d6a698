"""Who gets told, and whether they were: endpoints, deliveries, attempts, the engine and its doors."""
