"""Makes our console the site that Django's admin registers with, and our Celery application the current one."""

from django.contrib.admin.apps import AdminConfig

MODULES_PLACE = 2
"""Where the modules stand in the console's menu: after the API."""


class ConsoleConfig(AdminConfig):
    default_site = "console.site.SupportSite"

    def ready(self) -> None:
        from console.menu import MENU
        from maac_sim import celery  # noqa: F401
        from modules.menu import MODULES

        MENU.insert(MODULES_PLACE, MODULES)
        super().ready()
