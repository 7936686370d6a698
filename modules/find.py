"""What the modules add to the console's search."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from console.base import ConsoleRequest
from console.find import EACH, Hit
from modules.contacts import selectors


def find_contacts(request: ConsoleRequest, text: str) -> Iterator[Hit]:
    for each in selectors.search(account=request.account, text=text)[:EACH]:
        label = f"{each.display_name or each.line_display_name} · {each.line_uid}"
        yield Hit(reverse("contacts:contact", args=[each.pk]), label, _("Contact"), "person")
