"""What can be done: one verb a function, keyword-only, and every rule that holds for it."""
