"""Registers the app with Django."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "modules.messages"
    # "messages" is what Django's own app for notes on pages is called.
    label = "line_messages"
    default_auto_field = "django.db.models.BigAutoField"
