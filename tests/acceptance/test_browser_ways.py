"""Other ways to use the console than a mouse on a wide screen: a keyboard, a phone, no scripts."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browsing import PHONE, Brand, Visitor, sticks_out, window
from tests.pages import ENTRIES
from tests.processes import Embedded
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

RECEIPT = "receipt.receipt_validated"
TABS = 60


def tab_to(page: Page, wanted: str) -> None:
    """Press the tab key until the element has the focus, which must be seen at every stop."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        seen, is_there = page.evaluate(
            """selector => {
                const here = document.activeElement;
                const style = getComputedStyle(here);
                const label = here.labels?.[0] && getComputedStyle(here.labels[0]);
                const rings = [style, label].filter(each => each && each.outlineStyle !== "none");
                const isSeen = here === document.body || rings.length > 0 || style.boxShadow !== "none";
                return [isSeen, here.matches(selector)];
            }""",
            wanted,
        )
        assert seen, f"nobody sees where the focus is: {page.evaluate('document.activeElement.outerHTML')}"
        if is_there:
            return
    raise AssertionError(f"{TABS} tabs do not lead to {wanted}")


def test_a_webhook_is_created_with_the_keyboard_alone(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser
) -> None:
    brand = make_brand("Keyboard")
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto("/console/webhooks/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        tab_to(page, "a[href='/console/webhooks/new/']")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{furnished.url}/console/webhooks/new/")
        tab_to(page, "[name=name]")
        page.keyboard.type("By keyboard")
        tab_to(page, "[name=url]")
        page.keyboard.type("http://127.0.0.1:9/")
        tab_to(page, f"[value='{RECEIPT}']")
        page.keyboard.press("Space")
        tab_to(page, "main [type=submit]")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="By keyboard", exact=True)).to_be_visible()


def test_without_scripts_every_page_reads_and_the_forms_work(
    furnished: Embedded, support: Visitor, make_brand: Callable[..., Brand], browser: Browser, receiver: Receiver
) -> None:
    brand = make_brand("No scripts")
    with window(browser, furnished.url, cookies=brand.user.cookies, scripts=False) as page:
        page.goto("/console/webhooks/new/")
        page.get_by_label("Webhook endpoint name").fill("Plain")
        page.get_by_label("Webhook endpoint URL").fill(receiver.url("/hook"))
        page.get_by_role("checkbox", name=RECEIPT).check()
        page.get_by_role("main").get_by_role("button", name="Create").click()
        page.get_by_role("link", name="Details of Plain").click()
        page.get_by_role("button", name="Show", exact=True).click()
        secret = page.locator("[data-secret]").inner_text()
        page.locator("#send-test").get_by_label("Event type").select_option(RECEIPT)
        page.locator("#send-test").get_by_role("button", name="Send test").click()
        expect(page.locator("#test-result")).to_contain_text("200 OK")
        assert receiver.wait_for(1)[0].verifies(secret)
        page.goto("/console/deliveries/?is_test=true")
        expect(page.locator("#rows tr")).to_have_count(1)
        page.goto("/console/webhooks/")
        page.get_by_role("switch", name="Send events to Plain").click()
        expect(page.get_by_role("switch", name="Send events to Plain")).not_to_be_checked()
    with window(browser, furnished.url, cookies=support.cookies, scripts=False) as page:
        for entry in ENTRIES:
            page.goto(reverse(entry))
            expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "zh-hant"])
def test_on_a_phone_the_menu_opens_and_no_page_scrolls_sideways(
    language: str, furnished: Embedded, support: Visitor, browser: Browser
) -> None:
    """In English this is asked of every page, by the test of the pages."""
    with window(browser, furnished.url, cookies=support.cookies, language=language, size=PHONE) as page:
        wide = {}
        for entry in ENTRIES:
            page.goto(reverse(entry))
            wide[entry] = sticks_out(page)
        assert {entry: what for entry, what in wide.items() if what} == {}
        page.goto(reverse("console:home"))
        menu = page.get_by_role("navigation").filter(has=page.locator("a[href='/console/webhooks/']"))
        expect(menu).not_to_be_visible()
        page.locator(".menu-button").click()
        expect(menu).to_be_visible()
        menu.locator("a[href='/console/webhooks/']").click()
        expect(page).to_have_url(f"{furnished.url}/console/webhooks/")
        expect(menu).not_to_be_visible()
