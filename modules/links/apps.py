"""Registers the app with Django."""

from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "modules.links"
    default_auto_field = "django.db.models.BigAutoField"
