"""`maac-sim check`, `probes` and `explain` as they are typed."""

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from receiver_check.probes import PROBES
from tests.processes import environment
from tests.receiver import Hang, Receiver
from tests.receiver_check.bodies import BODY, SECRET, digest
from tests.servers import free_port

NOT_NEEDED = {"DJANGO_SETTINGS_MODULE": "there.are.none", "MAAC_SIM_DATA": "/nowhere", "COLUMNS": "120"}


def maac_sim(*arguments: str, stdin: bytes = b"", **env: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["maac-sim", *arguments],
        input=stdin,
        env=environment(**NOT_NEEDED, **env),
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_check_prints_a_line_for_each_probe_and_how_to_mend_it(receiver: Receiver, tmp_path: Path) -> None:
    files = ("--junit", str(tmp_path / "check.xml"), "--html", str(tmp_path / "check.html"))
    done = maac_sim("check", receiver.url("/"), "--secret", SECRET, "--seed", "7", *files)
    text = done.stdout.decode()
    assert done.returncode == 1, done.stderr
    for id in PROBES:
        assert id in text
    assert "Accepted with 200, although it must be refused." in text
    assert "compare all 64 digits in constant time" in text
    assert "--seed 7" in text
    assert len([*ElementTree.parse(tmp_path / "check.xml").iter("testcase")]) == len(PROBES)
    assert "Something needs fixing" in (tmp_path / "check.html").read_text()


def test_json_is_all_that_is_printed_and_the_secret_may_come_from_the_environment(receiver: Receiver) -> None:
    done = maac_sim("check", receiver.url("/"), "--json", "--only", "topic-*", SHARE_SECRET=SECRET)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["counts"]["passed"] == 6
    assert receiver.requests[0].verifies(SECRET)
    assert SECRET not in done.stdout.decode()


def test_what_is_allowed_does_not_fail_the_command(receiver: Receiver) -> None:
    options = ("--secret", SECRET, "--only", "signature-*", "--allow", "signature-*", "--header", "X-Key: abc")
    assert maac_sim("check", receiver.url("/"), *options).returncode == 0
    assert receiver.requests[0].header("X-Key") == "abc"


def test_a_receiver_that_hangs_is_given_up_within_the_time_limit(receiver: Receiver) -> None:
    receiver.always("/", Hang())
    done = maac_sim("check", receiver.url("/"), "--secret", SECRET, "--time-limit", "3", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 3
    assert report["seconds"] < 6
    assert (report["passed"], report["complete"], report["counts"]["failed"]) == (False, False, 0)


def test_a_closed_port_fails(tmp_path: Path) -> None:
    done = maac_sim("check", f"http://127.0.0.1:{free_port()}/", "--secret", SECRET)
    assert done.returncode == 1
    assert b"the connection was refused" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check",), "Missing argument"),
        (("check", "http://127.0.0.1:1/"), "--secret"),
        (("check", "nonsense", "--secret", "x"), "http://"),
        (("check", "http://127.0.0.1:1/", "--secret", "x", "--only", "tpoic-*"), "there is no probe"),
        (("check", "http://127.0.0.1:1/", "--secret", "x", "--header", "none"), "Name: value"),
        (("check", "https://127.0.0.1:1/", "--secret", "x", "--ca-file", "/nowhere.pem"), "cannot be read"),
        (("check", "http://127.0.0.1:1/", "--secret", "x", "--html", "/nowhere/x.html"), "cannot be written"),
        (("explain", "/nowhere", "--secret", "x", "--digest", "ab"), "cannot be read"),
        (("explain", "-", "--secret", "x"), "either"),
        (("explain", "-", "--secret", "x", "--digest", "ab", "--headers", "-"), "either"),
    ],
)
def test_a_wrong_command_says_so_with_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    done = maac_sim(*arguments)
    shown = " ".join(done.stderr.decode().replace("│", " ").split())
    assert (done.returncode, words in shown) == (2, True), shown


def test_probes_are_listed() -> None:
    done = maac_sim("probes")
    assert done.returncode == 0
    for id in PROBES:
        assert id[:12] in done.stdout.decode()


def test_a_mistake_is_explained_with_code_to_copy(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    wrong = digest(json.dumps(json.loads(BODY), separators=(",", ":")).encode())
    done = maac_sim("explain", str(tmp_path / "body.json"), "--secret", SECRET, "--digest", wrong, "--language", "php")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "reserialised_json" in text
    assert "php://input" in text
    assert digest(BODY) in text


def test_headers_are_explained_and_standard_input_is_read_byte_for_byte(tmp_path: Path) -> None:
    headers = tmp_path / "headers.txt"
    headers.write_text(f"POST /webhook HTTP/1.1\r\nHost: x\r\ncresclab-signature: {digest(BODY)}\r\n")
    arguments = ("explain", "-", "--secret", SECRET, "--headers", str(headers), "--json")
    right, longer = maac_sim(*arguments, stdin=BODY), maac_sim(*arguments, stdin=BODY + b"\n")
    assert (right.returncode, json.loads(right.stdout)["code"]) == (0, "valid")
    assert (longer.returncode, json.loads(longer.stdout)["code"]) == (1, "line_end_added")


def test_help_has_examples_and_exit_codes() -> None:
    for command in ("check", "explain"):
        text = maac_sim(command, "--help").stdout.decode()
        assert "Examples" in text
        assert "Exit codes" in text
