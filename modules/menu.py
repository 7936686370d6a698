"""The section *Modules* of the console's side menu."""

from django.utils.translation import gettext_lazy as _

from console.menu import Entry, Section

MODULES = Section(
    _("Modules"),
    (
        Entry(_("Contacts"), "contacts:list", "person"),
        Entry(_("Receipts"), "receipts:list", "receipt"),
        Entry(_("Surveys"), "surveys:list", "survey"),
        Entry(_("Notifications"), "notifications:list", "bell"),
        Entry(_("Points"), "points:list", "gift"),
        Entry(_("Messages"), "messages:list", "mail"),
        Entry(_("Links"), "links:list", "send"),
        Entry(_("Traffic"), "traffic:list", "play"),
    ),
)
