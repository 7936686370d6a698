"""The documentation: it builds without a complaint, needs no other host, and names only what there is."""

import http.server
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser
from typer.core import TyperGroup

from docs.made.commands import Command, members, parameters, tree
from docs.made.open_api import calls
from maac_contract.contract import TOPICS
from receiver_check.findings import FINDINGS
from receiver_check.probes import PROBES
from tests.conftest import ROOT
from tests.processes import environment

pytestmark = pytest.mark.slow

PAGES = sorted((ROOT / "docs").rglob("*.md"))
WRITTEN = [*PAGES, ROOT / "README.md", ROOT / "examples" / "README.md"]
READ_IN_THE_REPOSITORY = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    ROOT / "examples" / "README.md",
]
PACKAGES = (
    "maac_contract", "receiver_check", "accounts", "events", "webhooks", "rest", "console", "modules", "maac_sim",
    "templates", "static", "locale", "tests", "docs", "examples", "bench",
)  # fmt: skip
PLACEHOLDERS = ("NAME", "AREA", "CODE", "test_x")
NAMES_ONLY = ("…", "COMMAND")
FOREIGN_IN_STYLES = re.compile(r"url\(\s*[\"']?(https?:)?//|@import\s+[\"']?(https?:)?//")
CODE = re.compile(r"^```+.*?\n(.*?)^```+$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?<![\w./-])(?<!install )maac-sim((?: +(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s|;&<>)`\"']+|<(?= ))+)*)")


class Page(HTMLParser):
    """What a page leads to, what it loads, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = {""}
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        output = {name: value or "" for name, value in attrs}
        self.places |= {output["id"]} if "id" in output else set()
        if tag == "a" and "href" in output:
            self.links.append(output["href"])
        elif tag == "link" and output.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(output.get("href", ""))
        self.loaded += [output[name] for name in ("src", "data", "poster") if name in output]
        self.loaded += [each.split()[0] for each in output.get("srcset", "").split(",") if each.strip()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = environment(NO_MKDOCS_2_WARNING=1)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_local_link_leads_to_a_page_and_a_place_in_it(site: Path, pages: dict[Path, Page]) -> None:
    astray = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            leads = target in pages and unquote(parts.fragment) in pages[target].places
            if not leads and not (target.is_file() and not parts.fragment):
                astray.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 20
    assert astray == []


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, Page]) -> None:
    loaded = {link for page in pages.values() for link in page.loaded}
    assert loaded
    assert {link for link in loaded if urlsplit(link).netloc} == set()
    styles = list(site.rglob("*.css"))
    assert styles
    assert [path.name for path in styles if FOREIGN_IN_STYLES.search(path.read_text())] == []


@contextmanager
def served(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """A test prints nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_browser_reads_and_searches_it_without_the_internet(site: Path, browser: Browser) -> None:
    with served(site) as url, browser.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in ("index.html", "tutorial.html", "reference/rest.html", "reference/event-types.html"):
            page.goto(f"{url}/{path}")
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
        page.set_viewport_size({"width": 1300, "height": 800})
        page.reload()
        page.locator(".md-search__input").fill("reserialised")
        page.locator(".md-search-result__item").first.wait_for()
        assert "reserialised" in page.locator(".md-search-result__list").inner_text()
    assert [each for each in asked if not each.startswith((url, "data:", "blob:"))] == []
    assert complaints == []


def test_every_command_and_option_that_a_page_names_exists() -> None:
    root = tree()
    named = [(path, output) for path in WRITTEN for output in commands_in(path.read_text())]
    wrong = [f"{path.relative_to(ROOT)}: maac-sim {output}" for path, output in named if not is_known(root, output)]
    assert len(named) > 50
    assert wrong == []


def commands_in(text: str) -> Iterator[str]:
    """What follows `maac-sim` in code, as far as it goes."""
    for block, span in CODE.findall(text):
        for found in COMMAND.finditer((block or span).replace("\\\n", " ")):
            if found[1].strip():
                yield found[1].strip()


def is_known(group: TyperGroup, output: str) -> bool:
    command: Command = group
    words = shlex.split(output)
    while isinstance(command, TyperGroup) and words:
        word = words.pop(0)
        if word in NAMES_ONLY or word == "--help" or word.startswith("--install-completion"):
            return True
        found = members(command).get(word)
        if found is None:
            return False
        command = found
    options = {name for each in parameters(command) for name in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    return all(word.partition("=")[0] in options for word in words if word.startswith("--"))


def test_a_command_that_does_not_exist_would_be_found() -> None:
    output = "`maac-sim triger x`\n```bash\n"
    output += "echo | maac-sim trigger x --wat | cat\nmaac-sim endpoint list \\\n  --json\n```\n"
    assert [is_known(tree(), each) for each in commands_in(output)] == [False, False, True]


def test_the_reference_tells_everything_that_there_is(site: Path) -> None:
    output = {
        name: (site / "reference" / f"{name}.html").read_text() for name in ("probes", "explanations", "open-api")
    }
    assert all(f"<code>{name}</code>" in output["probes"] for name in PROBES)
    assert all(f"<code>{code}</code>" in output["explanations"] for code in FINDINGS)
    assert all(call in output["open-api"] for call, _ in calls())
    event_types = Page(site / "reference" / "event-types.html")
    assert {name.replace(".", "-").replace("_", "-") for name in TOPICS} <= event_types.places


def test_every_local_link_of_the_readme_leads_somewhere() -> None:
    for path in (ROOT / "docs" / "operations.md", *READ_IN_THE_REPOSITORY):
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / parts.path).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {link}"
            assert not parts.fragment or parts.fragment in headings(target), f"{path.name}: {link}"


def headings(path: Path) -> set[str]:
    """The places of a Markdown file, named as by most who show one."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_file_that_the_map_names_exists() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        named = [each for each in re.findall(r"`([\w*./-]+)`", (ROOT / name).read_text()) if "/" in each]
        ours = [each for each in named if each.split("/")[0] in PACKAGES and not any(p in each for p in PLACEHOLDERS)]
        assert [each for each in ours if not any(ROOT.glob(each.rstrip("/")))] == [], name
