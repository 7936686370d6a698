"""The console speaks Japanese, Traditional Chinese and English: nothing is left untranslated, and nothing is stale."""

import os
import re
import shutil
import subprocess
import sys

import polib
import pytest

from tests.conftest import ROOT, skip_or_fail
from tests.servers import Missing

LANGUAGES = ("ja", "zh_Hant")
SOURCES = (
    "maac_contract", "receiver_check", "accounts", "events", "webhooks", "rest", "console", "modules", "maac_sim",
    "templates", "manage.py",
)  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
COMMAND = "python manage.py makemessages -l ja -l zh_Hant --no-location --no-wrap, then compilemessages"


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"), wrapwidth=0)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Every string that the code and the templates mark, as (context, text)."""
    if not shutil.which("xgettext"):
        skip_or_fail(Missing("xgettext is missing: apt-get install gettext"))
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, copy / name)
    (copy / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "-l", "ja", "--no-location", "--no-wrap"]
    done = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy), "MAAC_SIM_DATA": str(copy / "data")},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(copy / "locale/ja/LC_MESSAGES/django.po"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_in_the_catalogue_and_no_other_is(language: str, extracted: set[tuple[str, str]]) -> None:
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue(language) if not entry.obsolete}
    assert sorted(extracted - known) == [], f"not in the catalogue; run {COMMAND}"
    assert sorted(known - extracted) == [], f"no longer in the code; run {COMMAND}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language: str) -> None:
    found = catalogue(language)
    assert [entry.msgid for entry in found.untranslated_entries()] == []
    assert [entry.msgid for entry in found.fuzzy_entries()] == []
    assert [entry.msgid for entry in found.obsolete_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_placeholders(language: str) -> None:
    for entry in catalogue(language):
        texts = [entry.msgstr] if entry.msgstr else list(entry.msgstr_plural.values())
        for text in texts:
            wanted = sorted(set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid)))
            assert sorted(set(PLACEHOLDER.findall(text))) == wanted, (entry.msgid, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    compiled = polib.mofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"))

    def output(entries: polib.POFile | polib.MOFile) -> dict[tuple[str, str], object]:
        return {(e.msgctxt or "", e.msgid): e.msgstr or dict(e.msgstr_plural) for e in entries if not e.obsolete}

    assert output(compiled) == output(catalogue(language))
