"""Counts how often the receiver has done the work of an event: from a URL, a command, or a file with one key a line."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from maac_contract.sentences import gettext_noop
from receiver_check.sender import MayReach, Sender, target
from receiver_check.verdicts import Message, Sentence

KEY = "{key}"
COMMAND_SECONDS = 10.0
SHOWN = 120

NO_COUNT_AT_URL = gettext_noop("The effects URL gave no count: %(reason)s")
NOT_200 = gettext_noop("it answered with %(status)s in place of 200.")
NOT_A_COUNT = gettext_noop('it must answer with a number, {"count": number} or a list, as JSON, and sent: %(text)s')
NO_FILE = gettext_noop(
    "The effects file %(path)s does not exist. The receiver must add a line with the key for each work."
)
FILE_UNREADABLE = gettext_noop("The effects file %(path)s cannot be read: %(reason)s")
NO_COMMAND = gettext_noop("The effects command could not be started: %(reason)s")
COMMAND_LATE = gettext_noop("The effects command did not end within %(seconds)g s.")
COMMAND_FAILED = gettext_noop("The effects command ended with exit code %(code)s: %(text)s")
COMMAND_TALKS = gettext_noop("The effects command must print one number, and printed: %(text)s")


class NoEffects(Exception):
    """The effects could not be counted; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


Effects = Callable[[str], int]
"""How often the work of the event with this idempotency key was done. Raises NoEffects."""


def effects(source: str, *, headers: Sequence[tuple[str, str]] = (), verify_tls: bool = True) -> Effects:
    """From what stands after `--effects`: a URL, a command or a file. BadTarget for a URL that is invalid.

    A file is one that exists and is no program, or a single word that names no program: it may come into being later.
    """
    if is_url(source):
        return from_url(source, headers=headers, verify_tls=verify_tls)
    words = shlex.split(source)
    path = Path(source).expanduser()
    is_program = bool(words and shutil.which(words[0]))
    if not path.is_dir() and (is_program or (len(words) > 1 and not path.exists())):
        return from_command(words)
    return from_file(path)


def is_url(source: str) -> bool:
    return source.strip().lower().startswith(("http://", "https://"))


def from_url(
    url: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    verify_tls: bool = True,
    ca_file: str | None = None,
    may_reach: MayReach | None = None,
    timeout: float = COMMAND_SECONDS,
) -> Effects:
    """A URL in which `{key}` stands for the key; without it the URL answers a list of all keys. BadTarget if invalid.

    The answer is JSON: a number, an object with `count`, or a list (of the works of this key, or of all keys).
    """
    is_template = KEY in url
    lists_all = not is_template
    first = target(url.replace(KEY, "0"), verify_tls=verify_tls, ca_file=ca_file)

    def count(key: str) -> int:
        path = target(url.replace(KEY, quote(key, safe="")), verify_tls=verify_tls, ca_file=ca_file).path
        sender = Sender(replace(first, path=path), timeout=timeout, connect_timeout=timeout, may_reach=may_reach)
        answer = sender.send(Message("GET", (("Accept", "application/json"), *headers), b""))
        if answer.fault:
            raise _no_count(answer.fault)
        if answer.status != 200:
            raise _no_count(Sentence(NOT_200, {"status": answer.status}))
        return _count_in(answer.body, key, lists_all)

    return count


def _count_in(body: bytes, key: str, lists_all: bool) -> int:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if isinstance(found, dict):
        found = found.get("count")
    if isinstance(found, list):
        return sum(each == key for each in found) if lists_all else len(found)
    if isinstance(found, int) and not isinstance(found, bool) and not lists_all:
        return found
    raise _no_count(Sentence(NOT_A_COUNT, {"text": _shown(body)}))


def _no_count(reason: Sentence) -> NoEffects:
    return NoEffects(Sentence(NO_COUNT_AT_URL, {"reason": reason}))


def from_command(words: Sequence[str]) -> Effects:
    """A command that prints the number; the key replaces `{key}`, or is its last argument."""

    def count(key: str) -> int:
        command = [word.replace(KEY, key) for word in words] if any(KEY in word for word in words) else [*words, key]
        try:
            done = subprocess.run(  # noqa: S603 - the command is the user's own
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NoEffects(Sentence(COMMAND_LATE, {"seconds": COMMAND_SECONDS})) from error
        except (OSError, ValueError) as error:
            raise NoEffects(Sentence(NO_COMMAND, {"reason": str(error)})) from error
        if done.returncode:
            values = {"code": done.returncode, "text": _shown(done.stderr or done.stdout)}
            raise NoEffects(Sentence(COMMAND_FAILED, values))
        text = done.stdout.decode(errors="replace").strip()
        if not (text.isascii() and text.isdigit()):
            raise NoEffects(Sentence(COMMAND_TALKS, {"text": _shown(done.stdout)}))
        return int(text)

    return count


def from_file(path: Path) -> Effects:
    """A file that gets a line for each work, whose first word is the key."""

    def count(key: str) -> int:
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError as error:
            raise NoEffects(Sentence(NO_FILE, {"path": str(path)})) from error
        except OSError as error:
            values = {"path": str(path), "reason": error.strerror or str(error)}
            raise NoEffects(Sentence(FILE_UNREADABLE, values)) from error
        return sum(line.split(maxsplit=1)[:1] == [key.encode()] for line in lines)

    return count


def _shown(data: bytes) -> str:
    text = " ".join(data[: SHOWN * 4].decode(errors="replace").split())
    text = "".join(char if char.isprintable() else "?" for char in text)
    return f"{text[:SHOWN]} …" if len(text) > SHOWN else text or "–"
