"""`maac-sim init`: writes a receiver with a test and a CI file, for a language or framework."""

import os
import re
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maac_sim.commands.output import AsJson, out, print_json

SKELETONS = Path(__file__).resolve().parent.parent / "skeletons"
WORKFLOW = ".github/workflows/webhook.yml"

EPILOG = """Examples:

maac-sim init fastapi my-receiver

maac-sim init django . --json

Exit codes: 0 the files were written, 2 invalid usage, or a file exists already.
"""


class Framework(StrEnum):
    FASTAPI = "fastapi"
    FLASK = "flask"
    DJANGO = "django"
    EXPRESS = "express"
    GO = "go"
    PHP = "php"


@dataclass(frozen=True)
class Skeleton:
    """`files`: where each file goes, and its template below `skeletons/`. The rest are commands of shell and CI."""

    files: dict[str, str]
    serve: str
    """Starts the receiver at port 9000; SHARE_SECRET is in the environment."""
    test: str
    packages: tuple[str, ...] = ()
    """What pip installs, besides maac-sim."""
    build: str = ""
    """Prepares the receiver, such as `npm install`."""
    setup: str = ""
    """The action that installs the language in CI; Python is there in any case, for maac-sim."""
    values: dict[str, str] = field(default_factory=dict)
    """What to put into the templates, by name."""
    remark: str = ""
    """What is left to do by hand."""


def _python(command: list[str], prepare: str = "") -> dict[str, str]:
    shared = (SKELETONS / "shared.py.txt").read_text(encoding="utf-8").rstrip()
    listed = ", ".join(f'"{part}"' for part in command)
    return {"command": listed, "prepare": f"    {prepare}\n" if prepare else "", "shared": shared}


TEST = {"test_receiver.py": "test_receiver.py.txt"}
PROJECT = {"manage.py": "manage.py", "project/__init__.py": "", "project/settings.py": "settings.py",
           "project/urls.py": "urls.py", "project/asgi.py": "asgi.py"}  # fmt: skip
"""For a folder that is no Django project yet."""
SETTINGS = re.compile(r"""["']([\w.]+)\.settings""")


def skeleton(framework: Framework, folder: Path) -> Skeleton:
    """The skeleton of a framework; a Django project that is in the folder already is left alone."""
    match framework:
        case Framework.FASTAPI:
            return Skeleton(
                {"receiver.py": "fastapi/receiver.py.txt", **TEST},
                serve="uvicorn receiver:app --port 9000",
                test="pytest",
                packages=("fastapi", "uvicorn", "pytest"),
                values=_python(["-m", "uvicorn", "receiver:app", "--port", "{port}"]),
            )
        case Framework.FLASK:
            return Skeleton(
                {"receiver.py": "flask/receiver.py.txt", **TEST},
                serve="flask --app receiver run --port 9000",
                test="pytest",
                packages=("flask", "pytest"),
                values=_python(["-m", "flask", "--app", "receiver", "run", "--port", "{port}"]),
            )
        case Framework.DJANGO:
            return _django(folder)
        case Framework.EXPRESS:
            return Skeleton(
                {name: f"express/{name}.txt" for name in ("receiver.js", "receiver.test.js", "package.json")},
                serve="node receiver.js",
                test="npm test",
                build="npm install",
                setup="actions/setup-node@v4",
            )
        case Framework.GO:
            return Skeleton(
                {name: f"go/{name}.txt" for name in ("receiver.go", "receiver_test.go", "go.mod")},
                serve="go run .",
                test="go test ./...",
                build="go build ./...",
                setup="actions/setup-go@v5",
            )
        case Framework.PHP:
            return Skeleton(
                {name: f"php/{name}.txt" for name in ("receiver.php", "test_receiver.php")},
                serve="php -S 127.0.0.1:9000 receiver.php",
                test="php test_receiver.php",
            )


def _django(folder: Path) -> Skeleton:
    """An app; and a project for it, unless the folder is one."""
    names = ("models.py", "views.py", "urls.py")
    app = {f"maac_webhook/{name}": f"django/app/{name}.txt" for name in names}
    empty = {"maac_webhook/__init__.py": "", "maac_webhook/migrations/__init__.py": ""}
    first = {"maac_webhook/migrations/0001_initial.py": "django/app/migration.py.txt"}
    manage = folder / "manage.py"
    found = SETTINGS.search(manage.read_text(encoding="utf-8", errors="replace")) if manage.exists() else None
    own = {} if manage.exists() else {path: name and f"django/project/{name}.txt" for path, name in PROJECT.items()}
    served = ["uvicorn", f"{found[1] if found else 'project'}.asgi:application", "--port"]
    return Skeleton(
        {**app, **empty, **first, **own, **TEST},
        serve=" ".join([*served, "9000"]),
        test="pytest -p no:django",
        packages=("django", "uvicorn", "pytest"),
        build="python manage.py migrate",
        values=_python(
            ["-m", *served, "{port}"], 'subprocess.run([sys.executable, "manage.py", "migrate"], env=env, check=True)'
        ),
        remark=""
        if own
        else 'Add maac_webhook to INSTALLED_APPS, and path("", include("maac_webhook.urls")) to your URLs.',
    )


def init(
    framework: Annotated[
        Framework, typer.Argument(metavar="FRAMEWORK", help="fastapi, flask, django, express, go or php.")
    ],
    folder: Annotated[Path, typer.Argument(help="Where to write; it is made if it is missing.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write a receiver that passes `maac-sim check`, with a test and a CI file, for a framework."""
    made = skeleton(framework, folder)
    files = {path: _rendered(made, template) for path, template in made.files.items()} | {WORKFLOW: _workflow(made)}
    existing = [path for path in files if (folder / path).exists()]
    if existing and not force:
        fault = f"{', '.join(existing)} exist already in {folder}. Nothing was written. Overwrite them with --force."
        raise typer.BadParameter(fault, param_hint="FOLDER")
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be written: {error.strerror}.", param_hint="FOLDER") from error
    steps = _steps(made, folder)
    if as_json:
        print_json({"folder": str(folder), "files": list(files), "remark": made.remark, "steps": steps})
        return
    for path in files:
        out.print(f"  {folder / path}", markup=False)
    if made.remark:
        out.print(made.remark, markup=False)
    out.print("Then:")
    for step in steps:
        out.print(f"  {step}", markup=False)


def _rendered(made: Skeleton, template: str) -> str:
    """The template with its values; an empty name is an empty file."""
    if not template:
        return ""
    text = (SKELETONS / template).read_text(encoding="utf-8")
    for name, value in made.values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def _workflow(made: Skeleton) -> str:
    text = (SKELETONS / "workflow.yml.txt").read_text(encoding="utf-8")
    lines = {
        "setup": f"      - uses: {made.setup}\n" if made.setup else "",
        "build": f"      - run: {made.build}\n" if made.build else "",
    }
    for name, line in lines.items():
        text = text.replace(f"{{{{{name}}}}}\n", line)
    packages = "".join(f" {name}" for name in made.packages)
    return text.replace("{{packages}}", packages).replace("{{test}}", made.test).replace("{{serve}}", made.serve)


def _steps(made: Skeleton, folder: Path) -> list[str]:
    """The commands that test, start and check the receiver."""
    enter = [] if folder == Path() else [f"cd {shlex.quote(os.fspath(folder))}"]
    install = [f"pip install {' '.join(made.packages)}"] if made.packages else []
    build = [made.build] if made.build else []
    if made.build.startswith("python manage.py"):
        build = [f"SHARE_SECRET=s3cret {made.build}"]
    check = "maac-sim check http://127.0.0.1:9000/webhook --secret s3cret   # in another terminal"
    return [*enter, *install, *build, made.test, f"SHARE_SECRET=s3cret {made.serve}", check]
