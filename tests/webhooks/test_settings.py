"""Every setting refuses what it cannot use, in a sentence that names it."""

import re
import runpy
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError

from accounts.database_faults import fault_of
from maac_sim.start_faults import StartFault

SETTINGS = Path(__file__).resolve().parents[2] / "maac_sim" / "settings.py"
NAMES = sorted(set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS.read_text())))
ANY_TEXT = {
    "DATABASE_URL",
    "MAAC_SIM_ADMIN_PASSWORD",
    "MAAC_SIM_ALLOWED_HOSTS",
    "MAAC_SIM_API_TOKEN",
    "MAAC_SIM_DATA",
    "MAAC_SIM_EMAIL_FROM",
    "MAAC_SIM_ENCRYPTION_KEYS",
    "MAAC_SIM_METRICS_HOST",
    "MAAC_SIM_SECRET_KEY",
}
"""DATABASE_URL decides on other settings, too, and is tried from outside."""
NUMBERS = [
    name for name in NAMES if re.search("_SECONDS|_TIMEOUT|_DAYS|_EVENTS|IN_FLIGHT|_PORT|_RATE|_SCALE|WAITS", name)
]


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAAC_SIM_DATA", str(tmp_path))


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartFault) as raised:
        runpy.run_path(str(SETTINGS))
    return str(raised.value)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ANY_TEXT])
def test_what_a_setting_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert refusal(monkeypatch, name, "wr\u00f6ng").startswith(name)


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "1e300"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert refusal(monkeypatch, name, value).startswith(f"{name} is '{value}'")


@pytest.mark.parametrize("url", ["redis://:hunter2@host:port/0", "redis://:hunter2@host/zero", "http://:hunter2@host"])
def test_a_password_in_a_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "hunter2" not in refusal(monkeypatch, "REDIS_URL", url)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "MAAC_SIM_DATA"])
def test_a_setting_that_is_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    assert runpy.run_path(str(SETTINGS))["EMBEDDED"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.DiskFull(), "disk_full"),
        (psycopg.errors.InvalidPassword(), "database_unavailable"),
        (psycopg.errors.ReadOnlySqlTransaction(), "database_read_only"),
        (psycopg.OperationalError("the connection is lost"), "database_unavailable"),
        (psycopg.errors.UndefinedColumn(), None),
        (psycopg.errors.DeadlockDetected(), "database_busy"),
        (ValueError(), None),
    ],
)
def test_what_is_no_bug_of_ours_is_known_by_the_drivers_error(error: Exception, code: str | None) -> None:
    django = OperationalError()
    django.__cause__ = error
    for each in (error, django):
        fault = fault_of(each)
        assert (fault.code if fault else None) == code
