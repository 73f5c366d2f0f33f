"""The client of a request behind proxies: its address, and the scheme and host that it used.

Anybody can send the headers that say so. They count only where the connection comes from a network
of HEDGE_TRUSTED_PROXIES, and only as far as each proxy that they name is trusted, too.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PAIR = re.compile(r'\s*(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*(?:;|$)')
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True)
class Hop:
    """What one proxy says of the request that it got: None where it says nothing valid."""

    address: Address | None
    scheme: str | None = None
    host: str | None = None


def behind_proxies(app: ASGIApp, trusted: Sequence[Network]) -> ASGIApp:
    """The application, which sees the client of a request instead of the trusted proxies."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and trusted:
            _restore_client(scope, trusted)
        await app(scope, receive, send)

    return serve


def _restore_client(scope: HTTPScope, trusted: Sequence[Network]) -> None:
    connection = _address(scope["client"][0]) if scope["client"] else None
    if connection is None or not _is_in(connection, trusted):
        return
    given: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        given.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    found = [
        client
        for hops in (_x_forwarded(given), _forwarded(given))
        if hops and (client := _client(connection, hops, trusted))
    ]
    # A proxy writes one of the two and passes on what the client wrote into the other. Where they
    # differ, nobody knows which is the client's.
    if not found or len({client.address for client in found}) > 1:
        return
    client = found[0]
    scope["client"] = (str(client.address), 0)
    if client.scheme is not None:
        scope["scheme"] = client.scheme
    if client.host is not None:
        scope["headers"] = [
            *((name, value) for name, value in scope["headers"] if name.lower() != b"host"),
            (b"host", client.host.encode()),
        ]


def _client(connection: Address, hops: Sequence[Hop], trusted: Sequence[Network]) -> Hop | None:
    """What the outermost trusted proxy says; hops are in the order in which proxies append them.
    None where even the first proxy says nothing."""
    found, sender = None, connection
    for hop in reversed(hops):
        if hop.address is None or not _is_in(sender, trusted):
            break
        found, sender = hop, hop.address
    return found


def _x_forwarded(given: dict[str, list[str]]) -> list[Hop]:
    """X-Forwarded-For, -Proto and -Host. The last two often have one value for all proxies."""
    addresses = _listed(given, "x-forwarded-for")
    schemes = _listed(given, "x-forwarded-proto")
    hosts = _listed(given, "x-forwarded-host")

    def of(values: list[str], place: int) -> str | None:
        if len(values) == len(addresses):
            return values[place]
        return values[-1] if values else None

    return [
        Hop(_address(one), _scheme(of(schemes, place)), _host(of(hosts, place)))
        for place, one in enumerate(addresses)
    ]


def _forwarded(given: dict[str, list[str]]) -> list[Hop]:
    """Forwarded (RFC 7239)."""
    hops = []
    for element in _ELEMENT.findall(",".join(given.get("forwarded", ()))):
        pairs = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
            for name, quoted, bare in _PAIR.findall(element)
        }
        hops.append(
            Hop(_address(pairs.get("for")), _scheme(pairs.get("proto")), _host(pairs.get("host")))
        )
    return hops


def _listed(given: dict[str, list[str]], name: str) -> list[str]:
    return [one.strip() for one in ",".join(given.get(name, ())).split(",") if one.strip()]


def _address(text: str | None) -> Address | None:
    """The address in a text, with or without a port; None where there is none."""
    bare = (text or "").strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _scheme(text: str | None) -> str | None:
    return text.lower() if text and text.lower() in ("http", "https") else None


def _host(text: str | None) -> str | None:
    return text if text and _HOST.fullmatch(text) else None


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    # an address is in no network of the other version
    return any(address in network for network in networks)
