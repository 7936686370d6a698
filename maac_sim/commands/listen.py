"""`maac-sim listen`: a receiver for the terminal that verifies signatures and can forward requests."""

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
    """A longer backlog than the standard library's 5, so that bursts are accepted."""

    request_queue_size = 1024
    daemon_threads = True


def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free port.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    forward_to: Annotated[str, typer.Option(help="Forward each request to this URL and return its response.")] = "",
    answer: Annotated[int, typer.Option(min=200, max=599, help="Response status if the signature is valid.")] = 200,
    print_bodies: Annotated[bool, typer.Option("--print-bodies", help="Print request bodies, indented.")] = False,
    secret: Annotated[str, typer.Option(envvar="SHARE_SECRET", help="Share secret to verify signatures with.")] = "",
    register: Annotated[bool, typer.Option("--register/--no-register", help="Create an endpoint for this "
                                           "receiver, and delete it on exit.")] = True,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Receive events and verify their signatures. Without --secret, register as an endpoint of the simulator."""
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
            out.print("Publish an event from another terminal: maac-sim trigger receipt.receipt_validated")
    # A shell starts background jobs with SIGINT ignored, and CI stops processes with SIGTERM.
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
            result = received(headers, body, secret())
            code, answered = _forwarded(forward_to, headers, body) if forward_to else (status, b"")
            if forward_to:
                result["forwarded"] = code
            elif not result["verified"]:
                code = 401
            self.send_response(code)
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)
            show({**result, "answered": code}, body)

        def log_message(self, format: str, *args: Any) -> None:
            """Disabled: `show` prints each request."""

    return Handler


def received(headers: dict[str, str], body: bytes, secret: str) -> dict[str, Any]:
    """Facts about a request: topic, key, size, whether its signature is valid and, if not, why."""
    lower = {name.lower(): value for name, value in headers.items()}
    given = lower.get(HEADER_SIGNATURE.lower(), "")
    right = bool(secret) and hmac.compare_digest(given.encode(), signature(secret, body).encode())
    result = {
        "topic": _topic(body),
        "idempotency_key": lower.get(HEADER_IDEMPOTENCY_KEY.lower(), ""),
        "bytes": len(body),
        "verified": right,
    }
    if not right:
        result["why"] = _why(headers, body, secret) if secret else "No share secret to check against."
    return result


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
    """The response of the forwarding target, which gets the body and headers unchanged."""
    import requests

    kept = {name: value for name, value in headers.items() if name.lower() not in NOT_FORWARDED}
    try:
        answer = requests.post(target, data=body, headers=kept, timeout=FORWARD_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return 502, f"maac-sim listen could not reach {target}: {error}\n".encode()
    return answer.status_code, answer.content


def _shower(as_json: bool, print_bodies: bool) -> Show:
    lock = threading.Lock()

    def show(result: dict[str, Any], body: bytes) -> None:
        with lock:
            if as_json:
                print_json({**result, "body": body.decode(errors="replace")} if print_bodies else result)
                return
            mark = "[green]verified[/green]" if result["verified"] else "[red]WRONG SIGNATURE[/red]"
            out.print(
                f"{datetime.now():%H:%M:%S}  {mark}  {result['topic']}  {result['bytes']} bytes  answered "
                f"{result['answered']}  key {result['idempotency_key']}"
            )
            if "why" in result:
                out.print(f"  {result['why']}", markup=False)
            if print_bodies:
                out.print(_readable(body), markup=False)

    return show


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode(errors="replace")
