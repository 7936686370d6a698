"""The sections and entries of the side menu."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu. It is highlighted on its own page and on every page whose path begins with its path.

    `stands_for` is shown under the heading of these pages: which of MAAC's screens a module stands for, and what it
    leaves out.
    """

    label: str | Promise
    url_name: str
    icon: str
    for_operators: bool = False
    stands_for: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str | Promise
    entries: tuple[Entry, ...]


MENU: list[Section] = [
    Section("", (Entry(_("Home"), "console:home", "home"),)),
    Section(
        _("API"),
        (
            Entry(_("Webhook"), "console:webhooks", "webhook"),
            Entry(_("Events"), "console:events", "wand"),
            Entry(_("Binding callback"), "console:callback", "webhook"),
            Entry(_("Deliveries"), "console:deliveries", "list"),
            Entry(_("API token"), "console:tokens", "key"),
            Entry(_("Technical document"), "console:document", "document"),
        ),
    ),
    Section(
        _("Tools"),
        (
            Entry(_("Check a receiver"), "console:checks", "shield"),
            Entry(_("Explain a signature"), "console:explain", "search"),
        ),
    ),
    Section(
        _("Account"),
        (
            Entry(_("Plan and licences"), "console:account_info", "check"),
            Entry(_("Audit log"), "console:audit", "clock"),
        ),
    ),
    Section(
        _("Customer support"),
        (
            Entry(_("Accounts"), "console:accounts", "people", for_operators=True),
            Entry(_("Administration"), "admin:index", "list", for_operators=True),
        ),
    ),
]
"""In this order; `modules` inserts its section."""
