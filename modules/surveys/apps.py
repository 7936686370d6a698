"""Registers the app with Django."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "modules.surveys"
    default_auto_field = "django.db.models.BigAutoField"
