"""The wiring: settings, URLs, Celery, the embedded server and the command line."""

__version__ = "0.1.0"
