"""MAAC's help article as a story in a real browser: in the article's own Japanese, and in English."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from maac_contract.contract import TOPICS
from tests.browsing import Brand, Visitor, window
from tests.processes import Embedded, environment, start, wait_until_it_listens
from tests.servers import free_port

RECEIPT = "receipt.receipt_validated"


@dataclass(frozen=True)
class Words:
    """What stands on the buttons and beside the fields."""

    language: str
    menu: str
    empty: str
    document: str
    create: str
    name: str
    url: str
    running: str
    details: str
    show: str
    copy: str
    copied: str
    event_type: str
    send_test: str
    change_secret: str
    pause: str
    paused: str
    resume: str
    delete: str
    confirm: str


ENGLISH = Words(
    language="en",
    menu="Main menu",
    empty="No webhook yet",
    document="Technical document",
    create="Create",
    name="Webhook endpoint name",
    url="Webhook endpoint URL",
    running="1 of 3",
    details="Details of CRM",
    show="Show",
    copy="Copy",
    copied="Copied",
    event_type="Event type",
    send_test="Send test",
    change_secret="Change share secret",
    pause="Pause",
    paused="Paused",
    resume="Resume",
    delete="Delete",
    confirm="Type the name to delete it",
)
JAPANESE = Words(
    language="ja",
    menu="メインメニュー",
    empty="Webhook はまだありません",
    document="技術資料",
    create="作成する",
    name="Webhookエンドポイント名称",
    url="Webhook エンドポイントURL",
    running="1 / 3",
    details="CRM の詳細",
    show="表示",
    copy="コピー",
    copied="コピーしました",
    event_type="イベントの種類",
    send_test="テストを送信",
    change_secret="Share Secret を変更",
    pause="一時停止",
    paused="一時停止中",
    resume="再開",
    delete="削除",
    confirm="削除するには名称を入力してください",
)


class Console:
    """What the people of the article do, with the words of their language."""

    def __init__(self, page: Page, words: Words) -> None:
        self.page = page
        self.words = words

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Any:
        return self.page.get_by_role("main").get_by_role("link", name=name, exact=True)

    def go_to_webhooks(self) -> None:
        menu = self.page.get_by_role("navigation", name=self.words.menu)
        menu.get_by_role("link", name="Webhook", exact=True).click()

    def create(self, name: str, url: str, *topics: str) -> None:
        self.link(self.words.create).click()
        self.page.get_by_label(self.words.name).fill(name)
        self.page.get_by_label(self.words.url).fill(url)
        for topic in topics:
            self.page.get_by_role("checkbox", name=topic).check()
        self.button(self.words.create).click()

    def reveal_and_copy_the_secret(self) -> str:
        secret = self.page.locator("#secret")
        expect(secret.locator("[data-secret]")).to_have_count(0)
        secret.get_by_role("button", name=self.words.show).click()
        shown = secret.locator("[data-secret]").inner_text()
        secret.get_by_role("button", name=self.words.copy).click()
        expect(secret.get_by_role("button", name=self.words.copied)).to_be_visible()
        assert self.clipboard() == shown
        return shown

    def copy_the_receiver(self) -> str:
        self.page.get_by_role("button", name=f"{self.words.copy} Python").click()
        expect(self.page.get_by_role("button", name=f"{self.words.copied} Python")).to_be_visible()
        return self.clipboard()

    def clipboard(self) -> str:
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def send_test(self, topic: str, *, expected: str) -> None:
        card = self.page.locator("#send-test")
        card.get_by_label(self.words.event_type).select_option(topic)
        # The result of the test before must not be taken for this one's.
        self.page.evaluate("document.querySelector('#test-result').replaceChildren()")
        card.get_by_role("button", name=self.words.send_test).click()
        expect(card.locator("#test-result .explanation strong")).to_contain_text(expected)
        expect(card.locator("#test-result")).to_contain_text("CrescLab-Signature")

    def change_the_secret(self) -> None:
        self.link(self.words.change_secret).click()
        self.button(self.words.change_secret).click()
        expect(self.page.get_by_role("status").locator(".note.good")).to_be_visible()


@contextmanager
def receiver(code: str, port: int, secret: str, folder: Path) -> Iterator[None]:
    """What the engineer does: save the program that the console gave, and start it with the share secret."""
    folder.mkdir()
    (folder / "receiver.py").write_text(code)
    env = environment(SHARE_SECRET=secret, TMPDIR=folder)
    with start([sys.executable, "receiver.py"], env, folder / "output.log") as process:
        wait_until_it_listens(process, port)
        yield


def happen(brand: Brand) -> dict[str, Any]:
    """A receipt is validated; the event and what became of it."""
    event = brand.api.post("/events/", {"topic": RECEIPT}).json()
    waited = brand.api.get(f"/events/{event['id']}/wait/?timeout=10").json()
    assert waited["done"], waited
    return dict(event)


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=lambda words: words.language)
def test_from_the_first_visit_to_the_last_webhook_deleted(
    words: Words, furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser, tmp_path: Path
) -> None:
    brand, port = make_brand("Story"), free_port()
    with window(browser, furnished.url, cookies=brand.user.cookies, language=words.language) as page:
        console = Console(page, words)
        page.goto("/console/")
        console.go_to_webhooks()
        expect(page.get_by_role("heading", name=words.empty)).to_be_visible()
        expect(console.link(words.document)).to_have_attribute("href", "/console/docs/")

        console.create("CRM", f"http://127.0.0.1:{port}/webhook", *TOPICS)
        expect(page).to_have_url(f"{furnished.url}/console/webhooks/")
        expect(page.get_by_text(words.running, exact=True)).to_be_visible()
        page.get_by_role("link", name=words.details).click()

        secret, code = console.reveal_and_copy_the_secret(), console.copy_the_receiver()
        with receiver(code, port, secret, tmp_path / "first"):
            for topic in TOPICS:
                console.send_test(topic, expected="200 OK")
            console.change_the_secret()
            console.send_test(RECEIPT, expected="401")
        new_secret = console.reveal_and_copy_the_secret()
        assert new_secret != secret
        with receiver(code, port, new_secret, tmp_path / "second"):
            console.send_test(RECEIPT, expected="200 OK")

            console.button(words.pause).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(words.paused)
            assert [each["reason"] for each in happen(brand)["not_reached"]] == ["endpoint_paused"]
            console.button(words.resume).click()
            expect(page.get_by_role("heading", level=1)).not_to_contain_text(words.paused)
            event = happen(brand)
            delivery = event["deliveries"][0]["id"]
            assert brand.api.get(f"/deliveries/{delivery}/").json()["status"] == "delivered"
            page.reload()
            expect(page.locator(f".last-deliveries a[href='/console/deliveries/{delivery}/']")).to_be_visible()

        console.link(words.delete).click()
        page.get_by_label(words.confirm).fill("Another")
        console.button(words.delete).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label(words.confirm).fill("CRM")
        console.button(words.delete).click()
        expect(page.get_by_role("heading", name=words.empty)).to_be_visible()


@pytest.mark.slow
def test_the_fourth_endpoint_is_refused_until_customer_support_raises_the_limit(
    furnished: Embedded, support: Visitor, make_brand: Callable[..., Brand], browser: Browser
) -> None:
    brand = make_brand("Four")
    for number in range(3):
        fields = {"name": f"Endpoint {number}", "url": "http://127.0.0.1:9/", "event_types": [RECEIPT]}
        assert brand.api.post("/endpoints/", fields).status_code == 201
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        console = Console(page, ENGLISH)
        page.goto("/console/webhooks/")
        expect(page.get_by_text("3 of 3", exact=True)).to_be_visible()
        console.create("One too many", "http://127.0.0.1:9/", RECEIPT)
        expect(page.get_by_role("alert")).to_contain_text("customer support")
        assert page.get_by_label(ENGLISH.name).input_value() == "One too many"

        with window(browser, furnished.url, cookies=support.cookies) as their_page:
            their_page.goto(f"/console/accounts/{brand.number}/edit/")
            their_page.get_by_label("Running endpoints").fill("4")
            their_page.get_by_role("button", name="Save").click()
            expect(their_page).to_have_url(f"{furnished.url}/console/accounts/{brand.number}/")

        console.button(ENGLISH.create).click()
        expect(page.get_by_text("4 of 4", exact=True)).to_be_visible()


@pytest.mark.slow
def test_a_zone_that_is_not_licensed_is_locked_and_says_whom_to_ask(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser
) -> None:
    brand = make_brand("One zone", zones=(1,))
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto("/console/webhooks/new/")
        zone = page.get_by_role("group", name="Webhook zone 2")
        expect(zone.get_by_text("Ask customer support")).to_be_visible()
        expect(zone.get_by_role("checkbox")).to_be_disabled()
        expect(page.get_by_role("checkbox", name=RECEIPT)).to_be_enabled()


@pytest.mark.slow
def test_customer_support_lets_a_brand_in_and_its_user_sees_that_brand_alone(
    furnished: Embedded, support: Visitor, browser: Browser
) -> None:
    with window(browser, furnished.url, cookies=support.cookies) as page:
        page.goto("/console/accounts/new/")
        page.get_by_label("Name").fill("Flower shop")
        page.get_by_role("main").get_by_role("button").click()
        page.get_by_role("link", name="License a zone").click()
        page.get_by_role("main").get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Flower shop")
        page.get_by_label("User name").fill("flowers@shop")
        page.get_by_role("button", name="Add", exact=True).click()
        password = page.locator("#password").inner_text()
    with window(browser, furnished.url) as page:
        page.goto("/")
        page.get_by_label("Username").fill("flowers@shop")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("banner")).to_contain_text("Flower shop")
        expect(page.get_by_role("link", name="Accounts")).to_have_count(0)
        assert page.request.get("/console/accounts/").status == 404
        assert page.request.get("/console/webhooks/1/").status == 404


@pytest.mark.slow
def test_the_language_is_switched_in_the_header_and_remembered(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser
) -> None:
    brand = make_brand("Three languages")
    headings = {"日本語": "Webhook はまだありません", "繁體中文": "尚無 Webhook", "English": "No webhook yet"}
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto("/console/webhooks/")
        for language, heading in headings.items():
            page.get_by_role("button", name=language).click()
            expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(heading)
            expect(page).to_have_url(f"{furnished.url}/console/webhooks/")
            page.reload()
            expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(heading)
