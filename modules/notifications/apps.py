"""Registers the app with Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "modules.notifications"
    default_auto_field = "django.db.models.BigAutoField"
