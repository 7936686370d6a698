"""`maac-sim explain` beyond a digest and a body: the request's key and address, languages, a receiver's whole log."""

import base64
import json
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.receiver_check.bodies import BODY, KEY, SECRET, digest


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    (tmp_path / "body.json").write_bytes(BODY)
    return CommandLine(tmp_path)


def test_what_was_signed_with_the_body_is_named(command: CommandLine) -> None:
    url = "https://shop.example/in/maac"
    given = ("explain", "body.json", "--secret", SECRET)
    found = command.json(*given, "--digest", digest(KEY.encode() + b"." + BODY), "--key", KEY, code=1)
    assert found["code"] == "key_in_front"
    found = command.json(*given, "--digest", digest(f"{url}".encode() + BODY), "--receiver-url", url, code=1)
    assert found["code"] == "url_in_front"


def test_a_fix_is_shown_in_the_language_and_an_unknown_one_is_refused(command: CommandLine) -> None:
    given = ("explain", "body.json", "--secret", SECRET, "--digest", digest(BODY + b"\n"), "--language")
    shown = command(*given, "java", code=1)
    assert "Java (Spring)" in shown
    assert "JavaScript" not in shown
    assert "Flask" in command(*given, "flask", code=1)
    assert "There are no fixes in Cobol" in command(*given, "Cobol", code=2)


@pytest.mark.slow
def test_a_log_is_explained_line_by_line_and_each_cause_once(command: CommandLine) -> None:
    rows = [
        {"body": BODY.decode(), "digest": digest(BODY + b"\n")},
        {"body": BODY.decode(), "digest": digest(BODY)},
        {"body_base64": base64.b64encode(BODY).decode(), "digest": digest(BODY + b"\n")},
        {"body": BODY.decode(), "digest": digest(f"{KEY}:".encode() + BODY), "key": KEY},
        {"body": BODY.decode(), "headers": {"X-Other": "1"}},
    ]
    (command.folder / "refused.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    printed = command("explain", "--log", "refused.jsonl", "--secret", SECRET, code=1)
    assert "2 × line_end_added (line 1, 3)" in printed
    assert printed.count("A line break or space was added") == 1
    lines = command("explain", "--log", "-", "--secret", SECRET, "--json", code=1,
                    stdin=(command.folder / "refused.jsonl").read_bytes()).splitlines()  # fmt: skip
    assert [json.loads(line)["code"] for line in lines] == [
        "line_end_added", "valid", "line_end_added", "key_in_front", "missing_header",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", ["no json", "[]", '{"body": "x"}', '{"body": "x", "digest": "y", "colour": 1}'])
def test_a_line_that_cannot_be_read_is_named(command: CommandLine, line: str) -> None:
    given = f'{{"body": "x", "digest": "{digest(b"x")}"}}\n{line}\n'
    printed = command("explain", "--log", "-", "--secret", SECRET, code=2, stdin=given.encode())
    assert "Line 2" in " ".join(printed.replace("│", " ").split())
