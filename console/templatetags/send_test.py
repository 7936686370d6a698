"""Data of the *Send test* card: `{% load send_test %}`."""

from datetime import datetime

from django import template

from console.webhooks.send_test import Choice, choices
from webhooks.models import Endpoint

register = template.Library()


@register.simple_tag
def test_choices(endpoint: Endpoint, now: datetime) -> list[Choice]:
    return choices(endpoint=endpoint, now=now)
