"""Registers the app with Django."""

from django.apps import AppConfig


class BindingConfig(AppConfig):
    name = "modules.binding"
    default_auto_field = "django.db.models.BigAutoField"
