"""The wheel as it is installed: the client beside a Django project, the server in an environment of its own.

Nothing is downloaded: what the wheel depends on is linked from the environment of these tests, and nothing else is.
"""

import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import requests
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tests.processes import environment, start, wait_until_ready
from tests.servers import free_port

pytestmark = pytest.mark.slow

PROJECT = {
    "shop/__init__.py": "",
    "shop/settings.py": """
SECRET_KEY = "of the shop"
INSTALLED_APPS = ["events", "accounts", "webhooks"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "TEST": {"NAME": "shop.sqlite3"}}}
ROOT_URLCONF = "shop.urls"
STATIC_URL = "static/"
SHARE_SECRET = None
""",
    "shop/urls.py": """
from django.urls import path

from webhooks.views import receive

urlpatterns = [path("webhook/", receive)]
""",
    "accounts/__init__.py": "",
    "events/__init__.py": "",
    "events/models.py": """
from django.db import models


class Event(models.Model):
    id = models.AutoField(primary_key=True)
    body = models.BinaryField()
""",
    "webhooks/__init__.py": "",
    "webhooks/views.py": """
import hashlib, hmac

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from events.models import Event


@csrf_exempt
def receive(request):
    signature = hmac.new(settings.SHARE_SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature.encode(), request.headers.get("CrescLab-Signature", "").encode()):
        return HttpResponse(status=401)
    Event.objects.create(body=request.body)
    return HttpResponse()
""",
    "test_shop.py": """
import pytest

import accounts, webhooks
from events.models import Event


@pytest.mark.parametrize("number", range(4))
@pytest.mark.django_db(transaction=True)
def test_an_event_is_stored(maac_sim, live_server, settings, number):
    settings.SHARE_SECRET = maac_sim.endpoint(f"{live_server.url}/webhook/").secret
    event = maac_sim.trigger("receipt.receipt_validated", {"customer_id": f"M-{number}"})
    event.delivered()
    assert bytes(Event.objects.get().body) == event.body


def test_the_packages_are_the_shops(pytestconfig):
    assert {module.__file__.split("/")[-2] for module in (accounts, webhooks)} == {"accounts", "webhooks"}
    assert accounts.__file__.startswith(str(pytestconfig.rootpath))
    assert webhooks.__file__.startswith(str(pytestconfig.rootpath))
""",
    "pytest.ini": "[pytest]\npythonpath = .\nDJANGO_SETTINGS_MODULE = shop.settings\n",
}


class Installed:
    """A virtual environment with the wheel and with what these requirements need, linked from this environment."""

    def __init__(self, folder: Path, wheel: Path, *requirements: str) -> None:
        self.bin = folder / "bin"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install"]
        offline = ["-q", "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel)]
        subprocess.run([*pip, *offline], check=True)
        (self.packages,) = folder.glob("lib/python*/site-packages")
        for needed in closure(*requirements) - {"maac-sim"}:
            self._link(needed)

    def run(self, *command: str, cwd: Path, code: int = 0, **env: object) -> str:
        program, *arguments = command
        done = subprocess.run(
            [self.bin / "python", "-m", program, *arguments],
            cwd=cwd,
            env=environment(**env),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _link(self, name: str) -> None:
        found = distribution(name)
        tops = {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}
        for top in tops:
            link = self.packages / top
            if not link.exists():
                link.symlink_to(str(found.locate_file(top)))


def closure(*requirements: str) -> set[str]:
    """The names of all distributions that these need."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key not in seen:
            seen.add(key)
            needed = map(Requirement, distribution(one.name).requires or ())
            waiting += [each for each in needed if is_wanted(each, one.extras)]
    return {name for name, _extras in seen}


def is_wanted(needed: Requirement, extras: set[str]) -> bool:
    return needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def server(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("server"), wheel, "maac-sim[server]")


@pytest.fixture(scope="module")
def client(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("client"), wheel, "maac-sim", "pytest")


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    tools = ("pytest", "pytest-django", "pytest-xdist", "django")
    return Installed(tmp_path_factory.mktemp("project"), wheel, "maac-sim", *tools)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_wheel_has_three_names_and_no_leftovers(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"maac_sim", "maac_contract", "receiver_check"}
    assert [name for name in names if name.endswith((".pyc", ".po")) or "/tests/" in name] == []


def test_the_client_works_without_django_and_says_what_the_server_needs(client: Installed, tmp_path: Path) -> None:
    for name in ("django", "celery", "pycurl", "yaml", "cryptography"):
        assert not (client.packages / name).exists()
    for command in (["probes"], ["faults", "kinds"], ["sign", "--secret", "s", "pyvenv.cfg"], ["--help"], ["version"]):
        assert client.run("maac_sim", *command, cwd=client.bin.parent)
    assert "receiver.py" in client.run("maac_sim", "init", "flask", "begun", cwd=tmp_path)
    assert "CrescLab-Signature" in (tmp_path / "begun" / "receiver.py").read_text()
    sent = ("send", "http://127.0.0.1:9/", "--topic", "prize.points_added", "--secret", "s")
    assert "the connection was refused" in client.run("maac_sim", *sent, cwd=tmp_path, code=1)
    for name in ("proxy", "listen", "resend", "event", "explain", "doctor"):
        assert "Usage" in client.run("maac_sim", name, "--help", cwd=tmp_path)
    for command in (["run"], ["web"], ["worker"], ["beat"], ["setup"], ["manage", "check"]):
        assert "pip install 'maac-sim[server]'" in client.run("maac_sim", *command, cwd=tmp_path, code=2)


def test_a_django_project_with_packages_of_the_same_names_is_tested_by_a_server_that_is_elsewhere(
    project: Installed, server: Installed, shop: Path
) -> None:
    own: dict[str, Any] = {
        "PYTHONPATH": shop,
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "MAAC_SIM_COMMAND": server.bin / "maac-sim",
    }
    printed = project.run("pytest", "-q", "-n", "2", "-p", "no:cacheprovider", cwd=shop, **own)
    assert "5 passed" in printed


def test_the_fixture_says_how_to_come_by_a_server(client: Installed, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(maac_sim):\n    pass\n")
    printed = client.run("pytest", "-p", "no:cacheprovider", cwd=tmp_path, code=1)
    assert all(name in printed for name in ("MAAC_SIM_URL", "MAAC_SIM_COMMAND", "pip install 'maac-sim[server]'"))
    assert "Traceback" not in printed


def test_the_installed_simulator_is_complete_and_keeps_its_data_in_the_folder_it_starts_in(
    server: Installed, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(MAAC_SIM_PORT=port, PYTHONDONTWRITEBYTECODE=1)
    with start([str(server.bin / "maac-sim"), "run"], env, tmp_path / "run.log") as running:
        wait_until_ready(f"{url}/readyz", 120, running)
        assert (tmp_path / "data" / "secrets.env").exists()
        assert requests.get(f"{url}/api/docs/").status_code == 200
        assert requests.get(f"{url}/static/console/frame.css").status_code == 200
        assert "ログイン" in requests.get(f"{url}/console/login/", headers={"Accept-Language": "ja"}).text
        printed = server.run("maac_sim", "trigger", "prize.points_added", cwd=tmp_path, MAAC_SIM_URL=url)
        assert "prize.points_added" in printed
        running.terminate()
