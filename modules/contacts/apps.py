"""Registers the app with Django."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "modules.contacts"
    default_auto_field = "django.db.models.BigAutoField"
