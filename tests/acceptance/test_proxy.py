"""`maac-sim proxy`, `send` and `resend`: signed requests from this machine, with a real receiver behind them."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY
from maac_sim.cassettes import takes
from tests.command_line import CommandLine
from tests.conftest import VECTORS
from tests.processes import Embedded, Process, start
from tests.receiver import Answer, Receiver
from tests.servers import free_port

POINTS = "prize.points_added"
SECRET = "s3cret"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


class Proxied:
    """A running proxy and what it reported."""

    def __init__(self, process: Process, url: str) -> None:
        self._process = process
        self.url = url

    def reports(self, count: int) -> list[dict[str, Any]]:
        end = time.monotonic() + 20
        while len(lines := self._process.output().splitlines()) < count:
            assert time.monotonic() < end, self._process.describe()
            time.sleep(0.05)
        return [json.loads(line) for line in lines]

    def problems(self) -> list[tuple[str, str]]:
        """Where and what of the last request's problems."""
        (report,) = self.reports(1)[-1:]
        return [(problem["where"], problem["what"]) for problem in report["problems"]]

    def exit_code(self) -> int:
        return self._process.wait(20)


@contextmanager
def proxied(command: CommandLine, to: str, *options: object) -> Iterator[Proxied]:
    port = free_port()
    arguments = ["maac-sim", "proxy", "--to", to, "--secret", SECRET, "--port", str(port), "--json", *map(str, options)]
    with start(arguments, command.env, command.folder / "proxy.log") as running:
        end = time.monotonic() + 20
        while not is_open(port):
            assert time.monotonic() < end, running.describe()
            assert running.is_running, running.describe()
            time.sleep(0.05)
        yield Proxied(running, f"http://127.0.0.1:{port}/")


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


# proxy


def test_the_proxy_forwards_byte_for_byte_and_finds_nothing_wrong_with_a_right_request(
    command: CommandLine, receiver: Receiver
) -> None:
    body = VECTORS / f"{POINTS}.body"
    secret = (VECTORS / f"{POINTS}.secret").read_text().strip()
    with proxied(command, receiver.url("/hook"), "--secret", secret, "--count", 1, "--save", "one.cassette") as running:
        given = ("--body", body, "--secret", secret, "--key", KEY, "-H", "X-Shop: tokyo")
        sent = command.json("send", running.url, *given)
        (report,) = running.reports(1)
        assert running.exit_code() == 0
    (request,) = receiver.requests
    assert (request.path, request.body) == ("/hook", body.read_bytes())
    assert request.headers[1:-1] == list(sent["headers"].items())
    assert [name for name, _ in (request.headers[0], request.headers[-1])] == ["Host", "Content-Length"]
    assert (report["problems"], report["verified"], report["answer"]["status"]) == ([], True, 200)
    (take,) = takes((command.folder / "one.cassette").read_text().splitlines())
    assert (take.topic, take.key, take.body) == (POINTS, KEY, body.read_bytes())
    assert take.answer
    assert take.answer.status == 200


def test_the_proxy_names_the_mistake_behind_a_wrong_signature(command: CommandLine, receiver: Receiver) -> None:
    with proxied(command, receiver.url()) as running:
        command("send", running.url, "--topic", POINTS, "--secret", f"{SECRET}\n")
        assert ("signature", "The secret has a space or line break at its end or start.") in running.problems()


@pytest.mark.slow
def test_the_proxy_lists_what_differs_from_the_contract(command: CommandLine, receiver: Receiver) -> None:
    with proxied(command, receiver.url(), "--count", 1) as running:
        command(
            "send", running.url, "--topic", POINTS, "--secret", SECRET, "--set", "points_count=many", "--key", "abc"
        )
        problems = dict(running.problems())
        assert "data.points_count" in problems["payload"]
        assert "abc" in problems["header"]
        assert running.exit_code() == 1


@pytest.mark.slow
def test_the_proxy_passes_on_a_refusal_and_reports_it(command: CommandLine, receiver: Receiver) -> None:
    receiver.always("/", Answer(418, body=b"no coffee"))
    with proxied(command, receiver.url()) as running:
        answered = command.json("send", running.url, "--topic", POINTS, "--secret", SECRET, code=1)
        assert (answered["status"], answered["response"]) == (418, "no coffee")
        assert running.problems() == [("receiver", "Answered with 418.")]


@pytest.mark.slow
def test_the_proxy_answers_for_a_receiver_that_does_not_as_maac_retries(command: CommandLine) -> None:
    with proxied(command, f"http://127.0.0.1:{free_port()}/") as running:
        answered = command.json("send", running.url, "--topic", POINTS, "--secret", SECRET, code=1)
        assert (answered["status"], "refused" in answered["response"]) == (502, True)
        assert running.problems() == [("receiver", "No answer: the connection was refused.")]


@pytest.mark.slow
def test_the_proxy_reports_a_slow_answer(command: CommandLine, receiver: Receiver) -> None:
    with proxied(command, receiver.url(), "--slow", 0) as running:
        command("send", running.url, "--topic", POINTS, "--secret", SECRET)
        assert [where for where, _ in running.problems()] == ["receiver"]


@pytest.mark.slow
def test_the_proxy_does_not_overwrite_a_recording(command: CommandLine) -> None:
    (command.folder / "kept.cassette").write_text("mine")
    printed = command("proxy", "--to", "http://127.0.0.1:9/", "--secret", "x", "--save", "kept.cassette", code=2)
    assert "--force" in printed
    assert (command.folder / "kept.cassette").read_text() == "mine"


# send


def test_send_needs_no_simulator_and_judges_the_answer_as_maac_does(command: CommandLine, receiver: Receiver) -> None:
    receiver.script("/", 200, 204, 401, 503, 302)
    verdicts = [
        command("send", receiver.url(), "--topic", POINTS, "--secret", SECRET, code=code) for code in (0, 0, 1, 1, 1)
    ]
    for printed, reported in zip(verdicts, ("Accepted.", "MAAC asks for 200", "would not try again",
                                            "would try again after 1, 2 and 4 s", "follows no redirect"),
                                 strict=True):  # fmt: skip
        assert reported in printed
    assert all(request.verifies(SECRET) for request in receiver.requests)


@pytest.mark.slow
def test_send_sends_what_it_is_given(command: CommandLine, receiver: Receiver) -> None:
    command("send", receiver.url(), "--secret", SECRET, "--topic", POINTS, "--set", "points_count=50", "--key", KEY,
            "--time-zone", "Asia/Tokyo")  # fmt: skip
    command("send", receiver.url(), "--secret", SECRET, "--body", "-", stdin=b'{"as": "it is" }\n')
    made, given = receiver.requests
    assert (made.json()["data"]["points_count"], made.key) == (50, KEY)
    assert made.json()["timestamp"].endswith("+09:00")
    assert given.body == b'{"as": "it is" }\n'
    assert given.header(HEADER_IDEMPOTENCY_KEY) != KEY


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("--topic", "nothing"), "is not an event type"),
        ((), "Give an event type"),
        (("--topic", POINTS, "--body", "x"), "leave --topic"),
        (("--topic", POINTS, "--time-zone", "Mars/Base"), "is not a time zone"),
        (("--topic", POINTS, "-H", "nothing"), "is not a header"),
        (("--topic", POINTS, "-H", "X: 東京"), "characters that no header may have"),
        (("--topic", POINTS, "--key", "鍵"), "printable ASCII"),
        (("--body", "missing.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_reported_with_exit_code_2(
    command: CommandLine, arguments: tuple[str, ...], reported: str
) -> None:
    printed = command("send", "http://127.0.0.1:9/", "--secret", SECRET, *arguments, code=2)
    assert reported in " ".join(printed.replace("│", " ").split())


# resend


@pytest.fixture
def delivered(simulator: Embedded, receiver: Receiver, tmp_path: Path) -> Callable[..., CommandLine]:
    maac_sim = CommandLine(tmp_path, simulator)
    maac_sim("endpoint", "create", "CRM", receiver.url(), "-H", "X-Shop: tokyo")
    maac_sim("trigger", POINTS, "--wait")
    return lambda: maac_sim


def test_resend_edits_signs_and_sends(delivered: Callable[..., CommandLine], receiver: Receiver) -> None:
    maac_sim = delivered()
    number = maac_sim.json("deliveries")[0]["id"]
    secret = maac_sim("endpoint", "secret", "CRM").strip()
    maac_sim.env["EDITOR"] = 'sed -i \'s/"points_count": [0-9]*/"points_count": 77/\''
    maac_sim("resend", number, "--edit")
    maac_sim("resend", number, "--set", "points_count=78", "--same-key")
    maac_sim("resend", number, "--same-key")
    first, edited, changed, again = receiver.requests
    assert [request.json()["data"]["points_count"] for request in (edited, changed)] == [77, 78]
    assert all(request.verifies(secret) for request in receiver.requests)
    assert edited.key != first.key == changed.key == again.key
    assert (again.body, again.header("X-Shop")) == (first.body, "tokyo")


@pytest.mark.slow
def test_resend_says_what_breaks_the_contract_and_sends_it_all_the_same(
    delivered: Callable[..., CommandLine], receiver: Receiver
) -> None:
    maac_sim = delivered()
    number = maac_sim.json("deliveries")[0]["id"]
    assert "Note: data.points_count" in maac_sim("resend", number, "--set", "points_count=many")
    assert receiver.requests[-1].json()["data"]["points_count"] == "many"


@pytest.mark.slow
def test_resend_sends_nothing_if_the_editor_leaves_no_json(
    delivered: Callable[..., CommandLine], receiver: Receiver
) -> None:
    maac_sim = delivered()
    number = maac_sim.json("deliveries")[0]["id"]
    for editor, reported in (("truncate -s 0", "not valid JSON"), ("false", "exit code 1"), ("no-such", "Set EDITOR")):
        maac_sim.env["EDITOR"] = editor
        assert reported in " ".join(maac_sim("resend", number, "--edit", code=2).replace("│", " ").split())
    assert len(receiver.requests) == 1


@pytest.mark.slow
def test_a_deleted_endpoints_delivery_goes_where_it_is_asked_to(
    delivered: Callable[..., CommandLine], receiver: Receiver
) -> None:
    maac_sim = delivered()
    number = maac_sim.json("deliveries")[0]["id"]
    maac_sim("endpoint", "delete", "CRM")
    assert "was deleted" in maac_sim("resend", number, code=2)
    maac_sim("resend", number, "--to", receiver.url("/other"), "--secret", SECRET)
    assert receiver.requests[-1].verifies(SECRET)
