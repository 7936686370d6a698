"""Find anything: pages, actions, documentation, endpoints, deliveries, events, and what the modules add.

`?q=` is looked for in names and URLs; a number is an id; hexadecimal digits begin an idempotency key. The page works
without scripts; console.js shows the same results in a dialog (Ctrl+K).
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.selectors import is_operator
from console.base import ConsoleRequest, page, render_page
from console.menu import MENU
from console.templatetags.console import translated
from events.models import Event
from maac_contract.contract import CHAPTERS, TOPICS
from webhooks import selectors
from webhooks.ids import is_id
from webhooks.log import search
from webhooks.log.filters import KEY_BEGINS_WITH, KEY_LENGTH
from webhooks.log.search import Criteria

EACH = 5
LONGEST = 100


class Hit(NamedTuple):
    """A result: where it leads, its label, what kind of thing it is, and its icon."""

    url: str
    label: str
    kind: str
    icon: str


Finder = Callable[[ConsoleRequest, str], Iterator[Hit]]


@page
def find(request: ConsoleRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:LONGEST]
    context = {"q": text, "hits": hits(request, text) if text else []}
    if request.headers.get("HX-Request"):
        return render(request, "console/find/hits.html", context)
    return render_page(request, "console/find/page.html", context)


def hits(request: ConsoleRequest, text: str) -> list[Hit]:
    """At most `EACH` results of each kind."""
    return [hit for finder in FINDERS for hit in islice(finder(request, text), EACH)]


def _pages(request: ConsoleRequest, text: str) -> Iterator[Hit]:
    operates = is_operator(request.user)
    for section in MENU:
        for entry in section.entries:
            if _has(text, str(entry.label)) and (operates or not entry.for_operators):
                yield Hit(reverse(entry.url_name), str(entry.label), _("Page"), entry.icon)


def _actions(_request: ConsoleRequest, text: str) -> Iterator[Hit]:
    actions = (
        (_("Create a webhook"), "console:webhook_new", "plus"),
        (_("Publish an event"), "console:event_new", "send"),
        (_("Check a receiver"), "console:checks", "shield"),
        (_("Change password"), "console:password_change", "key"),
    )
    yield from (Hit(reverse(name), label, _("Action"), icon) for label, name, icon in actions if _has(text, label))


def _endpoints(request: ConsoleRequest, text: str) -> Iterator[Hit]:
    found = selectors.endpoints(account=request.account).filter(Q(name__icontains=text) | Q(url__icontains=text))
    for each in found[:EACH]:
        yield Hit(reverse("console:webhook", args=[each.pk]), f"{each.name} · {each.url}", _("Endpoint"), "webhook")


def _deliveries(request: ConsoleRequest, text: str) -> Iterator[Hit]:
    found = list(selectors.deliveries(account=request.account).filter(pk=int(text))) if is_id(text) else []
    key = text.lower().replace("-", "")
    if KEY_BEGINS_WITH <= len(key) <= KEY_LENGTH and not set(key) - set("0123456789abcdef"):
        found += search.search(account=request.account, criteria=Criteria(key=key), limit=EACH).rows
    for each in found:
        label = f"{each.pk} · {each.topic} · {each.idempotency_key}"
        yield Hit(reverse("console:delivery", args=[each.pk]), label, _("Delivery"), "list")


def _events(request: ConsoleRequest, text: str) -> Iterator[Hit]:
    if is_id(text):
        for each in Event.objects.filter(account=request.account, pk=int(text)):
            yield Hit(reverse("console:event", args=[each.pk]), f"{each.pk} · {each.topic}", _("Event"), "wand")


def _document(_request: ConsoleRequest, text: str) -> Iterator[Hit]:
    where = reverse("console:document")
    for topic in TOPICS.values():
        title = translated(topic.title)
        if _has(text, topic.name) or _has(text, title):
            yield Hit(f"{where}#{topic.name}", f"{title} · {topic.name}", _("Technical document"), "document")
    for chapter in CHAPTERS:
        if _has(text, title := translated(chapter.title)):
            yield Hit(f"{where}#{chapter.name}", title, _("Technical document"), "document")


def _has(text: str, label: str) -> bool:
    return text.casefold() in label.casefold()


FINDERS: list[Finder] = [_pages, _actions, _endpoints, _deliveries, _events, _document]
"""In the order in which they are shown; `modules` appends its own."""
