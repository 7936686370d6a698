"""Which URLs and addresses may be reached: the same verdict when an endpoint is made and when it is sent to."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

URL_LENGTH = 2000

_SAFE = "!#$%&'()*+,/:;=?@[]~"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class BadUrl(ValueError):
    """The URL cannot be sent to; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What the operator of the simulator allows."""

    allow_private_networks: bool = True
    require_https: bool = False

    def refusal(self, address: str) -> str | None:
        """Why this IP address must not be connected to, or None."""
        if self.allow_private_networks:
            return None
        ip = _unwrapped(ipaddress.ip_address(address.split("%", 1)[0]))
        if ip.is_global and not ip.is_multicast:
            return None
        return f"{address} is not a public address, and this simulator may not reach private networks."

    def check_url(self, url: str) -> None:
        """Raise BadUrl for a URL that could never be sent to. Names are not resolved here."""
        host = _host(url)
        if self.require_https and not url.lower().startswith("https:"):
            raise BadUrl("The URL must begin with https:// on this simulator.")
        literal = _literal_address(host)
        if literal and (refusal := self.refusal(literal)):
            raise BadUrl(refusal)


@lru_cache(maxsize=4096)
def wire_url(url: str) -> str:
    """The URL as it goes on the wire: host in ASCII (IDNA), everything else percent-encoded, no fragment."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    netloc = f"{host}:{parts.port}" if parts.port is not None else host
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{path}{query}"


def _host(url: str) -> str:
    """The host of a URL that is well formed; BadUrl for every other."""
    if len(url) > URL_LENGTH:
        raise BadUrl(f"The URL is longer than {URL_LENGTH} characters.")
    if any(ord(char) <= 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in url):
        raise BadUrl("The URL has spaces or control characters in it.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadUrl(f"The URL cannot be read: {error}.") from error
    if parts.scheme not in ("http", "https"):
        raise BadUrl("The URL must begin with http:// or https://, such as https://example.com/webhook.")
    if not host or port == 0:
        raise BadUrl("The URL has no host that can be reached, such as example.com in https://example.com/webhook.")
    if "@" in parts.netloc:
        raise BadUrl("The URL must not hold a user name or password: MAAC signs requests instead.")
    if "\\" in url:
        raise BadUrl("The URL has a backslash in it; use / instead.")
    _check_host(host)
    return host


def _check_host(host: str) -> None:
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise BadUrl(f"The host name {host!r} is not a valid name.") from error
    labels = name.removesuffix(".").split(".")
    if ":" not in name and (len(name) > 253 or not all(_is_label(label) for label in labels)):
        raise BadUrl(f"The host name {host!r} is not a valid name.")


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and all(char.isalnum() or char in "-_" for char in label)


def _literal_address(host: str) -> str | None:
    """The IP address that a host spells, also as the decimal, octal and short forms that resolvers take."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _loose_ipv4(host)


def _loose_ipv4(host: str) -> str | None:
    """`2130706433`, `0x7f.1`, `0177.0.0.1`: what inet_aton reads as an IPv4 address."""
    try:
        numbers = [_loose_number(part) for part in host.removesuffix(".").split(".")]
    except ValueError:
        return None
    if len(numbers) > 4 or any(number > 255 for number in numbers[:-1]):
        return None
    last_bytes = 5 - len(numbers)
    if numbers[-1] >= 256**last_bytes:
        return None
    value = numbers[-1] + sum(number << (8 * (3 - place)) for place, number in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))


def _loose_number(text: str) -> int:
    if text.lower().startswith("0x"):
        return int(text, 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def _unwrapped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip.sixtofour:
            return ip.sixtofour
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
