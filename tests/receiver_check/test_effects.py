"""Counting the work: from a file, a command and a URL, and a clear sentence where that is impossible."""

import shlex
import sys
from pathlib import Path

import pytest

from receiver_check.effects import NoEffects, effects, from_url
from receiver_check.sender import BadTarget
from tests.receiver import Answer, Hang, Receiver
from tests.servers import free_port

PYTHON = shlex.quote(sys.executable)

KEY = "0123456789abcdef0123456789abcdef"
OTHER = KEY[::-1]


def test_a_file_counts_the_lines_that_begin_with_the_key(tmp_path: Path) -> None:
    log = tmp_path / "effects.log"
    log.write_text(f"{KEY}\n{OTHER} points\n{KEY} points\n\n x{KEY}\nnot {KEY}\n")
    assert (effects(str(log))(KEY), effects(str(log))(OTHER), effects(str(log))("else")) == (2, 1, 0)


def test_a_file_may_come_into_being_later_and_is_missed_until_then(tmp_path: Path) -> None:
    count = effects(str(tmp_path / "effects.log"))
    with pytest.raises(NoEffects, match=r"effects\.log does not exist"):
        count(KEY)
    (tmp_path / "effects.log").write_text(KEY)
    assert count(KEY) == 1


def test_a_folder_counts_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoEffects, match="cannot be read"):
        effects(str(tmp_path))(KEY)


@pytest.mark.parametrize("argument", ["", " {key}", " before-{key}-after"])
def test_a_command_gets_the_key_and_prints_the_number(argument: str) -> None:
    code = f"import sys; print(sys.argv[1].count('{KEY}') * 3)"
    assert effects(f'{PYTHON} -c "{code}"{argument}')(KEY) == 3


def test_the_key_is_one_argument_of_a_command_and_no_shell_reads_it() -> None:
    code = "import sys; print(len(sys.argv) - 1)"
    assert effects(f'{PYTHON} -c "{code}"')("a b; exit 9") == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("there-is-no-such-program {key}", "could not be started"),
        (f"{PYTHON} -c 'import sys; sys.exit(\"no database\")'", "exit code 1: no database"),
        (f"{PYTHON} -c 'print(\"two\")'", "must print one number, and printed: two"),
        (f"{PYTHON} -c ''", "must print one number"),
    ],
)
def test_a_command_that_gives_no_number_is_reported(command: str, words: str) -> None:
    with pytest.raises(NoEffects, match=words):
        effects(command)(KEY)


@pytest.mark.parametrize(
    ("path", "body", "count"),
    [
        ("/works/{key}", b"2", 2),
        ("/works/{key}", b'{"count": 1}', 1),
        ("/works/{key}", b'[{"points": 3}, {"points": 3}]', 2),
        ("/works?key={key}", b"[]", 0),
        ("/works", f'["{KEY}", "{OTHER}", "{KEY}"]'.encode(), 2),
    ],
)
def test_a_url_answers_a_number_an_object_or_a_list(receiver: Receiver, path: str, body: bytes, count: int) -> None:
    receiver.always("/works", Answer(200, body))
    receiver.always(f"/works/{KEY}", Answer(200, body))
    assert effects(receiver.url(path), headers=[("X-Token", "abc")])(KEY) == count
    (asked,) = receiver.requests
    assert (asked.method, asked.path, asked.header("X-Token")) == ("GET", path.replace("{key}", KEY), "abc")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404, b"0"), "answered with 404"),
        (Answer(200, b"<html>"), "sent: <html>"),
        (Answer(200, b'"1"'), "must answer with a number"),
        (Answer(200, b"true"), "must answer with a number"),
        (Answer(200, b'{"n": 1}'), "must answer with a number"),
        (Answer(200, b"\xff\x00"), "must answer with a number"),
    ],
)
def test_a_url_that_gives_no_number_is_reported(receiver: Receiver, answer: Answer, words: str) -> None:
    receiver.always(f"/{KEY}", answer)
    with pytest.raises(NoEffects, match=words):
        effects(receiver.url("/{key}"))(KEY)


def test_a_number_without_a_key_in_the_url_counts_nothing(receiver: Receiver) -> None:
    receiver.always("/works", Answer(200, b"1"))
    with pytest.raises(NoEffects, match="must answer with a number"):
        effects(receiver.url("/works"))(KEY)


def test_a_url_that_is_not_there_or_hangs_is_reported(receiver: Receiver) -> None:
    with pytest.raises(NoEffects, match="connection was refused"):
        effects(f"http://127.0.0.1:{free_port()}/{{key}}")(KEY)
    receiver.always("/works", Hang())
    with pytest.raises(NoEffects, match="nothing complete within"):
        from_url(receiver.url("/works"), timeout=0.3)(KEY)


def test_a_url_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(BadTarget):
        effects("http://:80/{key}")
