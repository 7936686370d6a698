"""Makes the console's admin site Django's default, and this project's Celery application the current one."""

from django.contrib.admin.apps import AdminConfig

MODULES_PLACE = 2
"""Position of the modules' menu section: after the API's."""


class ConsoleConfig(AdminConfig):
    default_site = "console.site.SupportSite"

    def ready(self) -> None:
        from console.find import FINDERS
        from console.menu import MENU
        from maac_sim import celery  # noqa: F401
        from modules.find import find_contacts
        from modules.menu import MODULES

        FINDERS.append(find_contacts)
        MENU.insert(MODULES_PLACE, MODULES)
        super().ready()
