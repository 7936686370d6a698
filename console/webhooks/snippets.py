"""Receivers that are ready to paste, a language each: raw bytes, constant-time comparison, one key handled once."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.template.loader import render_to_string

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE
from webhooks.models import Endpoint

USUAL_PORT = 9000
"""Where the receiver listens if the endpoint's URL names no port."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A whole program: the name of its file, how it is started, and what it is."""

    slug: str
    language: str
    file: str
    command: str
    code: str


LANGUAGES = (
    ("python", "Python", "receiver.py", "python3 receiver.py"),
    ("node", "Node", "receiver.cjs", "node receiver.cjs"),
    ("php", "PHP", "receiver.php", "php -S 127.0.0.1:{port} receiver.php"),
    ("go", "Go", "receiver.go", "go run receiver.go"),
    ("java", "Java", "Receiver.java", "java Receiver.java"),
    ("ruby", "Ruby", "config.ru", "rackup --host 127.0.0.1 --port {port}"),
)


def snippets(*, endpoint: Endpoint) -> list[Snippet]:
    """Receivers for this endpoint, listening on the port that its URL names."""
    port = urlsplit(endpoint.url).port or USUAL_PORT
    words: dict[str, str] = {
        "port": str(port),
        "signature_header": HEADER_SIGNATURE,
        "signature_header_lower": HEADER_SIGNATURE.lower(),
        "signature_variable": _cgi_name(HEADER_SIGNATURE),
        "key_header": HEADER_IDEMPOTENCY_KEY,
        "key_header_lower": HEADER_IDEMPOTENCY_KEY.lower(),
        "key_variable": _cgi_name(HEADER_IDEMPOTENCY_KEY),
    }
    return [
        Snippet(slug, language, file, command.format(port=port), _code(slug, words))
        for slug, language, file, command in LANGUAGES
    ]


def _code(slug: str, words: dict[str, str]) -> str:
    return render_to_string(f"console/webhooks/snippets/{slug}.txt", words).rstrip("\n")


def _cgi_name(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
