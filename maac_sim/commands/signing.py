"""`maac-sim sign` and `verify`: the signature of a body."""

import hmac
import sys
from pathlib import Path
from typing import Annotated

import typer

from maac_contract.contract import HEADER_SIGNATURE
from maac_contract.signature import signature
from maac_sim.commands.output import AsJson, out, print_json

Secret = Annotated[
    str, typer.Option(envvar="SHARE_SECRET", help="The endpoint's share secret.", prompt=True, hide_input=True)
]
Body = Annotated[str, typer.Argument(metavar="[FILE]", help="File with the exact body; `-` for standard input.")]


def sign(body: Body = "-", secret: Secret = "", as_json: AsJson = False) -> None:
    """Print the signature of a body: lower-case hex HMAC-SHA256 of its bytes, keyed with the share secret."""
    made = signature(secret, read_bytes(body))
    print_json({"header": HEADER_SIGNATURE, "signature": made}) if as_json else typer.echo(made)


def verify(
    given: Annotated[str, typer.Argument(metavar="SIGNATURE", help=f"Value of the {HEADER_SIGNATURE} header.")],
    body: Body = "-",
    secret: Secret = "",
    as_json: AsJson = False,
) -> None:
    """Verify the signature of a body. Exit code 0 if it is valid, 1 if not."""
    right = hmac.compare_digest(given.encode(), signature(secret, read_bytes(body)).encode())
    if as_json:
        print_json({"valid": right})
    elif right:
        out.print("[green]Valid.[/green] The signature belongs to this body and secret.")
    else:
        out.print("[red]Invalid.[/red] `maac-sim explain` finds the mistake.")
    raise typer.Exit(0 if right else 1)


def read_bytes(name: str) -> bytes:
    """The bytes of a file or of standard input. BadParameter when the file cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{name} cannot be read: {error.strerror}.") from error
