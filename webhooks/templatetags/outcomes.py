"""Filters for what came of a delivery: `{% load outcomes %}`."""

from django import template

from webhooks.console import words

register = template.Library()

register.filter("status_word", words.status_word)
register.filter("status_tone", words.status_tone)
register.filter("reason_sentence", words.reason_sentence)
