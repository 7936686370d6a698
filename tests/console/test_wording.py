"""No page of the console says anything that is not translated, and every page can be reached.

All pages are shown in a language that only this test speaks, in which every translated string stands between marks.
What stands outside of marks must be data, or a name that is the same in every language.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import audit
from accounts.models import Account
from accounts.services import create_account
from console.webhooks.snippets import LANGUAGES
from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE, TOPICS
from modules.contacts import imports
from modules.surveys.models import Survey
from tests import demo
from tests.brands import browser
from tests.pages import ENTRIES, route_of, walk
from tests.wording import marked_catalogue, unmarked
from webhooks.models import Endpoint

SPOKEN = "xx"
NAMES = {
    *("maac-sim", "curl", "URL", "JSON", "JSON Schema", "HTML", "JUnit XML", "HTTP", "POST", "5xx", "TLS"),
    *("s", "ms", "KiB"),
    *("PNP", "SMS", "LINE", "timestamp", "topic", "data", "sn", "svid", "template_id", "event_id"),
    *(HEADER_SIGNATURE, HEADER_IDEMPOTENCY_KEY, audit.SYSTEM),
    *TOPICS,
    *(language for _, language, *_ in LANGUAGES),
    *available_timezones(),
}
"""The same in every language."""
ADDRESS_OR_SECRET = re.compile(r"(https?://)?(\w+\.)+\w+(:\d+)?(/[\w/.{}-]*)?|[0-9a-f]{32}")
CODE_WORD = re.compile(r"[a-z]+(_[a-z]+)*|[A-Z]+(_[A-Z]+)+")
"""How the code names states; a page that shows one shows it untranslated."""
LONGEST_SHOWN = 300
RARE = {"console/deliveries/more/", "console/login/", "console/password_change/done/"}
"""A search of the log goes on there when it takes long; nobody who is logged in sees the others by a link."""
EACH = 3
"""So many pages of a kind are looked at."""


@pytest.fixture(scope="module")
def marked_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of catalogues for the language in which every translated string stands between marks."""
    folder = tmp_path_factory.mktemp("locale")
    (folder / SPOKEN / "LC_MESSAGES").mkdir(parents=True)
    marked_catalogue().save_as_mofile(str(folder / SPOKEN / "LC_MESSAGES" / "django.mo"))
    return folder


@pytest.fixture
def visitor(marked_language: Path, alice: Account) -> Iterator[Client]:
    """Customer support in Alice's account, which has been in use, in the language of the marks."""
    demo.furnish(alice, now=datetime.now(UTC))
    imports.start(account=alice, text=f"line_uid\nU{0:032x}\n", now=datetime.now(UTC))
    languages = [*settings.LANGUAGES, (SPOKEN, "Marked")]
    with override_settings(LANGUAGES=languages, LOCALE_PATHS=[marked_language]):
        client = browser("help@support", operates=True)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = SPOKEN
        yield client


class Walk:
    """A walk through the whole console: what its pages say without a translation, and where their forms lead."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.untranslated: dict[str, list[str]] = {}
        self.routes: set[str] = set()
        self.parts = Counter[str]()
        self.forms: dict[str, tuple[str, str]] = {}
        """By route: where a form leads, and the page that has it."""

    def everywhere(self) -> None:
        for entry in ENTRIES:
            walk(reverse(entry), self.look, each=EACH)

    def send_test(self) -> None:
        """The part that shows a test on its way is on no page."""
        here = reverse("console:webhook_test", args=[Endpoint.objects.earliest("pk").pk])
        self.read(here, self.client.post(here, {"event_type": "prize.points_added"}, headers={"HX-Request": "true"}))

    def in_an_empty_account(self) -> None:
        """Where nothing is, pages say what there could be."""
        empty = create_account(name="Nothing yet", time_zone="Asia/Tokyo", now=datetime.now(UTC))
        self.work_in(empty)
        self.everywhere()
        self.work_in(Account.objects.earliest("pk"))

    def work_in(self, account: Account) -> None:
        self.client.post(reverse("console:account_switch"), {"account": account.pk})

    def look(self, path: str) -> list[str]:
        self.routes.add(route_of(path))
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        if not answer.headers["Content-Type"].startswith("text/html"):
            return []
        return self.read(path, answer)

    def read(self, path: str, answer: Any) -> list[str]:
        html = answer.content.decode()
        self.note(path, html)
        for action in [*attributes(html, "action"), *attributes(html, "hx-post"), *attributes(html, "formaction")]:
            self.forms.setdefault(route_of(urlsplit(action).path), (action, path))
        for url in attributes(html, "hx-get"):
            self.look_at_part(urljoin(path, url))
        return attributes(html, "href")

    def look_at_part(self, url: str) -> None:
        """A part of a page that a script fetches, with all that it asks for."""
        route = route_of(urlsplit(url).path)
        if self.parts[route] < EACH:
            self.parts[route] += 1
            answer = self.client.get(url, headers={"HX-Request": "true"})
            assert answer.status_code in (200, 204), (url, answer.status_code)
            self.note(url, answer.content.decode())

    def send_every_form_empty(self) -> None:
        for action, path in sorted(self.forms.values(), key=lambda form: how_final(form[0])):
            answer = self.client.post(action, headers={"Referer": f"http://testserver{path}"}, follow=True)
            assert answer.status_code < 500, (action, answer.status_code)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                self.note(action, answer.content.decode())

    def note(self, path: str, html: str) -> None:
        if found := unmarked(html):
            self.untranslated[path] = found


def how_final(path: str) -> int:
    """What takes something away comes late, and what ends the visit last."""
    ends = ("/end/", "/remove/", "/delete/", "/account/", "/logout/")
    return next((place for place, end in enumerate(ends, 1) if path.endswith(end)), 0)


def attributes(html: str, name: str) -> list[str]:
    return [unescape(value) for value in re.findall(rf'\s{name}="([^"]+)"', html)]


def stored_words() -> set[str]:
    """Every text that is stored, to separate it from what pages say of themselves."""
    found: set[str] = set()
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if not field.choices]
        texts = [
            each.attname for each in fields if isinstance(each, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._default_manager.values_list(*texts):
            found.update(text for value in row for text in _texts(value))
    output = {text for text in found if len(text) < LONGEST_SHOWN and not CODE_WORD.fullmatch(text)}
    return output | set(Survey.objects.values_list("svid", flat=True))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def without(text: str, words: list[str]) -> str:
    """What is left of a text when these words are taken out."""
    for word in words:
        if word in text:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "", text)
    return text


def only_untranslated(found: dict[str, list[str]], stored: set[str]) -> dict[str, str]:
    """What is neither stored nor a name that is the same everywhere, and a page that shows it."""
    words = sorted(stored | NAMES, key=len, reverse=True)
    shown_on = {text: path for path, texts in found.items() for text in texts}
    return {text: path for text, path in shown_on.items() if has_words(text, stored, words)}


def has_words(text: str, stored: set[str], words: list[str]) -> bool:
    if text in stored or ADDRESS_OR_SECRET.fullmatch(text):
        return False
    return any(letter.isalpha() for letter in without(text, words))


@pytest.mark.any_lock_order
def test_every_page_is_reached_every_form_can_be_sent_empty_and_all_words_are_translated(visitor: Client) -> None:
    walked = Walk(visitor)
    walked.everywhere()
    walked.send_test()
    walked.in_an_empty_account()
    reached = walked.routes | set(walked.parts) | set(walked.forms)
    assert sorted(routes_of_console() - reached - RARE) == []
    stored_before = stored_words()
    walked.send_every_form_empty()
    assert only_untranslated(walked.untranslated, stored_before | stored_words()) == {}


def routes_of_console() -> set[str]:
    """Every pattern below /console/, without those of Django's admin that the console does not use."""
    return {route for route in _routes(get_resolver().url_patterns, "") if route.startswith("console/")}


def _routes(patterns: list[URLPattern | URLResolver], above: str) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLPattern):
            yield above + str(each.pattern)
        elif each.namespace != "admin":
            yield from _routes(each.url_patterns, above + str(each.pattern))
