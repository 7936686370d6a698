"""The WSGI environ of an ASGI request."""

import sys
from typing import Any
from urllib.parse import unquote_to_bytes

_BARE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
"""Headers that get no HTTP_ prefix."""


class BadRequest(Exception):
    """The request is answered with an error before the application is called."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def environ_of(scope: dict[str, Any]) -> dict[str, Any]:
    """The environ without the body. Raises BadRequest."""
    server, client = scope.get("server") or ("localhost", None), scope.get("client")
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if "_" in name:
            continue  # In the environ it could pass for the header with a hyphen, such as one that a proxy sets.
        key = _BARE.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        if key in found and name == "host":
            raise BadRequest(400, "The request has two Host headers.")
        found[key] = value if key not in found else f"{found[key]}{'; ' if name == 'cookie' else ','}{value}"
    return found
