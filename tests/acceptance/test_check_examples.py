"""The receivers in examples/, started as their README says: each passes the whole check, and two tell their story."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from maac_contract.samples import sample
from receiver_check.effects import from_file
from receiver_check.run import Options, check
from receiver_check.sender import Sender, target
from receiver_check.trial import Case, Trial
from receiver_check.verdicts import Reason, Verdict
from tests.conftest import ROOT, needs, skip_or_fail
from tests.processes import environment, start, wait_until_it_listens
from tests.servers import Missing, free_port

EXAMPLES = ROOT / "examples"
SECRET, PREVIOUS = "s3cret", "the secret before"
API_KEY = "the-agreed-value"
BUILD_TIME = 120.0


@dataclass(frozen=True)
class Example:
    """How one is started, after `setup` if there is one. `needs` is a program, and `package` what Node must find."""

    folder: str
    command: str
    needs: str
    package: str = ""
    setup: str = ""

    def skip_unless_here(self) -> None:
        needs(self.needs)
        if self.package and not self._has_package():
            skip_or_fail(Missing(f"{self.package} is missing: npm install in examples/{self.folder}"))

    def _has_package(self) -> bool:
        asked = [self.needs, "-e", f"require.resolve('{self.package}')"]
        return subprocess.run(asked, cwd=EXAMPLES / self.folder, capture_output=True, check=False).returncode == 0


FASTAPI = Example("python_fastapi", "uvicorn --app-dir {folder} crm:app --port {port}", "uvicorn")
FLASK = Example("python_flask", "flask --app {folder}/test_drives run --port {port}", "flask")
DJANGO = Example(
    "python_django",
    "uvicorn --app-dir {folder} shop.asgi:application --port {port}",
    "uvicorn",
    setup="python {folder}/manage.py migrate --run-syncdb",
)
NODE = Example("node_http", "node {folder}/receiver.js", "node")
GO = Example("go", "go run {folder}/receiver.go", "go")
RECEIVERS = (
    FASTAPI,
    FLASK,
    DJANGO,
    NODE,
    Example("node_express", "node {folder}/receiver.js", "node", "express"),
    Example("php", "php -S 127.0.0.1:{port} {folder}/receiver.php", "php"),
    GO,
)


def words(command: str, folder: Path, port: int) -> list[str]:
    """Of a command line, with this Python for every other."""
    filled = [word.format(folder=folder, port=port) for word in command.split()]
    return [sys.executable if word == "python" else word for word in filled]


@contextmanager
def running(example: Example, folder: Path, source: Path | None = None) -> Iterator[str]:
    """Its address, without a path; what it stores is in the folder. `source` replaces its own folder."""
    example.skip_unless_here()
    port = free_port()
    code = source or EXAMPLES / example.folder
    names = ("CRM_DATABASE", "BOOKINGS_DATABASE", "BINDINGS_DATABASE", "SHOP_DATABASE")
    stores = {name: folder / f"{name.lower()}.sqlite3" for name in names}
    env = environment(
        SHARE_SECRET=SECRET, PORT=port, INBOX=folder / "inbox", API_KEY=API_KEY, PYTHONDONTWRITEBYTECODE=1, **stores
    )
    env.pop("DJANGO_SETTINGS_MODULE", None)
    if example.setup:
        subprocess.run(words(example.setup, code, port), env=env, check=True, capture_output=True)
    with start(words(example.command, code, port), env, folder / "example.log") as process:
        wait_until_it_listens(process, port, BUILD_TIME)
        yield f"http://127.0.0.1:{port}"


@pytest.mark.slow
@pytest.mark.parametrize("example", RECEIVERS, ids=lambda example: example.folder)
def test_an_example_passes_every_probe(example: Example, tmp_path: Path) -> None:
    with running(example, tmp_path) as url:
        options = Options(seed="examples", previous_secret=PREVIOUS)
        report = check(f"{url}/webhook", SECRET, now=datetime.now(UTC), options=options)
    assert [(r.id, str(r.seen)) for r in report.results if r.verdict not in (Verdict.PASSED, Verdict.SKIPPED)] == []
    assert {r.reason for r in report.results if r.verdict is Verdict.SKIPPED} == {Reason.NO_EFFECTS}


def recipe(language: str) -> str:
    """The line that the documentation gives for counting the work."""
    page = (ROOT / "docs/how-to/check-a-receiver.md").read_text()
    found = re.search(rf'=== "{language}"\n\n    ```\w+\n    (.+)\n    ```\n', page)
    assert found, language
    return found[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "language", "place", "indent"),
    [
        (FASTAPI, "Python", "    with database() as db:\n        is_new", "        if is_new:\n            {line}\n"),
        (FLASK, "Python", "    with database() as db:\n        is_new", "        if is_new:\n            {line}\n"),
        (NODE, "Node", "  seen.add(key)\n", "  {line}\n"),
        (GO, "Go", "!known {\n", "\t\t{line}\n"),
    ],
    ids=lambda value: value.folder if isinstance(value, Example) else "",
)
def test_with_the_line_of_the_documentation_an_example_does_its_work_once(
    example: Example, language: str, place: str, indent: str, tmp_path: Path
) -> None:
    source = shutil.copytree(EXAMPLES / example.folder, tmp_path / "source")
    log = tmp_path / "effects.log"
    line = recipe(language).replace("effects.log", str(log))
    (program,) = (path for path in source.iterdir() if path.suffix in (".py", ".js", ".go"))
    text = program.read_text()
    assert text.count(place) == 1
    at = text.index("\n", text.index(place) + len(place) - 1) + 1
    program.write_text(text[:at] + indent.format(line=line) + text[at:])
    with running(example, tmp_path, source) as url:
        options = Options(previous_secret=PREVIOUS, effects=from_file(log), other_keys=100)
        report = check(f"{url}/webhook", SECRET, now=datetime.now(UTC), options=options)
    assert [(r.id, str(r.seen)) for r in report.results if r.verdict is not Verdict.PASSED] == []
    assert report.sees_effects


def sending(url: str) -> Trial:
    """Events of our own for the stories."""
    sender = Sender(target(f"{url}/webhook"), timeout=10, connect_timeout=3)
    return Trial(Case(sender, SECRET, None, "story", datetime.now(UTC), "maac-sim", (), ()), "story")


def get(url: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=10).json()


@pytest.mark.slow
def test_a_validated_receipt_adds_points_in_the_crm_once(tmp_path: Path) -> None:
    receipt = sample("receipt.receipt_validated", seed=1)
    item = {"description": "春のパン", "unit_price": 65.0, "quantity": 2.0, "amount": 130.0}
    receipt |= {"items": [item, {**item, "amount": 104.5}]}
    member = f"/members/{receipt['line_uid']}"
    with running(FASTAPI, tmp_path) as url:
        trial = sending(url)
        assert get(url + member)["points"] == 0
        event = trial.event("receipt.receipt_validated", receipt)
        assert [each.answer.status for each in (*trial.send_at_once([event] * 5), trial.send(event))] == [200] * 6
        assert get(url + member)["points"] == 2
        assert trial.post("receipt.receipt_validated", receipt).answer.status == 200  # redelivered under a new key
        assert get(url + member)["points"] == 2
        assert trial.post("receipt.receipt_validated", {**receipt, "number": "AB00000001"}).answer.status == 200
        assert get(url + member)["points"] == 4


@pytest.mark.slow
def test_a_survey_books_a_test_drive_once_and_only_by_its_aliases(tmp_path: Path) -> None:
    other = sample("form.surveycake_submitted", seed=1)
    survey = sample("form.surveycake_submitted", seed=2)
    alias = {
        "maac_member_name": ["佐藤 さくら"],
        "test_drive_car": ["Aozora EV"],
        "test_drive_date": ["2026-12-05"],
        "preferred_store": ["shinjuku"],
    }
    survey["answer"]["alias"] = alias
    with running(FLASK, tmp_path) as url:
        trial = sending(url)
        event = trial.event("form.surveycake_submitted", survey)
        assert [each.answer.status for each in (*trial.send_at_once([event] * 5), trial.send(event))] == [200] * 6
        assert trial.post("form.surveycake_submitted", other).answer.status == 200
        (booking,) = get(f"{url}/bookings")
    assert booking == {
        "answer_hash": survey["answer_hash"],
        "line_uid": survey["line_uid"],
        "name": "佐藤 さくら",
        "car": "Aozora EV",
        "day": "2026-12-05",
        "store": "shinjuku",
    }


@pytest.mark.slow
def test_points_are_added_once_for_each_grant(tmp_path: Path) -> None:
    grant = sample("prize.points_added", seed=1) | {"points_count": 30}
    page = f"/points/{grant['line_uid']}"
    with running(DJANGO, tmp_path) as url:
        trial = sending(url)
        event = trial.event("prize.points_added", grant)
        assert [each.answer.status for each in (*trial.send_at_once([event] * 5), trial.send(event))] == [200] * 6
        assert trial.post("prize.points_added", grant).answer.status == 200  # redelivered under a new key
        assert get(url + page)["points"] == 30


def test_the_readme_of_the_examples_starts_them_as_the_tests_do() -> None:
    rows = (EXAMPLES / "README.md").read_text()
    for example in RECEIVERS:
        for command in filter(None, (example.setup, example.command)):
            program = command.replace("{folder}/", "").replace("--app-dir {folder} ", "").replace("--noreload ", "")
            assert program.format(port=9000) in rows, program
