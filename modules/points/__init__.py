"""Points: the brand grants reward points, and each grant publishes an event."""
