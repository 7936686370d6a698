"""`maac-sim init`: the receiver that it writes passes its own test and the whole check, as its CI file runs them."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command_line import CommandLine
from tests.conftest import needs, skip_or_fail
from tests.processes import environment, start, wait_until_it_listens
from tests.servers import Missing, free_port

SECRET = "s3cret"
FRAMEWORKS = {"fastapi": "uvicorn", "flask": "flask", "django": "python", "express": "node", "go": "go", "php": "php"}


def workflow(folder: Path) -> list[str]:
    """The commands of the CI file."""
    (job,) = yaml.safe_load((folder / ".github/workflows/webhook.yml").read_text())["jobs"].values()
    steps: list[dict[str, Any]] = job["steps"]
    return [step["run"] for step in steps if "run" in step]


def run(command: str, folder: Path, **env: object) -> str:
    done = subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=environment(**env), capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("framework", "program"), FRAMEWORKS.items())
def test_what_it_writes_passes_its_test_and_the_check(framework: str, program: str, tmp_path: Path) -> None:
    needs(program)
    maac_sim = CommandLine(tmp_path)
    made = maac_sim.json("init", framework, "here")
    folder = tmp_path / "here"
    assert all((folder / name).is_file() for name in made["files"])
    port = free_port()
    own = {
        "HOME": tmp_path,
        "SHARE_SECRET": SECRET,
        "PORT": port,
        "INBOX": tmp_path / "inbox",
        "DJANGO_SETTINGS_MODULE": "project.settings" if framework == "django" else "",
    }
    install, *steps = workflow(folder)
    assert install.startswith("pip install")
    *prepare, serve, _wait, check = steps
    if framework == "express":
        skip_without_express(folder)
        prepare.remove("npm install")
    for command in prepare:
        run(command, folder, **own)
    with start(shlex.split(served(serve, port)), environment(**own), folder / "receiver.log") as receiver:
        wait_until_it_listens(receiver, port, 120)
        run(check.replace("9000", str(port)), folder, **own)
    assert "<testsuite" in (folder / "check.xml").read_text()
    assert (folder / "check.html").is_file()


def served(command: str, port: int) -> str:
    assert command.endswith(" &")
    return command.removesuffix(" &").replace("9000", str(port))


def skip_without_express(folder: Path) -> None:
    """Express is installed where the examples have it."""
    installed = Path(__file__).parents[2] / "examples" / "node_express" / "node_modules"
    if not (installed / "express").exists():
        skip_or_fail(Missing("express is missing: npm install in examples/node_express"))
    (folder / "node_modules").symlink_to(installed)


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    maac_sim = CommandLine(tmp_path)
    (tmp_path / "receiver.py").write_text("mine")
    printed = maac_sim("init", "flask", code=2)
    assert "receiver.py exist already" in " ".join(printed.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["receiver.py"]
    maac_sim("init", "flask", "--force")
    assert "CrescLab-Signature" in (tmp_path / "receiver.py").read_text()


def test_a_django_project_keeps_its_own_files(tmp_path: Path) -> None:
    maac_sim = CommandLine(tmp_path)
    manage = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")'
    (tmp_path / "manage.py").write_text(manage)
    made = maac_sim.json("init", "django")
    assert "maac_webhook/views.py" in made["files"]
    assert not [name for name in made["files"] if name.startswith(("manage", "project"))]
    assert "INSTALLED_APPS" in made["remark"]
    assert "SHARE_SECRET=s3cret uvicorn shop.asgi:application --port 9000" in made["steps"]
    assert (tmp_path / "manage.py").read_text() == manage


def test_an_unknown_framework_is_refused(tmp_path: Path) -> None:
    assert "'fastapi', 'flask', 'django'" in CommandLine(tmp_path)("init", "cobol", code=2)
