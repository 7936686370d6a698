"""Filters for delivery outcomes: `{% load outcomes %}`."""

from django import template

from console.deliveries import labels

register = template.Library()

register.filter("status_word", labels.status_word)
register.filter("status_tone", labels.status_tone)
register.filter("reason_sentence", labels.reason_sentence)
register.filter("endpoint_name", labels.endpoint_name)
