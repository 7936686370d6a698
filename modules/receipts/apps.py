"""Registers the app with Django."""

from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "modules.receipts"
    default_auto_field = "django.db.models.BigAutoField"
