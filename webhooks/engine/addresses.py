"""Which URLs and IP addresses may be reached: the same rules when an endpoint is created and when it is sent to.

`check_url` checks a URL without resolving its host. `refusal` checks each resolved IP address when its socket is
opened; a name can resolve to another address by then (DNS rebinding), so this second check is the decisive one.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from maac_contract.sentences import Sentence, gettext_noop

URL_LENGTH = 2000

_NOT_PUBLIC = gettext_noop("%(host)s is not a public address, and this simulator may not reach private networks.")
_BAD_NAME = gettext_noop("The host name %(host)s is not a valid name.")
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_LOOSE_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Own tables, since `ipaddress.is_global` differs between versions of Python.
_NOT_PUBLIC_IPV4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, and the metadata service of Alibaba Cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # the platform service of Azure, in a public range
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols, and the metadata service of Oracle Cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_IPV6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo (2001::/32) and other protocols
        "2001:db8::/32",  # documentation
        "3fff::/20",
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class BadUrl(ValueError):
    """The URL cannot be sent to; the message says why and what to write instead."""

    def __init__(self, template: str, **values: object) -> None:
        self.sentence = Sentence(template, **values)
        super().__init__(self.sentence)


class RefusedUrl(BadUrl):
    """The URL is well formed, but this simulator may not send to it."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses and schemes the operator of the simulator allows."""

    allow_private_networks: bool = True
    require_https: bool = False

    def refusal(self, address: str) -> str | None:
        """A sentence on why this IP address must not be connected to, or None if it may be."""
        if self.allow_private_networks or _is_public(ipaddress.ip_address(address.split("%", 1)[0])):
            return None
        return _NOT_PUBLIC % {"host": address}

    def check_url(self, url: str) -> None:
        """Raise BadUrl for a URL that could never be sent to. Names are not resolved here."""
        host = _host(url)
        if self.require_https and not url.lower().startswith("https:"):
            raise RefusedUrl(gettext_noop("The URL must begin with https:// on this simulator."))
        address = "127.0.0.1" if _is_localhost(host) else _literal_address(host)
        if address and self.refusal(address):
            raise RefusedUrl(_NOT_PUBLIC, host=host)


def check_host_override(text: str) -> None:
    """Raise BadUrl unless this is valid in a Host header: a name or an address, with or without a port."""
    if not text.isascii():
        raise BadUrl(gettext_noop("The host must be in ASCII; write a name in another script in its xn-- form."))
    if any(char in text for char in "/?#"):
        raise BadUrl(gettext_noop("Write the host alone, such as example.com or example.com:8443."))
    _host(f"http://{text}/")


@lru_cache(maxsize=4096)
def wire_url(url: str) -> str:
    """The URL as it is requested: host in ASCII (IDNA), everything else percent-encoded, no fragment."""
    parts = urlsplit(url.strip())
    host = _ascii(parts.hostname or "")
    if ":" in host:
        host = f"[{host}]"
    netloc = f"{host}:{parts.port}" if parts.port is not None else host
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{path}{query}"


@lru_cache(maxsize=4096)
def host_header(url: str) -> str:
    """The value of the Host header for a URL: with the port only if it is not the scheme's default."""
    parts = urlsplit(wire_url(url))
    default = {"http": 80, "https": 443}[parts.scheme]
    return parts.netloc.removesuffix(f":{default}") if parts.port == default else parts.netloc


def _host(url: str) -> str:
    """The host, in ASCII, of a well-formed URL; raises BadUrl for every other."""
    if len(url) > URL_LENGTH:
        raise BadUrl(gettext_noop("The URL is longer than %(limit)d characters."), limit=URL_LENGTH)
    if any(ord(char) <= 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in url):
        raise BadUrl(gettext_noop("The URL has spaces or control characters in it."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadUrl(gettext_noop("The URL cannot be read: %(error)s."), error=error) from error
    if parts.scheme not in ("http", "https"):
        raise BadUrl(gettext_noop("The URL must begin with http:// or https://, such as https://example.com/webhook."))
    if not host or port == 0:
        raise BadUrl(
            gettext_noop("The URL has no host that can be reached, such as example.com in https://example.com/webhook.")
        )
    if "@" in parts.netloc:
        raise BadUrl(gettext_noop("The URL must not hold a user name or password: MAAC signs requests instead."))
    if "\\" in url:
        raise BadUrl(gettext_noop("The URL has a backslash in it; use / instead."))
    return _checked_host(host)


def _checked_host(host: str) -> str:
    try:
        name = _ascii(host)
    except UnicodeError as error:
        raise BadUrl(_BAD_NAME, host=repr(host)) from error
    if not (_is_ipv6(name) if ":" in name else _is_name(name)):
        raise BadUrl(_BAD_NAME, host=repr(host))
    return name


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_name(name: str) -> bool:
    return len(name) <= 253 and all(_is_label(label) for label in name.removesuffix(".").split("."))


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and all(char.isalnum() or char in "-_" for char in label)


def _is_localhost(host: str) -> bool:
    """Whether libcurl resolves the name to the loopback address without DNS."""
    return f".{host.removesuffix('.')}".endswith(".localhost")


def _literal_address(host: str) -> str | None:
    """The host if it is an IP address literal, also in the decimal, octal and short forms that resolvers accept."""
    return host if ":" in host else _loose_ipv4(host)


def _loose_ipv4(host: str) -> str | None:
    """An IPv4 address in any form that `inet_aton` accepts, such as `2130706433`, `0x7f.1` or `0177.0.0.1`."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or not all(map(_LOOSE_NUMBER.fullmatch, parts)):
        return None
    *front, last = map(_loose_number, parts)
    if any(number > 255 for number in front) or last >= 256 ** (4 - len(front)):
        return None
    return str(ipaddress.IPv4Address(last + sum(number << (8 * (3 - place)) for place, number in enumerate(front))))


def _loose_number(text: str) -> int:
    if text.lower().startswith("0x"):
        return int(text, 16)
    return int(text, 8) if text.startswith("0") else int(text)


def _is_public(ip: Address) -> bool:
    """Whether the address is globally routable; an IPv6 address that embeds an IPv4 one is treated like that."""
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_IPV4)
    inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
    if inner:
        return _is_public(inner)
    return ip in _PUBLIC_IPV6 and not any(ip in network for network in _NOT_PUBLIC_IPV6)
