"""What trusted proxies say of a request, and what strangers say of themselves."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from api.proxies import behind_proxies

PROXY, INNER, CLIENT, SPOOFED = "10.0.0.1", "10.0.0.2", "203.0.113.9", "192.0.2.1"
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen(connection: str, headers: dict[str, str], trusted: Any = TRUSTED) -> tuple[str, str, str]:
    """Client, scheme and host that the application sees."""
    scopes: list[Any] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        scopes.append(scope)

    scope: Any = {
        "type": "http",
        "client": (connection, 4711),
        "scheme": "http",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in ({"Host": "inside"} | headers).items()
        ],
    }
    asyncio.run(behind_proxies(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    (hosts,) = [[value.decode() for name, value in scopes[0]["headers"] if name == b"host"]]
    assert len(hosts) == 1
    return scopes[0]["client"][0], scopes[0]["scheme"], hosts[0]


@pytest.mark.parametrize(
    ("connection", "headers", "client"),
    [
        (PROXY, {"X-Forwarded-For": CLIENT}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"{SPOOFED}, {CLIENT}"}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"{SPOOFED},{CLIENT} , {INNER}"}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"{SPOOFED}, 10.9.9.9, {CLIENT}"}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"{CLIENT}:4711"}, CLIENT),
        (PROXY, {"X-Forwarded-For": f"::ffff:{CLIENT}"}, CLIENT),
        (f"::ffff:{PROXY}", {"X-Forwarded-For": CLIENT}, CLIENT),
        ("fd00::1", {"X-Forwarded-For": CLIENT}, CLIENT),
        # nothing valid is said
        (PROXY, {}, PROXY),
        (PROXY, {"X-Forwarded-For": "unknown"}, PROXY),
        (PROXY, {"X-Forwarded-For": f"{SPOOFED}, unknown"}, PROXY),
        (PROXY, {"X-Forwarded-For": ", ,"}, PROXY),
        # proxies alone: the outermost is the client
        (PROXY, {"X-Forwarded-For": f"10.1.1.1, {INNER}"}, "10.1.1.1"),
        (PROXY, {"Forwarded": f"for={CLIENT}"}, CLIENT),
        (PROXY, {"Forwarded": f'For="{CLIENT}:4711";proto=https;by={INNER}'}, CLIENT),
        (PROXY, {"Forwarded": f"for={SPOOFED},for={CLIENT};proto=http, for={INNER}"}, CLIENT),
        (PROXY, {"Forwarded": 'for="[2001:db8::1]:80"'}, "2001:db8::1"),
        (PROXY, {"Forwarded": f'for={SPOOFED};by="a,b\\"c", for={CLIENT}'}, CLIENT),
        (PROXY, {"Forwarded": "for=_hidden"}, PROXY),
        (PROXY, {"Forwarded": f"for={SPOOFED}, for=unknown"}, PROXY),
        # both, which agree or do not
        (PROXY, {"X-Forwarded-For": CLIENT, "Forwarded": f"for={CLIENT}"}, CLIENT),
        (PROXY, {"X-Forwarded-For": CLIENT, "Forwarded": f"for={SPOOFED}"}, PROXY),
        (PROXY, {"X-Forwarded-For": CLIENT, "Forwarded": "for=unknown"}, CLIENT),
        # who is no trusted proxy says nothing of others
        (CLIENT, {"X-Forwarded-For": SPOOFED}, CLIENT),
        (CLIENT, {"Forwarded": f"for={SPOOFED}", "X-Forwarded-For": PROXY}, CLIENT),
        ("11.0.0.1", {"X-Forwarded-For": CLIENT}, "11.0.0.1"),
        ("", {"X-Forwarded-For": CLIENT}, ""),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy(
    connection: str, headers: dict[str, str], client: str
) -> None:
    assert seen(connection, headers) == (
        client,
        "https" if "proto=https" in headers.get("Forwarded", "") else "http",
        "inside",
    )
    assert seen(connection, headers, trusted=()) == (connection, "http", "inside")


@pytest.mark.parametrize(
    ("headers", "scheme", "host"),
    [
        (
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hedge.example"},
            "https",
            "hedge.example",
        ),
        ({"X-Forwarded-Proto": "HTTPS", "X-Forwarded-Host": "[::1]:80"}, "https", "[::1]:80"),
        ({"X-Forwarded-Proto": "http, https"}, "https", "inside"),
        ({"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "a b"}, "http", "inside"),
        ({"X-Forwarded-Host": "a/b"}, "http", "inside"),
    ],
)
def test_a_trusted_proxy_says_scheme_and_host(
    headers: dict[str, str], scheme: str, host: str
) -> None:
    headers = {"X-Forwarded-For": CLIENT} | headers
    assert seen(PROXY, headers) == (CLIENT, scheme, host)
    assert seen(CLIENT, headers) == (CLIENT, "http", "inside")


def test_each_proxy_of_a_chain_has_a_scheme_of_its_own() -> None:
    chain = {"X-Forwarded-For": f"{CLIENT}, {INNER}", "X-Forwarded-Proto": "https, http"}
    assert seen(PROXY, chain)[:2] == (CLIENT, "https")
    # or all have one, which the last proxy has written
    for schemes in ("https", "http, http, https"):
        given = chain | {"X-Forwarded-Proto": schemes, "X-Forwarded-Host": "h.example"}
        assert seen(PROXY, given) == (CLIENT, "https", "h.example")
    forwarded = {"Forwarded": f"for={CLIENT};proto=https;host=h.example, for={INNER};proto=http"}
    assert seen(PROXY, forwarded) == (CLIENT, "https", "h.example")
