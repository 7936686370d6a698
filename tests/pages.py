"""Which pages the console has, found by following links: a new page is looked at without being listed anywhere."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve, reverse

from console.menu import MENU

CONSOLE = "/console/"
ENTRIES = [entry.url_name for section in MENU for entry in section.entries]
"""Where a walk through the console can start: at each line of the menu."""


def entry_of(path: str) -> str:
    """The line of the menu that a page stands below: the nearest, and Home for what stands below no other."""
    above = [reverse(name) for name in ENTRIES if path.startswith(reverse(name))]
    return max(above, key=len)


def walk(start: str, look: Callable[[str], Iterable[str]], *, each: int = 2) -> list[str]:
    """Look at a page and at all pages that links lead to from there and that stand below the same line of the menu.

    `look` is given a path and gives back the links on it. Of pages that differ only in what they are about, such as
    those of deliveries, as many as `each` are looked at.
    """
    walked, met, counts = [], {start}, Counter[str]()
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        walked.append(here)
        for path in _paths(here, look(here)):
            route = route_of(path, seen_on=here)
            if path not in met and counts[route] < each and entry_of(path) == entry_of(start):
                met.add(path)
                counts[route] += 1
                waiting.append(path)
    return walked


def route_of(path: str, *, seen_on: str = "") -> str:
    """The pattern in the URL configuration that a path belongs to."""
    try:
        return resolve(path).route
    except Resolver404:
        raise AssertionError(f"{seen_on} leads to {path}, where there is nothing") from None


def _paths(here: str, links: Iterable[str]) -> list[str]:
    """Where the links lead within the console."""
    paths = [urlsplit(urljoin(here, link)).path for link in links if urlsplit(urljoin(here, link)).netloc == ""]
    return [path for path in paths if path.startswith(CONSOLE)]
