"""Which URLs can be sent to, and which addresses a careful simulator refuses."""

import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webhooks.engine.addresses import AddressPolicy, BadUrl, RefusedUrl, check_host_override, host_header, wire_url

OPEN = AddressPolicy(allow_private_networks=True)
CLOSED = AddressPolicy(allow_private_networks=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:9000/",
        "https://example.com",
        "https://example.com:8443/hook?a=1&b=%E3%81%82#part",
        "http://[::1]:9000/hook",
        "https://日本語.example/パス?q=値",
        "HTTPS://EXAMPLE.COM/",
        "http://crm_web:8000/hook",
        "http://2130706433/",
    ],
)
def test_a_url_that_can_be_sent_to_is_taken(url: str) -> None:
    OPEN.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "/hook",
        "javascript:alert(1)",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "http:///hook",
        "http://:9000/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:port/",
        "http://user:password@example.com/",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\n",
        "http://example.com/\x00",
        "http://example.com/\ud800",
        "http://example.com\\@evil.example/",
        "http://example.com/a\\b",
        "http://[::1/",
        "http://a..b/",
        "http://-/?".replace("-", "*"),
        "http://[v1.a:b]/",
        "http://[fe80::1%25eth0]/",
        f"http://{'例' * 64}.example/",
        f"http://{'a' * 64}.example/",
        f"http://example.com/{'a' * 2000}",
    ],
)
def test_a_url_that_cannot_be_sent_to_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BadUrl, match=r".+\."):
        OPEN.check_url(url)


NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]"],
    "a name of this machine": ["localhost", "LOCALHOST", "localhost.", "crm.localhost", "ⓛocalhost"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "[fd00::1]", "[fc00::1]", "[fec0::1]"],
    "link-local": ["169.254.1.1", "[fe80::1]", "[febf::1]"],
    "metadata": ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
    "carriers' NAT": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "[ff02::1]", "[ff0e::1]"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "[::]", "0"],
    "broadcast and reserved": ["255.255.255.255", "240.0.0.1", "[4000::1]", "[e000::1]"],
    "documentation and benchmarks": [
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "[2001:db8::1]",
        "[3fff::1]",
    ],
    "discarded": ["[100::1]"],
    "IPv4-mapped": ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]"],
    "IPv4-compatible": ["[::127.0.0.1]", "[::7f00:1]", "[::8.8.8.8]"],
    "IPv4-translated": ["[::ffff:0:127.0.0.1]"],
    "6to4": ["[2002:7f00:1::]", "[2002:a00:1::1]", "192.88.99.1"],
    "Teredo": ["[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"],
    "NAT64": ["[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[64:ff9b:1:ffff::8.8.8.8]"],
    "decimal": ["2130706433", "3232235777"],
    "octal": ["0177.0.0.1", "017700000001", "0300.0250.1.1"],
    "hex": ["0x7f000001", "0x7f.0.0.1", "0X7F.0x0.0.0x1", "0xA9FEA9FE"],
    "short": ["127.1", "127.0.1", "0x7f.1", "10.1", "127.1."],
    "other scripts": ["１２７.0.0.1", "127。0。0。1", "①②⑦.1"],
}


@pytest.mark.parametrize("host", [host for hosts in NOT_PUBLIC.values() for host in hosts])
def test_without_private_networks_every_spelling_of_one_is_refused(host: str) -> None:
    with pytest.raises(RefusedUrl, match="not a public address"):
        CLOSED.check_url(f"http://{host}/hook")
    OPEN.check_url(f"http://{host}/hook")


@pytest.mark.parametrize(
    "host",
    [
        "93.184.215.14", "1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "1572395042", "[2606:2800::1]",
        "[2002:808:808::1]", "[64:ff9b::8.8.8.8]", "[::ffff:8.8.8.8]", "example.com", "1.1.1.1.example",
        "localhost.example", "mylocalhost", "256.1.1.1.1", "1.2.3.256", "4294967296", "1.16777216", "256.1", "08.1",
        "0x", "-1", "1_0", "0x7g",
    ],
)  # fmt: skip
def test_without_private_networks_public_hosts_and_names_are_taken(host: str) -> None:
    CLOSED.check_url(f"http://{host}/hook")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b:1::1"])
def test_a_resolved_address_is_judged_alike(address: str) -> None:
    assert CLOSED.refusal(address)
    assert OPEN.refusal(address) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.ip_addresses())
@example(ipaddress.ip_address("192.31.196.1"))
def test_nothing_that_python_calls_private_is_taken_for_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if CLOSED.refusal(str(address)) is None:
        inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        assert inner.is_global
        assert not inner.is_multicast


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["{0}", "{0:#x}", "0{0:o}", "{1}.{2}", "{1:#x}.0{3:o}.{4}"]))
def test_every_spelling_of_an_ipv4_address_has_the_verdict_of_its_plain_one(number: int, form: str) -> None:
    first, rest = number >> 24, number & 0xFFFFFF
    host = form.format(number, first, rest, rest >> 16, rest & 0xFFFF)
    plain = CLOSED.refusal(str(ipaddress.IPv4Address(number)))
    if plain:
        with pytest.raises(RefusedUrl):
            CLOSED.check_url(f"http://{host}/")
    else:
        CLOSED.check_url(f"http://{host}/")


def test_https_can_be_required() -> None:
    policy = AddressPolicy(require_https=True)
    policy.check_url("https://example.com/")
    policy.check_url("HTTPS://127.0.0.1/")
    with pytest.raises(RefusedUrl, match="https://"):
        policy.check_url("http://example.com/")


@pytest.mark.parametrize(
    ("url", "wired"),
    [
        ("http://example.com", "http://example.com/"),
        ("https://日本語.example/パス?q=値#x", "https://xn--wgv71a119e.example/%E3%83%91%E3%82%B9?q=%E5%80%A4"),
        ("http://example.com/a%20b", "http://example.com/a%20b"),
        ("http://[::1]:9000/a", "http://[::1]:9000/a"),
    ],
)
def test_the_url_on_the_wire_is_ascii(url: str, wired: str) -> None:
    assert wire_url(url) == wired


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://example.com", "example.com"),
        ("http://Example.com:80/", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("https://example.com:80/", "example.com:80"),
        ("http://[::1]:9000/a", "[::1]:9000"),
        ("https://日本語.example/", "xn--wgv71a119e.example"),
    ],
)
def test_the_host_header_leaves_out_the_port_of_the_scheme(url: str, host: str) -> None:
    assert host_header(url) == host


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com:8443", "crm_web", "127.0.0.1:9000", "[::1]", "[::1]:80"])
def test_a_host_and_a_port_can_stand_in_the_host_header(host: str) -> None:
    check_host_override(host)


@pytest.mark.parametrize(
    "host",
    [
        "http://example.com", "example.com/", "example.com/hook", "example.com?a", "example.com#a", "user@example.com",
        "example.com:0", "example.com:99999", "example.com:x", "a b", " a", "a\r\nX-A: 1", "a\x00", "a,b", "::1",
        "[::1", "日本語.example", "a..b", ":80", "x" * 300,
    ],
)  # fmt: skip
def test_anything_else_in_a_host_header_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(BadUrl, match=r".+\."):
        check_host_override(host)
