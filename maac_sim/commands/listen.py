"""`maac-sim listen`: a receiver for the terminal. It checks signatures, says why one is wrong, and can forward."""

import hmac
import json
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any

import typer

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE
from maac_contract.signature import signature
from maac_sim.commands.connection import DEFAULT_URL, Simulator, Token, Url
from maac_sim.commands.endpoint import licensed
from maac_sim.commands.output import AsJson, out, print_json

FORWARD_TIMEOUT = 9.0
"""Seconds for the forwarded request; the simulator itself waits ten."""
NOT_FORWARDED = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding"}
NAME = "maac-sim listen"


class Server(ThreadingHTTPServer):
    """Takes bursts: the standard library's own backlog is 5."""

    request_queue_size = 1024
    daemon_threads = True


def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any that is free.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    forward_to: Annotated[str, typer.Option(help="Send each request on to this URL and give its answer back.")] = "",
    answer: Annotated[int, typer.Option(min=200, max=599, help="Status to answer with.")] = 200,
    print_bodies: Annotated[bool, typer.Option("--print-bodies", help="Print the bodies, indented.")] = False,
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="Share secret to check against.")] = "",
    register: Annotated[bool, typer.Option("--register/--no-register", help="Make an endpoint of the simulator that "
                                           "leads here, and delete it at the end.")] = True,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Receive events here and check their signatures. Without --secret it registers itself as an endpoint."""
    server = _server(host, port)
    address = f"http://{host}:{server.server_address[1]}/"
    simulator, endpoint = None, None
    if not secret and register:
        simulator = Simulator(url, token)
        body = {"name": NAME, "url": address, "event_types": licensed(simulator)}
        endpoint = simulator.post("/endpoints/", body)
        secret = endpoint["share_secret"]
    show = _shower(as_json, print_bodies)
    server.RequestHandlerClass = _handler(lambda: secret, forward_to, answer, show)
    if not as_json:
        where = f", as endpoint {endpoint['id']} of {url}" if endpoint else ""
        out.print(f"Listening at {address}{where}. Stop with Ctrl+C.")
        if endpoint:
            out.print("Make something happen in another terminal: maac-sim trigger receipt.receipt_validated")
    # A shell that starts it in the background leaves SIGINT ignored, and CI ends things with SIGTERM.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        if simulator and endpoint:
            simulator.delete(f"/endpoints/{endpoint['id']}/")


def _server(host: str, port: int) -> Server:
    try:
        return Server((host, port), BaseHTTPRequestHandler)
    except OSError as error:
        raise typer.BadParameter(f"Cannot listen on {host}:{port} ({error.strerror}).", param_hint="--port") from error


Show = Callable[[dict[str, Any], bytes], None]


def _handler(secret: Callable[[], str], forward_to: str, status: int, show: Show) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            told = received(headers, body, secret())
            code, answered = _forwarded(forward_to, headers, body) if forward_to else (status, b"")
            if forward_to:
                told["forwarded"] = code
            elif not told["verified"]:
                code = 401
            self.send_response(code)
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)
            show({**told, "answered": code}, body)

        def log_message(self, format: str, *args: Any) -> None:
            """What came is printed by `show`."""

    return Handler


def received(headers: dict[str, str], body: bytes, secret: str) -> dict[str, Any]:
    """What a request is, and whether its signature is right; if not, why."""
    lower = {name.lower(): value for name, value in headers.items()}
    given = lower.get(HEADER_SIGNATURE.lower(), "")
    right = bool(secret) and hmac.compare_digest(given.encode(), signature(secret, body).encode())
    told = {
        "topic": _topic(body),
        "idempotency_key": lower.get(HEADER_IDEMPOTENCY_KEY.lower(), ""),
        "bytes": len(body),
        "verified": right,
    }
    if not right:
        told["why"] = _why(headers, body, secret) if secret else "No share secret to check against."
    return told


def _why(headers: dict[str, str], body: bytes, secret: str) -> str:
    from receiver_check.explain_request import explain_request

    return " ".join(finding.what for finding in explain_request(headers, body, secret).findings)


def _topic(body: bytes) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return "not JSON"
    return str(parsed.get("topic", "no topic")) if isinstance(parsed, dict) else "not an object"


def _forwarded(target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """The answer of the receiver behind: the bytes and headers of MAAC go to it as they came."""
    import requests

    kept = {name: value for name, value in headers.items() if name.lower() not in NOT_FORWARDED}
    try:
        answer = requests.post(target, data=body, headers=kept, timeout=FORWARD_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return 502, f"maac-sim listen could not reach {target}: {error}\n".encode()
    return answer.status_code, answer.content


def _shower(as_json: bool, print_bodies: bool) -> Show:
    lock = threading.Lock()

    def show(told: dict[str, Any], body: bytes) -> None:
        with lock:
            if as_json:
                print_json({**told, "body": body.decode(errors="replace")} if print_bodies else told)
                return
            mark = "[green]verified[/green]" if told["verified"] else "[red]WRONG SIGNATURE[/red]"
            out.print(
                f"{datetime.now():%H:%M:%S}  {mark}  {told['topic']}  {told['bytes']} bytes  answered "
                f"{told['answered']}  key {told['idempotency_key']}"
            )
            if "why" in told:
                out.print(f"  {told['why']}", markup=False)
            if print_bodies:
                out.print(_readable(body), markup=False)

    return show


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode(errors="replace")
