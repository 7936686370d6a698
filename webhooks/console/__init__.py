"""The console's pages: thin doors that parse, call a service or a selector, and answer with a page."""
