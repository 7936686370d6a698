"""Traffic: seeded streams of customer life, played on an account through the other modules."""
