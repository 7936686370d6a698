"""A client of a running simulator's REST API, with the options for its address and token."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

DEFAULT_URL = "http://127.0.0.1:8622"
TIMEOUT = 40.0
"""Seconds for a request; some wait for a delivery to end."""
OPTIONS = "Which simulator"

WAIT_SLICE = 30.0
ASK_AGAIN = 0.2

Url = Annotated[
    str,
    typer.Option("--url", envvar="MAAC_SIM_URL", help="Address of the simulator.", rich_help_panel=OPTIONS),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="MAAC_SIM_API_TOKEN",
        help="API token. Default: from secrets.env in MAAC_SIM_DATA, or in ./data.",
        rich_help_panel=OPTIONS,
        show_default=False,
        show_envvar=True,
    ),
]


class Unsuccessful(Exception):
    """A request to the simulator failed. The message is printed; `exit_code` is the command's exit code."""

    exit_code: ClassVar[int] = 1


class Unreachable(Unsuccessful):
    """No simulator answered."""

    exit_code = 3


class Refused(Unsuccessful):
    """The simulator responded with an error."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        self.status = status
        self.code = str(error.get("code", ""))
        self.message = str(error.get("message", "The simulator refused."))
        fields = error.get("fields") or {}
        lines = [f"{name}: {fault}" for name, faults in fields.items() for fault in faults]
        more = [f"  {line}" for line in lines if line != self.message]
        super().__init__("\n".join([f"{self.message} ({self.code}, {status})", *more]))


class Simulator:
    """Requests to /api/v1. An error response raises Refused, a missing response Unreachable."""

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, timeout: float = TIMEOUT) -> None:
        import requests

        self._timeout = timeout
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token or own_token()}"

    def get(self, path: str, /, **params: Any) -> Any:
        return self.call("GET", path, params={name: value for name, value in params.items() if value is not None})

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, json={} if body is None else body)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        return self.call("PUT", path, json=body)

    def delete(self, path: str) -> None:
        self.call("DELETE", path)

    def pages(self, path: str, /, **params: Any) -> Iterator[dict[str, Any]]:
        """All rows of a list, newest first, fetched page by page."""
        page = self.get(path, **params)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self._answer("GET", page["next"])

    def wait_for_event(self, event_id: int, timeout: float) -> Any:
        """The event once its deliveries are done, or after so many seconds.

        A simulator for which too many wait, or one that is about to stop, answers earlier: it is asked again.
        """
        end = time.monotonic() + timeout
        while True:
            event = self.get(f"/events/{event_id}/wait/", timeout=min(WAIT_SLICE, max(0.0, end - time.monotonic())))
            if event["done"] or time.monotonic() >= end:
                return event
            time.sleep(ASK_AGAIN)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self._answer(method, f"{self.url}/api/v1{path}", **options)

    def _answer(self, method: str, url: str, **options: Any) -> Any:
        import requests

        try:
            answer = self._session.request(method, url, timeout=self._timeout, **options)
        except requests.RequestException as error:
            raise Unreachable(_nobody(self.url, error)) from error
        if answer.status_code == 204:
            return None
        try:
            body = answer.json()
        except ValueError:
            raise Unreachable(f"{self.url} answered {answer.status_code}, but is not a maac-sim.") from None
        if answer.ok:
            return body
        raise Refused(answer.status_code, body.get("error", {}) if isinstance(body, dict) else {})


def own_token() -> str:
    """The token that the embedded simulator of this folder created at its first start; empty if there is none."""
    path = Path(os.environ.get("MAAC_SIM_DATA", "data")) / "secrets.env"
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((line.split("=", 1)[1] for line in lines if line.startswith("MAAC_SIM_API_TOKEN=")), "")


def _nobody(url: str, error: Exception) -> str:
    import requests

    if isinstance(error, requests.ConnectionError):
        return f"Nothing answers at {url}. Start the simulator (./run), or give its address: --url or MAAC_SIM_URL."
    if isinstance(error, requests.Timeout):
        return f"{url} did not answer within {TIMEOUT:g} s. `maac-sim doctor` finds the cause."
    return f"{url} cannot be called: {error}"
