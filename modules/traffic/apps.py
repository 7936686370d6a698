"""Registers the app with Django."""

from django.apps import AppConfig


class TrafficConfig(AppConfig):
    name = "modules.traffic"
    default_auto_field = "django.db.models.BigAutoField"
