"""The console: the base of every page, and the console's own pages."""
