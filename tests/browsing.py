"""A real browser for tests: Debian's Chromium, driven by playwright, that notices what a page complains about.

with chromium() as browser, window(browser, simulator.url, cookies=visitor.cookies) as page:
    page.goto("/console/")
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from tests.processes import ROOT, Api, Embedded, embedded, environment, migrated_database, start
from tests.servers import Missing

PATIENCE = 20_000
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
SUPPORT, SUPPORT_PASSWORD = "admin", "a password that only tests know"


def find_chromium() -> str:
    """The path of Chromium."""
    if found := shutil.which("chromium"):
        return found
    raise Missing("chromium is not installed: the Debian package is chromium")


@contextmanager
def furnished(folder: Path, *arguments: str, **settings: object) -> Iterator[Embedded]:
    """A running simulator that has been in use for a week; the arguments go to `tests.demo`."""
    all_settings = {"MAAC_SIM_ADMIN_PASSWORD": SUPPORT_PASSWORD, **settings}
    code = f"from tests.demo import main; main{arguments!r}"
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code]
    env = environment(MAAC_SIM_DATA=folder, **all_settings)
    folder.mkdir(parents=True)
    shutil.copy(migrated_database(), folder)
    with start(command, env, folder.with_name(f"{folder.name}-furnished.log")) as process:
        assert process.wait(60) == 0, process.describe()
    with embedded(folder, **all_settings) as running:
        yield running


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window on the screen."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser,
    url: str,
    *,
    cookies: dict[str, str] | None = None,
    language: str = "en",
    size: dict[str, int] = WIDE,
    dark: bool = False,
    scripts: bool = True,
) -> Iterator[Page]:
    """A window of its own, like a visitor's; what its console complained about fails the test at the end."""
    context = browser.new_context(
        base_url=url,
        viewport=size,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        locale=language,
        java_script_enabled=scripts,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    every = {"maac_sim_language": language, **(cookies or {})}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in every.items()])
    page = context.new_page()
    complaints = watch(page)
    try:
        yield page
        assert complaints == []
    finally:
        context.close()


def watch(page: Page) -> list[str]:
    """What the page's scripts fail at and what the browser refuses to load or run, as it comes."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return complaints


@dataclass
class Visitor:
    """Somebody who has logged in to the console, without a browser: their cookies open it in one."""

    url: str
    name: str
    password: str
    session: requests.Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.post("/console/login/", username=self.name, password=self.password, next="/console/")

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.session.cookies.items())

    def get(self, path: str) -> requests.Response:
        answer = self.session.get(self.url + path, timeout=20)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    def post(self, path: str, **fields: Any) -> requests.Response:
        """Send a form, and follow to the page that comes next."""
        if "maac_sim_csrf" not in self.session.cookies:
            self.get("/console/login/")
        data = {**fields, "csrfmiddlewaretoken": self.session.cookies["maac_sim_csrf"]}
        answer = self.session.post(self.url + path, data=data, timeout=20)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer


@dataclass(frozen=True)
class Brand:
    """A brand with one user, who has logged in, and an API token."""

    name: str
    number: int
    user: Visitor
    api: Api


def new_brand(support: Visitor, name: str, *, zones: tuple[int, ...] = (1, 2), time_zone: str = "Asia/Tokyo") -> Brand:
    """Customer support makes an account, licenses its zones and lets a user in; the user makes a token."""
    made = support.post("/console/accounts/new/", name=name, time_zone=time_zone, plan="marketing")
    number = int(made.url.rstrip("/").rpartition("/")[2])
    today = datetime.now(UTC)
    period = {
        "valid_from": (today - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S"),
        "valid_until": (today + timedelta(days=335)).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    for zone in zones:
        support.post(f"/console/accounts/{number}/zone/", zone=zone, **period)
    username = f"user-{number}@{re.sub(r'[^a-z0-9]+', '-', name.lower())}"
    password = _shown(support.post(f"/console/accounts/{number}/people/", username=username), "password")
    user = Visitor(support.url, username, password)
    token = _shown(user.post("/console/tokens/", name="Test"), "token")
    return Brand(name, number, user, Api(support.url, token))


def _shown(answer: requests.Response, name: str) -> str:
    """What a page shows once, in its element of that id."""
    found = re.search(rf'<code id="{name}">([^<]+)</code>', answer.text)
    assert found, answer.text
    return found[1]


def sticks_out(page: Page) -> list[str]:
    """The elements that make a page scroll sideways."""
    found: list[str] = page.evaluate(
        """() => {
            if (document.documentElement.scrollWidth <= innerWidth) return [];
            const edge = element => Math.round(element.getBoundingClientRect().right);
            const wide = [...document.querySelectorAll("body *")].filter(element => edge(element) > innerWidth);
            return wide.map(element => `${element.tagName.toLowerCase()}.${element.className} ${edge(element)}px`);
        }"""
    )
    return found or (["the page"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else [])


def links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    return found


def open_page(page: Page, path: str) -> bool:
    """Whether the path leads to a page, and not to a file; an answer other than 200 is a failure."""
    try:
        answer = page.goto(path)
    except Error as error:
        if "Download is starting" in error.message:
            return False
        raise
    assert answer is not None
    assert answer.status == 200, (path, answer.status)
    return answer.headers.get("content-type", "").startswith("text/html")
