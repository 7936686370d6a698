"""Reads and writes the cassette files given to commands."""

from pathlib import Path
from typing import Annotated, TextIO

import typer

from maac_sim.cassettes import BadCassette, Take, head_line, takes

Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]


def read(path: Path) -> list[Take]:
    """The deliveries of a cassette. BadParameter if the file is not one."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return takes(file)
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except BadCassette as error:
        raise typer.BadParameter(f"{path}, {error}") from error


def refuse_overwriting(path: Path, *, force: bool) -> None:
    """BadParameter if the file has content, unless forced."""
    if path.is_file() and path.stat().st_size and not force:
        raise typer.BadParameter(f"{path} exists already. Choose another name, or overwrite it with --force.")


def begin(path: Path, *, force: bool) -> TextIO:
    """Create a cassette to write lines to. BadParameter if the file exists or cannot be written."""
    refuse_overwriting(path, force=force)
    try:
        file = path.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.") from error
    file.write(head_line())
    file.flush()
    return file
