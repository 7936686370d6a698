"""Starts receivers in Python, all in this process, each at a port of its own.

python -m tests.receiver_check.mutants.serve FOLDER SECRET prints a line for each: its name and its port. It ends with
its standard input.
"""

import os
import sys
from pathlib import Path

from tests.receiver_check.mutants.planted import Mutant
from tests.receiver_check.mutants.suite import GOOD_IN_PYTHON, IN_PYTHON


def begin(mutant: Mutant, folder: Path, secret: str) -> int:
    """The port of the mutant, whose works are counted in a file with its name."""
    effects = folder / f"{mutant.name}.log"
    effects.touch()
    os.environ |= {
        "SHARE_SECRET": secret,
        "EFFECTS": str(effects),
        "DATABASE": str(folder / f"{mutant.name}.sqlite3"),
    }
    names = {"__name__": f"mutant_{mutant.name.replace('-', '_')}"}
    sys.modules[names["__name__"]] = sys  # Dataclasses look their module up.
    code = compile(mutant.source(), mutant.name, "exec")
    exec(code, names)
    return int(names["start"]())  # type: ignore[operator]


def main(folder: Path, secret: str) -> None:
    for mutant in (*GOOD_IN_PYTHON, *IN_PYTHON):
        print(mutant.name, begin(mutant, folder, secret), flush=True)
    print("all", 0, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
