"""What happened: the MAAC contract, sample payloads, and the stored event."""
