"""Example receivers in six languages: they verify raw bytes in constant time and handle each key once."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.template.loader import render_to_string

from maac_contract.contract import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE
from webhooks.models import Endpoint

USUAL_PORT = 9000
"""The receiver's port if the endpoint's URL has none."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A complete program: its file name, the command that starts it, and its source."""

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
