"""Every page of the console in a real browser: usable by everybody, in both themes, on a phone, without a complaint.

The pages are found by following links from each line of the menu, so a new page is looked at by itself.
"""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.browsing import PHONE, WIDE, Visitor, links, open_page, sticks_out, watch, window
from tests.pages import ENTRIES, walk
from tests.processes import Embedded

pytestmark = pytest.mark.slow

GRAVE = ("serious", "critical")


REPEATED = [".side", ".top", "tbody tr:nth-child(n+4)", "li:nth-child(n+7)"]
"""What is the same on every page, and rows like those above: looked at where a walk begins, since it takes long."""


def axe(page: Page, *rules: str, leave_out: list[str]) -> list[Any]:
    """What axe-core holds for a serious fault: the rule and the elements."""
    page.evaluate(f"window.axe || {AXE_SCRIPT}")
    where = {"include": [["html"]], "exclude": [[each] for each in leave_out]}
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": list(rules)} if rules else {})}
    found: dict[str, Any] = page.evaluate("([where, options]) => axe.run(where, options)", [where, options])
    return [
        (fault["id"], fault["help"], [node["target"] for node in fault["nodes"]])
        for fault in found["violations"]
        if fault["impact"] in GRAVE
    ]


def faults(page: Page, *, leave_out: list[str]) -> dict[str, Any]:
    """What is wrong with the page as it stands: light and dark, and narrow."""
    found: dict[str, Any] = {"light": axe(page, leave_out=leave_out)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = axe(page, "color-contrast", leave_out=leave_out)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found["sticks out at 360 px"] = sticks_out(page)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_page_is_usable_by_everybody(entry: str, furnished: Embedded, support: Visitor, browser: Browser) -> None:
    wrong: dict[str, Any] = {}
    with window(browser, furnished.url, cookies=support.cookies) as page:

        def look(path: str) -> list[str]:
            if not open_page(page, path):
                return []
            if found := faults(page, leave_out=REPEATED if path != reverse(entry) else []):
                wrong[path] = found
            return links(page)

        walked = walk(reverse(entry), look, each=1)
    assert walked
    assert wrong == {}


def test_what_is_looked_for_would_be_found(furnished: Embedded, support: Visitor, browser: Browser) -> None:
    page = browser.new_context(base_url=furnished.url, viewport=PHONE).new_page()  # type: ignore[arg-type]
    complaints = watch(page)
    page.goto("/console/login/")
    assert faults(page, leave_out=[]) == {}
    assert complaints == []
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'it ran'";
            const picture = document.createElement("img");
            picture.src = "https://example.com/picture.png";
            picture.width = 500;
            const faint = document.createElement("p");
            faint.textContent = "Black on dark grey is read by nobody in the dark";
            document.querySelector("main").append(script, picture, faint);
            const dark = "@media (prefers-color-scheme: dark) { main > p { background: #222 } }";
            document.styleSheets[0].insertRule("main > p { color: #000; background: #fff }");
            document.styleSheets[0].insertRule(dark, 1);
        }"""
    )
    found = faults(page, leave_out=[])
    assert [rule for rule, *_ in found["light"]] == ["image-alt"]
    assert [rule for rule, *_ in found["dark"]] == ["color-contrast"]
    assert [each.split(".")[0] for each in found["sticks out at 360 px"]] == ["img"]
    assert page.title() != "it ran"
    assert ["Content Security Policy" in each for each in complaints] == [True, True]
    page.context.close()
