"""The console's site: Django's admin under our name, at /console/."""

from django.contrib.admin import AdminSite


class ConsoleSite(AdminSite):
    site_header = "maac-sim"
    site_title = "maac-sim"
    index_title = "Simulated MAAC"
