"""`maac-sim resend`: edits the body of a delivery, signs it anew and sends it to its receiver from this machine."""

import json
import os
import secrets
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from maac_contract import contract
from maac_contract.differences import differences
from maac_sim.commands.connection import DEFAULT_URL, Refused, Simulator, Token, Url
from maac_sim.commands.output import AsJson, out
from maac_sim.commands.payload import Setting, apply
from maac_sim.commands.sending import CaFile, Timeout, is_accepted, print_request, report, sender_to, signed

EPILOG = """Examples:

maac-sim resend 12 --edit

maac-sim resend 12 --set points_count=0 --print-request

maac-sim resend 12 --same-key --to http://127.0.0.1:3000/webhook --secret s3cret

Exit codes: 0 accepted with 2xx, 1 not accepted or refused, 2 invalid usage, 3 no simulator answered.
"""


def resend(
    number: Annotated[int, typer.Argument(metavar="ID", help="The delivery's id.")],
    edit: Annotated[bool, typer.Option("--edit", help="Edit the body in $EDITOR before it is signed.")] = False,
    settings: Setting = None,
    same_key: Annotated[
        bool, typer.Option("--same-key", help="Send under the delivery's idempotency key, as a retry would.")
    ] = False,
    to: Annotated[str, typer.Option(metavar="URL", help="Send here instead of to the endpoint's URL.")] = "",
    secret: Annotated[
        str, typer.Option(help="Sign with this secret instead of the endpoint's.", show_default=False)
    ] = "",
    print_sent: Annotated[bool, typer.Option("--print-request", help="Print the request, too.")] = False,
    timeout: Timeout = contract.ATTEMPT_TIMEOUT,
    ca_file: CaFile = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Edit a delivery's body, sign it with the current secret and send it: one request, from this machine.

    The delivery log does not show it. To send a delivery again unchanged and logged: maac-sim redeliver ID.
    """
    simulator = Simulator(url, token)
    delivery = simulator.get(f"/deliveries/{number}/")
    endpoint = _endpoint(simulator, delivery["endpoint"], needed=not (to and secret))
    secret = secret or simulator.get(f"/endpoints/{delivery['endpoint']}/secret/")["share_secret"]
    target = to or endpoint["url"]
    sender = sender_to(
        target,
        timeout=timeout,
        insecure=not endpoint.get("verify_tls", True),
        ca_file=ca_file,
        host_header="" if to else endpoint.get("host_override", ""),
    )
    body = _edited(delivery["body"], edit=edit, settings=settings or [])
    key = delivery["idempotency_key"] if same_key else secrets.token_hex(16)
    message = signed(secret=secret, key=key, body=body, more=tuple(endpoint.get("extra_headers", {}).items()))
    if not as_json:
        for difference in differences(message.method, message.headers, body):
            out.print(f"Note: {difference.what}", markup=False)
    if print_sent and not as_json:
        print_request(target, message)
    answer = sender.send(message)
    report(target, message, answer, as_json=as_json)
    raise typer.Exit(0 if is_accepted(answer) else 1)


def _endpoint(simulator: Simulator, number: int, *, needed: bool) -> dict[str, Any]:
    """The endpoint with its options; empty if it was deleted and is not needed."""
    try:
        found: dict[str, Any] = simulator.get(f"/endpoints/{number}/")
    except Refused as refused:
        if refused.status != 404:
            raise
        if needed:
            fault = "The endpoint of this delivery was deleted. Give --to and --secret."
            raise typer.BadParameter(fault, param_hint="--to") from None
        return {}
    return found


def _edited(body: str, *, edit: bool, settings: list[str]) -> bytes:
    """The body with the changes, written as MAAC writes JSON; unchanged bytes if there are none."""
    if not edit and not settings:
        return body.encode()
    value = json.loads(body)
    apply(value["data"], settings)
    if edit:
        value = _in_editor(value)
    return json.dumps(value).encode()


def _in_editor(value: Any) -> Any:
    """The value after the user has edited it as JSON. BadParameter if the editor fails or leaves no JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
        try:
            done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - the user's own editor
        except OSError as error:
            fault = f"The editor {editor} cannot be run ({error.strerror}). Set EDITOR. Nothing was sent."
            raise typer.BadParameter(fault, param_hint="--edit") from error
        if done.returncode:
            fault = f"The editor ended with exit code {done.returncode}. Nothing was sent."
            raise typer.BadParameter(fault, param_hint="--edit")
        text = file.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"This is not valid JSON: {error}. Nothing was sent.", param_hint="--edit") from error
