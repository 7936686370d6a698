"""How the tests' receiver reads requests off the wire; and the certificate that it shows."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
from dataclasses import dataclass


@dataclass
class Head:
    method: str
    path: str
    headers: list[tuple[str, str]]
    length: int = 0
    chunked: bool = False
    closes: bool = False
    waits_for_continue: bool = False


def read_head(text: str) -> Head:
    first, *lines = text.split("\r\n")
    method, path, version = first.split(" ")
    head = Head(method, path, [], closes=version == "HTTP/1.0")
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"not a header: {line}")
        value = value.strip(" \t")
        head.headers.append((name, value))
        _heed(head, name.lower(), value)
    return head


def _heed(head: Head, name: str, value: str) -> None:
    match name:
        case "content-length":
            head.length = int(value)
        case "transfer-encoding":
            head.chunked = value.lower() == "chunked"
        case "connection":
            head.closes = value.lower() == "close"
        case "expect":
            head.waits_for_continue = value.lower() == "100-continue"


def read_length(buffer: bytearray, length: int) -> tuple[bytes, int] | None:
    return (bytes(buffer[:length]), length) if len(buffer) >= length else None


def read_chunks(buffer: bytearray) -> tuple[bytes, int] | None:
    """The body made of all chunks and where it ends; nothing while some of it is still to come."""
    body, at = bytearray(), 0
    while (end := buffer.find(b"\r\n", at)) >= 0:
        size = int(buffer[at:end].split(b";")[0], 16)
        at = end + 2
        if size == 0:
            return _skip_trailers(buffer, at, bytes(body))
        start, at = at, at + size + 2
        if len(buffer) < at:
            return None
        if buffer[at - 2 : at] != b"\r\n":
            raise ValueError("a chunk is longer than it says")
        body += buffer[start : at - 2]
    return None


def _skip_trailers(buffer: bytearray, at: int, body: bytes) -> tuple[bytes, int] | None:
    while (end := buffer.find(b"\r\n", at)) >= 0:
        if end == at:
            return body, end + 2
        at = end + 2
    return None


@functools.cache
def make_certificate() -> tuple[bytes, bytes]:
    # Imported here because only the tests that use TLS need it, and it is slow to import.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
