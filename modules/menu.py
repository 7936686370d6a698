"""The section *Modules* of the console's side menu."""

from django.utils.translation import gettext_lazy as _

from webhooks.console.menu import Entry, Section

MODULES = Section(_("Modules"), (Entry(_("Contacts"), "contacts:list", "person"),))
