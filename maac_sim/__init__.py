"""The wiring of all packages: settings, URLs, Celery, the embedded server and the command line."""

__version__ = "0.1.0"
