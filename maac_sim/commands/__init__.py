"""Commands of `maac-sim` that need no database and no settings."""
