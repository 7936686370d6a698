"""`maac-sim listen`: a receiver for the terminal that verifies signatures and can forward requests."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from maac_contract.contract import HEADER_SIGNATURE
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import licensed
from maac_sim.commands.missed import Missed, missed_since
from maac_sim.commands.output import AsJson, out, print_json
from maac_sim.commands.receiving import HOP_BY_HOP, Request, Response, is_signed, serve, server, why_not_signed
from maac_sim.commands.sending import sender_to, signed
from receiver_check.verdicts import Message

FORWARD_TIMEOUT = 9.0
"""Seconds for the forwarded request; the simulator itself waits ten."""
NAME = "maac-sim listen"
SECRET_VARIABLE = "SHARE_SECRET"  # noqa: S105 - a name

EPILOG = """Examples:

maac-sim listen --print-bodies

maac-sim listen --forward-to http://127.0.0.1:3000/webhook --keep --since 1h

maac-sim listen --no-register --secret s3cret

Exit codes: 0 it was stopped, 1 the simulator refused, 2 invalid usage, 3 no simulator answered.
"""


@dataclass(frozen=True)
class Secret:
    """The share secret to verify with; `endpoint` is whose it is, if this command registered one."""

    value: str
    endpoint: dict[str, Any] | None = None


def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free port.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    forward_to: Annotated[str, typer.Option(help="Forward each request to this URL and return its response.")] = "",
    answer: Annotated[int, typer.Option(min=200, max=599, help="Response status if the signature is valid.")] = 200,
    print_bodies: Annotated[bool, typer.Option("--print-bodies", help="Print request bodies, indented.")] = False,
    register: Annotated[
        bool,
        typer.Option("--register/--no-register", help="Register as an endpoint of the simulator, and verify with the "
                     "endpoint's own secret."),
    ] = True,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep the endpoint on exit, and use it again next time, so that its secret stays "
                     "the same. Default: delete it."),
    ] = False,
    since: Annotated[
        str, typer.Option(help="First take the events since then that were not delivered here: ISO 8601 time, or 15m, "
                          "24h, 7d."),
    ] = "",
    secret: Annotated[
        str, typer.Option(envvar=SECRET_VARIABLE, help="With --no-register: share secret to verify signatures with.")
    ] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Receive events, verify their signatures, and forward them. Registers as an endpoint of the simulator."""
    if not register and not secret:
        raise typer.BadParameter(f"Give --secret, or set {SECRET_VARIABLE}, to verify with.", param_hint="--secret")
    if not register and (keep or since):
        raise typer.BadParameter("--keep and --since need an endpoint: leave --no-register out.")
    forward = _forwarder(forward_to) if forward_to else None
    listening = server(host, port)
    address = f"http://{host}:{listening.server_address[1]}/"
    simulator = Simulator(url, token) if register else None
    used = Secret(secret)
    if simulator:
        endpoint = _registered(simulator, address, keep=keep)
        used = Secret(endpoint["share_secret"], endpoint)
    show = _shower(as_json, print_bodies, used.endpoint)

    def handle(request: Request, *, is_backfill: bool = False) -> Response:
        result = received(request, used.value)
        if forward:
            response = forward(request)
            result["forwarded"] = response.status
        else:
            response = Response(answer if result["verified"] else 401)
        show({**result, "answered": response.status, **({"backfill": True} if is_backfill else {})}, request.body)
        return response

    if not as_json:
        _print_welcome(address, used, secret, forward_to, url, keep=keep)
    try:
        if simulator and used.endpoint and since:
            for missed in missed_since(simulator, since, endpoint=used.endpoint):
                handle(_request(missed, used.value), is_backfill=True)
        serve(listening, handle)
    finally:
        listening.server_close()
        if simulator and used.endpoint and not keep:
            simulator.delete(f"/endpoints/{used.endpoint['id']}/")


def _registered(simulator: Simulator, address: str, *, keep: bool) -> dict[str, Any]:
    """A running endpoint for this address, with its secret in clear; with `keep`, the one of an earlier run."""
    fields = {"url": address, "event_types": licensed(simulator)}
    kept = [row for row in simulator.pages("/endpoints/") if row["name"] == NAME] if keep else []
    if not kept:
        made: dict[str, Any] = simulator.post("/endpoints/", {"name": NAME, **fields})
        return made
    found = kept[0]
    if found["url"] != address or found["event_types"] != fields["event_types"]:
        simulator.patch(f"/endpoints/{found['id']}/", fields)
    if found["status"] != "running":
        simulator.post(f"/endpoints/{found['id']}/resume/")
    return {**found, **fields, **simulator.get(f"/endpoints/{found['id']}/secret/")}


def _print_welcome(address: str, used: Secret, given: str, forward_to: str, url: str, *, keep: bool) -> None:
    out.print(f"Listening at {address}. Stop with Ctrl+C.", markup=False)
    if used.endpoint is None:
        out.print("Signatures are verified with the given secret. No endpoint was registered.")
        return
    number = used.endpoint["id"]
    fate = "kept for the next run" if keep else "deleted on exit; --keep keeps it and its secret"
    out.print(f"Registered as endpoint {number} of {url} ({fate}). Its share secret: {used.value}", markup=False)
    if given and given != used.value:
        out.print(f"{SECRET_VARIABLE} holds another secret. It is not used: the simulator signs with the endpoint's.")
    if forward_to and given != used.value:
        out.print(f"For the receiver at {forward_to}: export {SECRET_VARIABLE}={used.value}", markup=False)
    out.print("Publish an event from another terminal: maac-sim trigger receipt.receipt_validated")


def _request(missed: Missed, secret: str) -> Request:
    message = signed(secret=secret, key=missed.key, body=missed.body)
    return Request(message.method, message.headers, message.body)


def received(request: Request, secret: str) -> dict[str, Any]:
    """Facts about a request: topic, key, size, whether its signature is valid and, if not, why."""
    right = is_signed(request, secret)
    result = {
        "topic": request.topic,
        "idempotency_key": request.key,
        "bytes": len(request.body),
        "verified": right,
    }
    if not right:
        result["why"] = " ".join(what for _, what, _ in why_not_signed(request, secret))
    return result


def _forwarder(target: str) -> Callable[[Request], Response]:
    """Hands requests on with unchanged headers and bytes. BadParameter if the URL is invalid."""
    sender = sender_to(target, timeout=FORWARD_TIMEOUT)

    def forward(request: Request) -> Response:
        answer = sender.send(Message(request.method, request.end_to_end, request.body))
        if answer.status is None:
            return Response(502, (), f"maac-sim listen: no answer from {target}: {answer.fault}\n".encode())
        headers = tuple(pair for pair in answer.headers if pair[0].lower() not in HOP_BY_HOP)
        return Response(answer.status, headers, answer.body)

    return forward


Show = Callable[[dict[str, Any], bytes], None]


def _shower(as_json: bool, print_bodies: bool, endpoint: dict[str, Any] | None) -> Show:
    lock = threading.Lock()

    def show(result: dict[str, Any], body: bytes) -> None:
        if hint := _hint(result, endpoint):
            result = {**result, "hint": hint}
        with lock:
            if as_json:
                print_json({**result, "body": body.decode(errors="replace")} if print_bodies else result)
                return
            mark = "[green]verified[/green]" if result["verified"] else "[red]WRONG SIGNATURE[/red]"
            missed = "  missed before" if result.get("backfill") else ""
            out.print(
                f"{datetime.now():%H:%M:%S}  {mark}  {result['topic']}  {result['bytes']} bytes  answered "
                f"{result['answered']}  key {result['idempotency_key']}{missed}"
            )
            for text in filter(None, (result.get("why"), hint)):
                out.print(f"  {text}", markup=False)
            if print_bodies:
                out.print(_readable(body), markup=False)

    return show


def _hint(result: dict[str, Any], endpoint: dict[str, Any] | None) -> str:
    """A receiver that refuses a right signature most often has another secret."""
    if not result["verified"] or result.get("forwarded") not in (401, 403):
        return ""
    whose = f"that of `maac-sim endpoint secret {endpoint['id']}`" if endpoint else "this one"
    return (f"The receiver answered {result['forwarded']}, although the signature is right. Is its share secret {whose}"
            f", and does it compare {HEADER_SIGNATURE} with the HMAC of the raw body? maac-sim explain finds the "
            "mistake.")  # fmt: skip


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode(errors="replace")
