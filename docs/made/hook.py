"""MkDocs' hook: puts what is made from the code where a page asks for it.

A page asks by a line of its own: `<!-- made: NAME -->`, or with an argument `<!-- made: file examples/README.md -->`.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs.made import files as project

ASKED = re.compile(r"^<!-- made: (\w+)(?: (.+?))? -->$", re.MULTILINE)


def on_startup(*, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG001
    """Django is needed for the API's schema and the receivers' templates; of its data nothing."""
    import django

    folder = tempfile.TemporaryDirectory(prefix="maac-sim-docs-")
    on_startup.folder = folder  # type: ignore[attr-defined]  # It is removed when the process ends.
    os.environ.update(MAAC_SIM_DATA=folder.name, DJANGO_SETTINGS_MODULE="maac_sim.settings")
    os.environ.pop("DATABASE_URL", None)
    django.setup()


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    at = page.file.src_uri
    return ASKED.sub(lambda asked: _made(asked[1], asked[2], at), markdown)


def _made(name: str, argument: str | None, at: str) -> str:
    makers = _makers()
    if name not in makers:
        raise PluginError(f"{at} asks for {name}, which does not exist. There are: {', '.join(makers)}")
    return makers[name](*([argument] if argument else []))


def _makers() -> dict[str, Callable[..., str]]:
    from docs.made import checks, commands, contract, faults, numbers, open_api, receivers, rest

    return {
        "commands": commands.commands,
        "rest": rest.rest,
        "open_api": open_api.open_api,
        "event_types": contract.event_types,
        "rules": contract.rules,
        "chosen_fields": contract.chosen_fields,
        "worked_signature": contract.worked_signature,
        "probes": checks.probes,
        "explanations": checks.explanations,
        "faults": faults.faults,
        "openapi_failures": faults.openapi_failures,
        "magic_numbers": numbers.magic_numbers,
        "magic_line_uids": numbers.magic_line_uids,
        "receivers": receivers.receivers,
        "file": receivers.file,
        "text": project.text,
    }
