"""Filters for charts and their figures: `{% load charts %}`."""

from django import template

from console import charts

register = template.Library()

register.filter("spark", charts.spark)
register.filter("percent", charts.percent)
register.filter("duration", charts.duration)
