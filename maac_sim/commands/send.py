"""`maac-sim send`: sends one signed event to a URL, without a simulator."""

import json
import secrets
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from maac_contract import contract
from maac_sim.commands.filters import topics
from maac_sim.commands.output import AsJson
from maac_sim.commands.payload import Data, Seed, Setting, data_of, known_topic
from maac_sim.commands.sending import (
    CaFile,
    Header,
    Insecure,
    Timeout,
    headers_of,
    is_accepted,
    print_request,
    report,
    sender_to,
    signed,
)
from maac_sim.commands.signing import read_bytes

EPILOG = """Examples:

maac-sim send http://127.0.0.1:9000/webhook --topic receipt.receipt_validated --secret s3cret

SHARE_SECRET=s3cret maac-sim send http://127.0.0.1:9000/webhook --topic prize.points_added --set points_count=50

maac-sim send http://127.0.0.1:9000/webhook --secret s3cret --body kept.json --key 0123456789abcdef0123456789abcdef

Exit codes: 0 accepted with 2xx, 1 not accepted, 2 invalid usage.
"""


def send(
    to: Annotated[str, typer.Argument(metavar="URL", help="The receiver's webhook URL.")],
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="The share secret of the receiver.")],
    topic: Annotated[str, typer.Option(help="The event type. Not needed with --body.", autocompletion=topics)] = "",
    settings: Setting = None,
    data: Data = "",
    seed: Seed = "",
    body: Annotated[
        str, typer.Option(metavar="FILE", help="Send exactly these bytes as the body; - for standard input.")
    ] = "",
    key: Annotated[str, typer.Option(help="The idempotency key. Default: random.")] = "",
    time_zone: Annotated[str, typer.Option(help="Time zone of the timestamp.")] = contract.DEFAULT_TIME_ZONE,
    header: Header = None,
    print_sent: Annotated[bool, typer.Option("--print-request", help="Print the request, too.")] = False,
    timeout: Timeout = contract.ATTEMPT_TIMEOUT,
    insecure: Insecure = False,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Send one signed event to a URL, with sample data or your own. Needs no simulator; there are no retries."""
    if not (key.isascii() and key.isprintable()):
        raise typer.BadParameter("It may have only printable ASCII characters.", param_hint="--key")
    content = _content(topic, settings or [], data, seed, body, time_zone)
    sender = sender_to(to, timeout=timeout, insecure=insecure, ca_file=ca_file)
    message = signed(secret=secret, key=key or secrets.token_hex(16), body=content, more=headers_of(header))
    if print_sent and not as_json:
        print_request(to, message)
    answer = sender.send(message)
    report(to, message, answer, as_json=as_json)
    raise typer.Exit(0 if is_accepted(answer) else 1)


def _content(topic: str, settings: list[str], data: str, seed: str, body: str, time_zone: str) -> bytes:
    """The body to send: the given bytes, or an event made now."""
    if body:
        if topic or settings or data or seed:
            raise typer.BadParameter("--body is the whole body: leave --topic, --set, --data and --seed out.")
        return read_bytes(body)
    if not topic:
        raise typer.BadParameter(f"Give an event type: {', '.join(contract.TOPICS)}.", param_hint="--topic")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise typer.BadParameter(
            f"{time_zone} is not a time zone. Write Asia/Tokyo.", param_hint="--time-zone"
        ) from error
    made = data_of(known_topic(topic), seed=seed or secrets.token_hex(4), zone=zone, given=data, settings=settings)
    stamp = contract.format_timestamp(datetime.now(zone), zone)
    return json.dumps({"timestamp": stamp, "topic": topic, "data": made}).encode()
