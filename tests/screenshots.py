"""Takes the pictures in docs/images: `python -m tests.screenshots`.

A simulator that has been in use for a week, a receiver that fails now and then, and Chromium, in both themes.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browsing import PHONE, SUPPORT, SUPPORT_PASSWORD, WIDE, Visitor, chromium, furnished, window
from tests.processes import ROOT, Embedded
from tests.receiver import Delay, Receiver

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000
PORT = 9000
"""Where the receivers of the documentation listen."""
CRM = "/webhooks/maac"
RECEIPT = "receipt.receipt_validated"
SURVEY = "form.surveycake_submitted"


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Receiver(port=PORT) as receiver, chromium() as browser:
        address = f"http://crm.localhost:{PORT}"
        with furnished(Path(folder) / "data", address, WEBHOOK_RETRY_WAITS="0.4,0.8,1.6") as simulator:
            retried = live(simulator, receiver)
            Photographer(simulator, browser).take_all(retried)
    too_large = [path.name for path in IMAGES.glob("*.png") if path.stat().st_size > LARGEST]
    print(f"Too large: {', '.join(too_large)}" if too_large else f"The pictures are in {IMAGES}.")
    return 1 if too_large else 0


def live(simulator: Embedded, receiver: Receiver) -> int:
    """Let events happen, most of them to no trouble; the delivery that needed three attempts."""
    receiver.always(CRM, Delay(0.03))
    receiver.always("/points", Delay(0.02))
    wait_until_quiet(simulator)
    happen(simulator, RECEIPT, 4)
    receiver.script(CRM, Delay(0.4, 503), Delay(0.2, 503))
    retried = happen(simulator, SURVEY, 1)
    receiver.script(CRM, 401)
    happen(simulator, SURVEY, 2)
    happen(simulator, SURVEY, 3)
    return retried


def wait_until_quiet(simulator: Embedded) -> None:
    """Let the notifications that were on their way arrive, so that they take none of the scripted answers."""
    messages = "/modules/notifications/messages/"
    while any(message["due_at"] for message in simulator.api.get(messages).json()["results"]):
        time.sleep(0.5)
    while simulator.api.get("/deliveries/?status=pending").json()["results"]:
        time.sleep(0.1)


def happen(simulator: Embedded, topic: str, seed: int) -> int:
    """The first delivery of an event, when all of them have ended."""
    event = simulator.api.post("/events/", {"topic": topic, "seed": seed}).json()
    assert simulator.api.get(f"/events/{event['id']}/wait/?timeout=20").json()["done"]
    return int(event["deliveries"][0]["id"])


class Photographer:
    """Customer support's browser in Demo brand's account."""

    def __init__(self, simulator: Embedded, browser: Browser) -> None:
        self.simulator = simulator
        self.browser = browser
        self.cookies = Visitor(simulator.url, SUPPORT, SUPPORT_PASSWORD).cookies

    def take_all(self, retried: int) -> None:
        pages = {
            "home": "/console/?range=24h",
            "webhooks": "/console/webhooks/",
            "details": "/console/webhooks/1/",
            "deliveries": "/console/deliveries/",
            "delivery": f"/console/deliveries/{retried}/",
        }
        for theme in ("light", "dark"):
            with self.page(theme) as page:
                for name, path in pages.items():
                    take(page, path, f"{name}-{theme}")
                self.send_test(page)
                save(page, f"send-test-{theme}")
        with self.page("light", size=PHONE) as page:
            for name in ("home", "webhooks", "delivery"):
                take(page, pages[name], f"{name}-phone")
        with self.page("light", language="ja") as page:
            take(page, pages["details"], "details-japanese")

    @contextmanager
    def page(self, theme: str, *, size: dict[str, int] = WIDE, language: str = "en") -> Iterator[Page]:
        with window(
            self.browser,
            self.simulator.url,
            cookies=self.cookies,
            size=size,
            dark=theme == "dark",
            language=language,
        ) as page:
            yield page

    def send_test(self, page: Page) -> None:
        page.goto("/console/webhooks/1/test/?event_type=message.first_open&seed=7")
        page.locator("#send").click()
        expect(page.locator("#test-result .explanation.good")).to_be_visible()


def take(page: Page, path: str, name: str) -> None:
    page.goto(path)
    save(page, name)


def save(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
