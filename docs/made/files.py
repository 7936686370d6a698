"""Texts that are written elsewhere in the project, in one place: sections of the README, and other files."""

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "settings": "reference/settings.md",
    "in-your-tests-and-in-ci": "how-to/ci.md",
    "secrets-and-who-did-what": "operations.md#replacing-keys",
}
"""Where the README's sections are in the documentation."""
LINK_TO_README = re.compile(r"\]\((?:\.\./README\.md)?#([\w-]+)\)")


def readme(title: str, *, at: str) -> str:
    """A section of the README without its heading, for the page at this path."""
    parts = re.split(r"^## (.+)$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return LINK_TO_README.sub(lambda found: f"]({_place(found[1], at)})", sections[title].strip())


def text(path: str) -> str:
    """A Markdown file without its first heading."""
    return (ROOT / path).read_text().split("\n", 1)[1].strip()


def without_links_to_readme(markdown: str, *, at: str) -> str:
    """The README is no page of the site; what a page says of it is here, too."""
    links = re.compile(r"\]\(\.\./README\.md#([\w-]+)\)")
    return links.sub(lambda found: f"]({_place(found[1], at)})", markdown)


def _place(section: str, at: str) -> str:
    return posixpath.relpath(PAGES[section], posixpath.dirname(at) or ".")
