"""Pages of events: the list, one event, and publishing by hand."""
