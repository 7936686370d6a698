"""Deeplinks, tracelinks and auto replies, the clicks of contacts on them, and what contacts then do at the shop."""
