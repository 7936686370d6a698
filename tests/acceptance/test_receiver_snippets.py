"""The receivers that the console gives to paste: each is run, and takes what MAAC signs and nothing else, and once."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.webhooks.snippets import LANGUAGES, Snippet, snippets
from tests.conftest import VECTORS, needs
from tests.processes import Process, environment, start, wait_until_it_listens
from tests.servers import free_port
from webhooks.models import Endpoint

TOPIC = "form.surveycake_submitted"
SECRET = (VECTORS / f"{TOPIC}.secret").read_text().strip()
BODY = (VECTORS / f"{TOPIC}.body").read_bytes()
SIGNATURE = (VECTORS / f"{TOPIC}.signature").read_text().strip()
KEYS = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")
IN_PYTHON = "python"
LANGUAGES_TRIED = [pytest.param(slug, marks=() if slug == IN_PYTHON else pytest.mark.slow) for slug, *_ in LANGUAGES]


def snippet_of(slug: str, url: str) -> Snippet:
    return next(each for each in snippets(endpoint=Endpoint(url=url)) if each.slug == slug)


@contextmanager
def running(snippet: Snippet, port: int, folder: Path, **changes: str) -> Iterator[Process]:
    """The program, started by the command that stands beside it, once it listens."""
    program, *arguments = snippet.command.split()
    needs(program)
    (folder / snippet.file).write_text(snippet.code)
    env = environment(SHARE_SECRET=SECRET, TMPDIR=folder, **changes)
    with start([program, *arguments], env, folder / "output.log") as process:
        wait_until_it_listens(process, port)
        yield process


def send(url: str, body: bytes | None = BODY, **headers: str) -> int:
    """The status that the receiver answers, to a GET if there is no body; underscores in header names mean hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"Content-Type": "application/json; charset=utf-8", **named})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("slug", LANGUAGES_TRIED)
def test_the_receiver_takes_a_signed_event_once_and_refuses_all_else(slug: str, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhook?shop=1"
    with running(snippet_of(slug, url), port, tmp_path) as process:
        first, second = KEYS
        assert send(url, CrescLab_Signature=SIGNATURE, CrescLab_Idempotency_Key=first) == 200
        assert send(url, CrescLab_Signature=SIGNATURE, CrescLab_Idempotency_Key=first) == 200
        assert process.output().count("new event: ") == 1
        assert send(url, CrescLab_Signature=SIGNATURE, CrescLab_Idempotency_Key=second) == 200
        forged = [
            send(url, BODY + b" ", CrescLab_Signature=SIGNATURE, CrescLab_Idempotency_Key="a" * 32),
            send(url, CrescLab_Signature="0" * 64, CrescLab_Idempotency_Key="b" * 32),
            send(url, CrescLab_Signature=SIGNATURE[:-1], CrescLab_Idempotency_Key="c" * 32),
            send(url, CrescLab_Signature="\u00e9" * 64, CrescLab_Idempotency_Key="d" * 32),
            send(url, CrescLab_Signature="", CrescLab_Idempotency_Key="e" * 32),
            send(url, CrescLab_Idempotency_Key="f" * 32),
        ]
        assert forged == [401] * 6, process.describe()
        assert send(url, None) in (401, 405), process.describe()
        assert send(url, CrescLab_Signature=SIGNATURE, CrescLab_Idempotency_Key="9" * 32) == 200
        assert process.output().count("new event: ") == 3
        assert BODY.decode() in process.output()


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1:3000/webhook", "3000"),
        ("http://[::1]:8080/", "8080"),
        ("https://crm.example.com/hooks/maac", "9000"),
    ],
)
def test_a_receiver_listens_where_the_endpoints_url_leads(url: str, port: str) -> None:
    for snippet in snippets(endpoint=Endpoint(url=url)):
        assert port in snippet.code + snippet.command, snippet.language
