"""Makes our console the site that Django's admin registers with, and our Celery application the current one."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "maac_sim.console.ConsoleSite"

    def ready(self) -> None:
        from maac_sim import celery  # noqa: F401

        super().ready()
