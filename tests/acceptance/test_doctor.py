"""`maac-sim doctor`: each problem has a sentence and a remedy of its own."""

import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.processes import Embedded
from tests.receiver import Receiver
from tests.servers import free_port

SAMPLE = "message.first_open"


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


@pytest.fixture
def foreign() -> Iterator[str]:
    """Another program that listens where a simulator was expected: it answers with HTML."""

    class Page(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<html>Welcome to nginx</html>")

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_where_nothing_is_wrong_it_says_so(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    maac_sim("trigger", SAMPLE, "--wait")
    printed = maac_sim("doctor")
    assert "BAD" not in printed
    assert "licensed until" in printed


def test_without_a_simulator_its_exit_code_is_3(maac_sim: CommandLine, foreign: str) -> None:
    assert "Start it: ./run" in maac_sim("doctor", "--url", f"http://127.0.0.1:{free_port()}", code=3)
    printed = maac_sim("doctor", "--url", foreign, code=3)
    assert f"{foreign} answers, but is not maac-sim: 200 with an HTML page" in printed
    assert "Another program listens there" in printed


def test_no_token_and_a_wrong_token_are_two_things(maac_sim: CommandLine) -> None:
    assert "BAD   API token" in maac_sim("doctor", "--token", "wrong", code=1)
    del maac_sim.env["MAAC_SIM_API_TOKEN"]
    assert "no token was given" in maac_sim("doctor", code=1)


def test_a_licence_that_has_ended_is_named_with_the_way_to_renew_it(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url(), "-e", SAMPLE)
    receiver.always("/", 500)
    maac_sim("faults", "add", "CRM", "end_licence")
    assert "zone_not_licensed" in maac_sim("trigger", SAMPLE, "--wait", code=1)
    printed = maac_sim("doctor", code=1)
    assert "zone 2: its licence ended on" in printed
    assert f"{SAMPLE} are no longer sent" in printed
    assert "/console/accounts/" in printed
    assert "endpoint CRM: gets nothing" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "reported"),
    [
        (401, "maac-sim endpoint secret"),
        (404, "Compare the path"),
        (301, "does not follow"),
        (500, "the receiver failed (500)"),
    ],
)
def test_each_refusal_of_a_receiver_has_its_own_remedy(
    maac_sim: CommandLine, receiver: Receiver, status: int, reported: str
) -> None:
    receiver.always("/", status)
    maac_sim("endpoint", "create", "CRM", receiver.url())
    maac_sim("trigger", SAMPLE, "--wait", code=1)
    assert reported in maac_sim("doctor", code=1)


def test_a_receiver_that_does_not_listen_is_found_before_and_after_the_first_event(maac_sim: CommandLine) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    maac_sim("endpoint", "create", "CRM", url)
    assert f"endpoint CRM: nothing listens at {url}" in maac_sim("doctor", code=1)
    maac_sim("trigger", SAMPLE, "--wait", code=1)
    assert f"endpoint CRM: nothing listens at {url}" in maac_sim("doctor", code=1)
    maac_sim("endpoint", "pause", "CRM")
    assert "maac-sim endpoint resume" in maac_sim("doctor", code=1)
    found = json.loads(maac_sim("doctor", "--json", code=1))
    assert [each["subject"] for each in found if not each["good"]] == ["endpoints", "endpoint CRM"]
