"""Points: the brand hands out reward points, and each grant is told."""
