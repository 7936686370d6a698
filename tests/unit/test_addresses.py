"""Which URLs can be sent to, and which addresses a careful simulator refuses."""

import pytest

from webhooks.engine.addresses import AddressPolicy, BadUrl, wire_url

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
        "http://[::1/",
        "http://a..b/",
        "http://-/?".replace("-", "*"),
        f"http://{'a' * 64}.example/",
        f"http://example.com/{'a' * 2000}",
    ],
)
def test_a_url_that_cannot_be_sent_to_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BadUrl, match=r".+\."):
        OPEN.check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "10.0.0.1", "172.16.0.1",
        "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "[::1]", "[::]", "[fe80::1]",
        "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[ff02::1]",
    ],
)  # fmt: skip
def test_without_private_networks_every_spelling_of_one_is_refused(host: str) -> None:
    with pytest.raises(BadUrl, match="not a public address"):
        CLOSED.check_url(f"http://{host}/hook")
    OPEN.check_url(f"http://{host}/hook")


@pytest.mark.parametrize("host", ["93.184.215.14", "example.com", "1.1.1.1.example", "[2606:2800::1]", "256.1.1.1.1"])
def test_without_private_networks_public_hosts_are_taken(host: str) -> None:
    CLOSED.check_url(f"http://{host}/hook")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"])
def test_a_resolved_address_is_judged_alike(address: str) -> None:
    assert CLOSED.refusal(address)
    assert OPEN.refusal(address) is None


def test_https_can_be_required() -> None:
    policy = AddressPolicy(require_https=True)
    policy.check_url("https://example.com/")
    with pytest.raises(BadUrl, match="https://"):
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
