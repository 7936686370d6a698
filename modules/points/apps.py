"""Registers the app with Django."""

from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "modules.points"
    default_auto_field = "django.db.models.BigAutoField"
