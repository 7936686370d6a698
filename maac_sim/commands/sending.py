"""Sends signed requests from this machine to a receiver, without a simulator; the options that such commands share."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maac_contract import contract
from maac_contract.signature import signature
from maac_sim import __version__
from maac_sim.commands.output import out, print_json
from receiver_check.verdicts import Answer, Message

if TYPE_CHECKING:
    from receiver_check.sender import Sender

Headers = tuple[tuple[str, str], ...]

Header = Annotated[
    list[str] | None, typer.Option("--header", "-H", help="Additional header, `Name: value`. May be repeated.")
]
Timeout = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds to wait for each response.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Accept any TLS certificate.")]
CaFile = Annotated[
    Path | None, typer.Option(help="PEM file of certificate authorities to trust instead of the default ones.")
]


def sender_to(
    url: str, *, timeout: float, insecure: bool = False, ca_file: Path | None = None, host_header: str = ""
) -> "Sender":
    """A sender for this URL. BadParameter if the URL or the certificate file is invalid."""
    from receiver_check.sender import BadTarget, Sender, target

    try:
        to = target(url, verify_tls=not insecure, ca_file=str(ca_file) if ca_file else None, host_header=host_header)
    except BadTarget as error:
        raise typer.BadParameter(str(error)) from error
    return Sender(to, timeout=timeout, connect_timeout=contract.CONNECT_TIMEOUT)


def signed(*, secret: str, key: str, body: bytes, more: Headers = ()) -> Message:
    """The request that MAAC sends for this body under this idempotency key."""
    headers = (
        ("User-Agent", f"maac-sim/{__version__}"),
        ("Content-Type", contract.CONTENT_TYPE),
        (contract.HEADER_IDEMPOTENCY_KEY, key),
        (contract.HEADER_SIGNATURE, signature(secret, body)),
        *more,
    )
    return Message(contract.METHOD, headers, body)


def header_of(text: str) -> tuple[str, str]:
    """`Name: value` as a pair. BadParameter if it is neither."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter(f"{text!r} is not a header. Write it as `Name: value`.", param_hint="--header")
    if not (text.isascii() and text.isprintable()):
        raise typer.BadParameter(f"{text!r} has characters that no header may have.", param_hint="--header")
    return name.strip(), value.strip()


def headers_of(texts: Iterable[str] | None) -> Headers:
    return tuple(map(header_of, texts or ()))


def verdict(answer: Answer) -> str:
    """What MAAC does after this response, in a sentence."""
    status = answer.status
    if status == contract.SUCCESS_STATUS:
        return "Accepted."
    if status is None or contract.is_retried_status(status):
        return "Not accepted: MAAC would try again after 1, 2 and 4 s."
    if 200 <= status < 300:
        return f"Accepted, but MAAC asks for {contract.SUCCESS_STATUS}: answer with it."
    if 300 <= status < 400:
        return "Not accepted: MAAC follows no redirect, and would not try again."
    return "Not accepted: MAAC would not try again."


def is_accepted(answer: Answer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


def report(to: str, message: Message, answer: Answer, *, as_json: bool) -> None:
    """Print the outcome of one request."""
    text = answer.body.decode(errors="replace")
    if as_json:
        print_json({**facts(to, message), "status": answer.status, "ms": round(answer.seconds * 1000, 2),
                    "fault": str(answer.fault or ""), "response": text, "accepted": is_accepted(answer)})  # fmt: skip
        return
    colour = "green" if is_accepted(answer) else "red"
    what = answer.fault or answer.status
    out.print(f"[{colour}]{what}[/{colour}] from {to} in {answer.seconds * 1000:.0f} ms. {verdict(answer)}")
    if text.strip():
        out.print(text.strip()[: contract.ANSWER_KEPT_LIMIT], markup=False)


def facts(to: str, message: Message) -> dict[str, Any]:
    """The request as JSON: its address, headers and body."""
    body = message.body.decode(errors="replace")
    try:
        topic = json.loads(body).get("topic")
    except (ValueError, AttributeError):
        topic = None
    return {"to": to, "topic": topic, "headers": dict(message.headers), "body": body}


def print_request(to: str, message: Message) -> None:
    """Print the request as it is sent."""
    out.print(f"{message.method} {to}", markup=False)
    for name, value in message.headers:
        out.print(f"{name}: {value}", markup=False)
    out.print()
    out.print(message.body.decode(errors="replace"), markup=False)
    out.print()
