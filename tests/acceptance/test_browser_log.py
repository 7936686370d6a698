"""The delivery log in a real browser: live, filtered, a delivery's page, and sending again one or many."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import Brand, Visitor, window
from tests.processes import Embedded
from tests.receiver import Receiver

pytestmark = pytest.mark.slow

RECEIPT = "receipt.receipt_validated"
SURVEY = "form.surveycake_submitted"


def subscribe(brand: Brand, url: str, name: str = "CRM") -> int:
    fields = {"name": name, "url": url, "event_types": [RECEIPT, SURVEY]}
    answer = brand.api.post("/endpoints/", fields)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def happen(brand: Brand, topic: str = RECEIPT) -> int:
    """The delivery of an event, when it has ended."""
    event = brand.api.post("/events/", {"topic": topic}).json()
    assert brand.api.get(f"/events/{event['id']}/wait/?timeout=10").json()["done"]
    return int(event["deliveries"][0]["id"])


def row(page: Page, delivery: int) -> Locator:
    return page.locator("tr", has=page.locator(f"#delivery-{delivery}"))


def test_new_deliveries_show_by_themselves_and_filters_stand_in_the_address(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser, receiver: Receiver
) -> None:
    brand = make_brand("Log")
    subscribe(brand, receiver.url("/hook"))
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto("/console/deliveries/")
        expect(page.get_by_text("Nothing has been delivered yet")).to_be_visible()
        page.evaluate("window.untouched = true")
        delivered = happen(brand, SURVEY)
        expect(row(page, delivered)).to_contain_text("Delivered")
        receiver.always("/hook", 503)
        failed = happen(brand)
        expect(row(page, failed)).to_contain_text("Failed")
        expect(page.locator("#log-count")).to_have_text("2 deliveries")
        assert page.evaluate("window.untouched")

        page.get_by_label("Status").select_option(label="Failed")
        expect(page).to_have_url(f"{furnished.url}/console/deliveries/?status=failed")
        expect(page.locator("#rows tr")).to_have_count(1)
        page.get_by_role("link", name="Failed Remove this filter").click()
        expect(page.locator("#rows tr")).to_have_count(2)
        page.get_by_label("Text in the body").fill(SURVEY)
        page.get_by_role("button", name="Filter").click()
        expect(page.locator("#rows tr")).to_have_count(1)
        expect(row(page, delivered)).to_be_visible()
        assert "q=form.surveycake_submitted" in page.url


def test_the_log_shows_twelve_rows_and_on_a_phone_the_first_without_scrolling(
    furnished: Embedded, browser: Browser, support: Visitor
) -> None:
    for size, rows in (({"width": 1440, "height": 900}, 12), ({"width": 390, "height": 844}, 1)):
        with window(browser, furnished.url, cookies=support.cookies, size=size) as page:
            page.goto("/console/deliveries/")
            box = page.locator("#rows tr").nth(rows - 1).bounding_box()
            assert box
            assert box["y"] + box["height"] <= size["height"]


def test_a_deliverys_page_shows_its_attempts_and_sends_it_again(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser, receiver: Receiver
) -> None:
    brand = make_brand("Again")
    subscribe(brand, receiver.url("/hook"))
    receiver.always("/hook", 503)
    delivery = happen(brand)
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto(f"/console/deliveries/{delivery}/")
        expect(page.get_by_role("heading", name=re.compile(r"^Attempt \d"))).to_have_count(4)
        expect(page.locator("#delivery-status")).to_have_text("Failed")
        page.get_by_role("button", name="Copy as curl").click()
        curl = page.evaluate("navigator.clipboard.readText()")
        assert f"CrescLab-Idempotency-Key: {receiver.requests[0].key}" in curl
        receiver.always("/hook", 200)
        page.get_by_role("button", name="Redeliver", exact=True).click()
        expect(page.locator("#delivery-status")).to_have_text("Delivered")
        expect(page.get_by_role("heading", name="Attempt 5")).to_be_visible()
        page.get_by_role("button", name="Redeliver with a new key").click()
        expect(page).not_to_have_url(f"{furnished.url}/console/deliveries/{delivery}/")
        expect(page.locator("#delivery-status")).to_have_text("Delivered")
    *earlier, last = receiver.wait_for(6)
    assert {request.body for request in earlier} == {last.body}
    assert len({request.key for request in earlier}) == 1
    assert last.key not in {request.key for request in earlier}


def test_all_that_a_filter_shows_is_sent_again_after_its_number_was_told(
    furnished: Embedded, make_brand: Callable[..., Brand], browser: Browser, receiver: Receiver
) -> None:
    brand = make_brand("Bulk")
    subscribe(brand, receiver.url("/hook"))
    receiver.always("/hook", 404)
    failed = [happen(brand) for _ in range(3)]
    receiver.always("/hook", 200)
    delivered = happen(brand)
    receiver.clear()
    with window(browser, furnished.url, cookies=brand.user.cookies) as page:
        page.goto("/console/deliveries/?status=failed")
        page.get_by_role("link", name="Redeliver these").click()
        expect(page.get_by_role("heading", name="3 deliveries", exact=True)).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Redeliver").click()
        expect(page.get_by_role("heading", name="3 deliveries are sent again")).to_be_visible()
        assert len(receiver.wait_for(3)) == 3
        page.goto("/console/deliveries/")
        for delivery in [*failed, delivered]:
            expect(row(page, delivery)).to_contain_text("Delivered")
