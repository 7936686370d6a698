"""`maac-sim` in a terminal of its own."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.processes import Embedded, environment


class CommandLine:
    """Runs commands in a folder, against a simulator or none."""

    def __init__(self, folder: Path, simulator: Embedded | None = None) -> None:
        self.folder = folder
        where = {"MAAC_SIM_URL": simulator.url, "MAAC_SIM_API_TOKEN": simulator.token} if simulator else {}
        self.env = environment(**where, COLUMNS="200", NO_COLOR="1", TERM="dumb")

    def __call__(self, *arguments: object, code: int = 0, stdin: bytes = b"") -> str:
        """What it printed; an AssertionError if it ended with another exit code."""
        command = ["maac-sim", *map(str, arguments)]
        done = subprocess.run(command, env=self.env, cwd=self.folder, input=stdin, capture_output=True, timeout=60)
        printed = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, printed
        return printed

    def json(self, *arguments: object, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code))
