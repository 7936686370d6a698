"""Registers the app with Django."""

from django.apps import AppConfig


class OpenApiConfig(AppConfig):
    name = "modules.openapi"
    default_auto_field = "django.db.models.BigAutoField"
