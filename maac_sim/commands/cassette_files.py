"""Reads and writes the cassette files given to commands."""

from pathlib import Path
from typing import TextIO

import typer

from maac_sim.cassettes import BadCassette, Take, head_line, takes


def read(path: Path) -> list[Take]:
    """The deliveries of a cassette. BadParameter if the file is not one."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return takes(file)
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except BadCassette as error:
        raise typer.BadParameter(f"{path}, {error}") from error


def begin(path: Path) -> TextIO:
    """Create a cassette to write lines to. BadParameter if the file cannot be written."""
    try:
        file = path.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.") from error
    file.write(head_line())
    file.flush()
    return file
