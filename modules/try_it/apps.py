"""Registers the app with Django."""

from django.apps import AppConfig


class TryItConfig(AppConfig):
    name = "modules.try_it"
    default_auto_field = "django.db.models.BigAutoField"
