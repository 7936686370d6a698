"""`maac-sim record`, `replay` and `diff`: from a running simulator to a file, and from the file to another receiver."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.processes import Embedded, start
from tests.receiver import Answer, Delay, Hang, Receiver
from tests.servers import free_port

RECEIPT, POINTS = "receipt.receipt_validated", "prize.points_added"
SECRET = "of the new build"


@pytest.fixture
def maac_sim(simulator: Embedded, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, simulator)


@pytest.fixture
def offline(tmp_path: Path) -> CommandLine:
    """A terminal that knows of no simulator, no database and no settings."""
    command = CommandLine(tmp_path)
    command.env |= {"DJANGO_SETTINGS_MODULE": "there.are.none", "MAAC_SIM_DATA": "/nowhere"}
    return command


@pytest.fixture
def new_build() -> Iterator[Receiver]:
    """Another receiver, at an address of its own."""
    with Receiver() as running:
        yield running


def recorded(maac_sim: CommandLine, receiver: Receiver) -> Path:
    """A cassette of three deliveries: two at once, the third most of a second later; the second is refused."""
    maac_sim("endpoint", "create", "CRM", receiver.url())
    receiver.script("/", Answer(200, b"ok"), Answer(409, b"twice"))
    maac_sim("trigger", RECEIPT, "--set", "channel=新宿店", "--wait")
    maac_sim("trigger", POINTS, "--wait", code=1)
    time.sleep(0.5)
    maac_sim("trigger", POINTS, "--wait")
    assert "3 deliveries" in maac_sim("record", "friday.cassette", "--endpoint", "CRM")
    return maac_sim.folder / "friday.cassette"


def test_a_cassette_can_be_read_and_replays_the_very_bytes_signed_anew(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    cassette = recorded(maac_sim, receiver)
    secret = maac_sim("endpoint", "secret", "CRM").strip()
    text = cassette.read_text()
    assert "新宿店" in text
    assert secret not in text

    printed = offline("replay", cassette, new_build.url("/hook?a=1"), "--secret", SECRET, "--fast")

    assert "3 sent, 3 accepted" in printed
    first, again = receiver.requests, new_build.requests
    assert [request.body for request in again] == [request.body for request in first]
    assert [request.key for request in again] == [request.key for request in first]
    assert all(request.verifies(SECRET) for request in again)
    assert again[0].path == "/hook?a=1"
    assert [name for name, _ in again[0].headers if name.startswith("Cresc")] == [
        name for name, _ in first[0].headers if name.startswith("Cresc")
    ]


@pytest.mark.slow
def test_the_spacing_is_kept_made_shorter_or_left_out(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    cassette = recorded(maac_sim, receiver)
    sent = [request.at for request in receiver.requests]
    for options, pace in (((), 1.0), (("--speed", "4"), 0.25)):
        new_build.clear()
        offline("replay", cassette, new_build.url(), "--secret", SECRET, *options)
        came = [request.at for request in new_build.requests]
        assert came[2] - came[0] == pytest.approx((sent[2] - sent[0]) * pace, abs=0.3)
        assert came[2] - came[0] > (sent[2] - sent[0]) * pace - 0.1
    new_build.clear()
    offline("replay", cassette, new_build.url(), "--secret", SECRET, "--fast")
    came = [request.at for request in new_build.requests]
    assert came[2] - came[0] < 0.4


@pytest.mark.slow
def test_a_slow_answer_does_not_delay_what_follows(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    cassette = recorded(maac_sim, receiver)
    new_build.script("/", Delay(1.5))
    offline("replay", cassette, new_build.url(), "--secret", SECRET, "--speed", "100")
    came = [request.at for request in new_build.requests]
    assert came[2] - came[0] < 1.0


def test_diff_shows_what_two_builds_answered_differently(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    before = recorded(maac_sim, receiver)
    new_build.script("/", Answer(200, b"ok"), 200, 500)
    arguments = ("replay", before, new_build.url(), "--secret", SECRET, "--fast", "--save", "after.cassette")
    assert "1 not" in offline(*arguments, code=1)

    reported = offline.json("diff", before, "after.cassette", code=1)
    assert [(row["key"], row["a"], row["b"]) for row in reported["different"]] == [
        (receiver.requests[1].key, "409 twice", "200"),
        (receiver.requests[2].key, "200", "500"),
    ]
    assert (reported["a"]["accepted"], reported["b"]["accepted"]) == (2, 2)
    assert "409 twice" in offline("diff", before, "after.cassette", code=1)
    assert "the same responses" in offline("diff", before, before)


@pytest.mark.slow
def test_diff_can_leave_bodies_out_and_tells_of_what_only_one_has(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    before = recorded(maac_sim, receiver)
    new_build.script("/", Answer(200, b"another word"), 409)
    offline("replay", before, new_build.url(), "--secret", SECRET, "--fast", "--save", "after.cassette", code=1)
    assert len(offline.json("diff", before, "after.cassette", code=1)["different"]) == 2
    assert offline.json("diff", before, "after.cassette", "--ignore-bodies")["different"] == []
    shorter = before.read_text().splitlines(keepends=True)[:-1]
    (offline.folder / "shorter.cassette").write_text("".join(shorter))
    (row,) = offline.json("diff", "shorter.cassette", before, code=1)["different"]
    assert (row["a"], row["b"]) == ("not on it", "200")


@pytest.mark.slow
def test_a_receiver_that_is_down_or_hangs_is_reported_and_saved(
    maac_sim: CommandLine, offline: CommandLine, receiver: Receiver, new_build: Receiver
) -> None:
    cassette = recorded(maac_sim, receiver)
    closed = f"http://127.0.0.1:{free_port()}/"
    assert "connection was refused" in offline("replay", cassette, closed, "--secret", SECRET, "--fast", code=1)
    new_build.script("/", Hang())
    arguments = ("replay", cassette, new_build.url(), "--secret", SECRET, "--timeout", "0.3", "--save", "down.cassette")
    assert "1 not" in offline(*arguments, code=1)
    assert "no answer" in offline("diff", cassette, "down.cassette", code=1)


@pytest.mark.slow
def test_a_recording_that_follows_takes_what_comes_each_once(maac_sim: CommandLine, receiver: Receiver) -> None:
    maac_sim("endpoint", "create", "CRM", receiver.url())
    maac_sim("trigger", POINTS, "--wait")
    receiver.script("/", Delay(1.2))
    command = ["maac-sim", "record", "live.cassette", "--follow", "--endpoint", "CRM"]
    with start(command, maac_sim.env, maac_sim.folder / "record.log") as recording:
        cassette = maac_sim.folder / "live.cassette"
        wait_for_lines(cassette, 2)
        maac_sim("trigger", RECEIPT)
        maac_sim("trigger", POINTS, "--wait")
        wait_for_lines(cassette, 4)
        recording.send_signal(signal.SIGINT)
        assert recording.wait() == 0, recording.describe()
        assert "3 deliveries" in recording.output()
    keys = [line.split('"key": "')[1][:32] for line in cassette.read_text().splitlines()[1:]]
    assert sorted(keys) == sorted(str(request.key) for request in receiver.requests)


def wait_for_lines(path: Path, count: int) -> None:
    end = time.monotonic() + 20
    while not path.exists() or len(path.read_text().splitlines()) < count:
        assert time.monotonic() < end, path.read_text() if path.exists() else "nothing was written"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay", "missing.cassette", "http://127.0.0.1:9/", "--secret", "x"), "cannot be read"),
        (("replay", "wrong.cassette", "http://127.0.0.1:9/", "--secret", "x"), "line 1"),
        (("replay", "good.cassette", "nonsense", "--secret", "x"), "http://"),
        (("replay", "good.cassette", "http://127.0.0.1:9/", "--secret", "x", "-H", "none"), "Name: value"),
        (
            ("replay", "good.cassette", "http://127.0.0.1:9/", "--secret", "x", "--save", "/nowhere/x"),
            "cannot be written",
        ),
        (("replay", "good.cassette", "http://127.0.0.1:9/"), "--secret"),
        (("diff", "good.cassette", "wrong.cassette"), "line 1"),
        (("record", "x.cassette", "--url", "http://127.0.0.1:9/"), "Nothing answers"),
    ],
)
def test_what_cannot_be_is_reported(offline: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    (offline.folder / "wrong.cassette").write_text("{}\n")
    (offline.folder / "good.cassette").write_text('{"cassette": "maac-sim", "version": 1}\n')
    printed = offline(*arguments, code=3 if words == "Nothing answers" else 2)
    assert words in " ".join(printed.replace("│", " ").split())
    assert not (offline.folder / "x.cassette").exists()
