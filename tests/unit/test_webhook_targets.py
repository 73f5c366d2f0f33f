"""Which addresses a webhook may call, and how what is sent is signed."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket

import pytest

from hedge.errors import UsageError
from hedge.webhooks import connections, signing, targets


def allow(monkeypatch: pytest.MonkeyPatch, *networks: str) -> None:
    monkeypatch.setenv("HEDGE_WEBHOOK_NETWORKS", ",".join(networks))


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://example.org/hook?a=1", None),
        ("https://example.org:8443/", None),
        ("https://93.184.216.34/", None),
        ("HTTPS://EXAMPLE.ORG", None),
        ("https://example.org/" + "a" * 980, None),
        ("https://example.org/" + "a" * 981, "address of a webhook: it is too long or has spaces"),
        ("http://example.org", "is not https"),
        ("ftp://example.org", "no address of a webhook"),
        ("https:///hook", "no address of a webhook"),
        ("hook", "no address of a webhook"),
        ("https://[x", "no address of a webhook"),
        ("https://example.org:99999/", "no address of a webhook"),
        ("https://example.org:0/", "no address of a webhook"),
        ("https://example.org/a b", "has spaces"),
        ("https://example.org/\x00", "has spaces"),
        ("https://ada:secret@example.org/", "no name or password"),
        ("https://127.0.0.1/", "no address of the internet"),
        ("https://[::1]/", "no address of the internet"),
        ("https://10.1.2.3/", "no address of the internet"),
        ("https://169.254.169.254/latest", "no address of the internet"),
        ("https://224.0.0.251/", "no address of the internet"),
        ("https://0.0.0.0/", "no address of the internet"),
        ("https://100.64.0.1/", "no address of the internet"),
        ("https://[fe80::1]/", "no address of the internet"),
        ("https://[fc00::1]/", "no address of the internet"),
        ("https://[::ffff:127.0.0.1]/", "no address of the internet"),
        ("https://[64:ff9b::7f00:1]/", "no address of the internet"),
        ("https://[2002:7f00:1::]/", "no address of the internet"),
        ("https://[2606:2800:220:1::1]/", None),
        ("https://[64:ff9b::5db8:d822]/", None),
    ],
)
def test_a_target_is_an_https_address_of_the_internet(
    monkeypatch: pytest.MonkeyPatch, url: str, fault: str | None
) -> None:
    allow(monkeypatch)
    if fault is None:
        targets.require_allowed(url)
        return
    with pytest.raises(UsageError, match=fault) as refused:
        targets.require_allowed(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://127.0.0.1:8000/", True),
        ("https://127.255.0.1/", True),
        ("http://[::1]/", True),
        ("http://10.0.0.1/", False),
        ("https://10.0.0.1/", False),
        ("http://93.184.216.34/", False),
        ("https://93.184.216.34/", True),
        # what its name resolves to decides when it is called
        ("http://intranet/", True),
    ],
)
def test_a_setting_allows_networks(
    monkeypatch: pytest.MonkeyPatch, url: str, is_allowed: bool
) -> None:
    allow(monkeypatch, "127.0.0.0/8", "::1/128")
    if is_allowed:
        targets.require_allowed(url)
    else:
        with pytest.raises(UsageError):
            targets.require_allowed(url)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name resolve to these addresses."""

    def found(host: str, port: int, *_: object, **__: object) -> list[tuple]:
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                *(socket.SOCK_STREAM, 6, "", (one, port)),
            )
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    ("addresses", "scheme", "is_allowed"),
    [
        (["93.184.216.34"], "https", True),
        (["93.184.216.34"], "http", False),
        (["93.184.216.34", "2606:2800:220:1::1"], "https", True),
        (["127.0.0.1"], "https", False),
        # one of several is enough for an attacker
        (["93.184.216.34", "10.0.0.1"], "https", False),
        (["::ffff:10.0.0.1"], "https", False),
        (["fe80::1%eth0"], "https", False),
        (["192.168.7.1"], "https", True),
        (["192.168.7.1"], "http", True),
    ],
)
def test_what_a_name_resolves_to_is_checked(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], scheme: str, is_allowed: bool
) -> None:
    allow(monkeypatch, "192.168.7.0/24")
    resolving(monkeypatch, *addresses)
    if is_allowed:
        assert asyncio.run(targets.resolve("a.name", 443, scheme)) == addresses[0]
    else:
        with pytest.raises(targets.NotAllowed, match=r"a\.name is"):
            asyncio.run(targets.resolve("a.name", 443, scheme))


def test_the_connection_is_made_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow(monkeypatch, "192.168.7.0/24")
    resolving(monkeypatch, "192.168.7.1")
    network = connections.CheckedNetwork("https")
    called: list[tuple] = []

    async def connect(host: str, port: int, **named: object) -> str:
        called.append((ipaddress.ip_address(host), port, named))
        return "a stream"

    monkeypatch.setattr(network._network, "connect_tcp", connect)
    assert asyncio.run(network.connect_tcp("a.name", 443, timeout=1)) == "a stream"
    assert called == [(ipaddress.ip_address("192.168.7.1"), 443, {"timeout": 1})]
    with pytest.raises(targets.NotAllowed):
        asyncio.run(network.connect_unix_socket("/run/socket"))


def test_what_is_sent_is_signed_as_standard_webhooks_describe_it() -> None:
    # the example of the specification
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = dict(signing.headers(7, 1614265330, b'{"test": 2432232314}', secret))
    assert headers[b"webhook-id"] == b"evt_7"
    assert headers[b"webhook-timestamp"] == b"1614265330"
    signed = b'evt_7.1614265330.{"test": 2432232314}'
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())
    assert headers[b"webhook-signature"] == b"v1," + expected
