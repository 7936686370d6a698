"""Registers the app with Django: it has template tags, and no models."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"
