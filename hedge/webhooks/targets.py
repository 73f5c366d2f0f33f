"""Which addresses a webhook may call.

A target is an https address of the public internet. What its name resolves to is checked when it is
called, and the connection is made to the address that was checked, so that a name which resolves to
another address a moment later reaches nothing inside. A redirect is not followed.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from hedge import settings
from hedge.errors import HedgeError, UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: IPv6 networks whose last 32 bits are an IPv4 address that a translator calls (RFC 6052).
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"),)
LONGEST = 1000


class NotAllowed(HedgeError):
    """A target may not be called."""


def require_allowed(url: str) -> None:
    """Raise a UsageError for an address that can be no target, whatever its name resolves to."""
    shown = url[:80]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"'{shown}' is no address of a webhook") from None
    if len(url) > LONGEST or any(one.isspace() or not one.isprintable() for one in url):
        raise UsageError(f"'{shown}' is no address of a webhook: it is too long or has spaces")
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise UsageError(f"'{shown}' is no address of a webhook, such as https://example.org/hook")
    if parts.username is not None or parts.password is not None:
        raise UsageError("an address of a webhook contains no name or password")
    if parts.scheme == "http" and not settings.webhook_networks():
        raise UsageError(f"'{shown}' is not https")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if fault := _fault(address, parts.scheme):
        raise UsageError(f"'{shown}' {fault}")


async def resolve(host: str, port: int, scheme: str) -> str:
    """An address of a host that may be called. Where it has one that may not, it has none:
    NotAllowed says which. An OSError says that it has no address."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # an address with a scope (%eth0) is one of the local network
    addresses = [ipaddress.ip_address(str(one[4][0])) for one in found]
    for address in addresses:
        if fault := _fault(address, scheme):
            raise NotAllowed(f"{host} is {address}, which {fault}")
    return str(addresses[0])


def _fault(address: Address, scheme: str) -> str | None:
    """What is wrong with an address; None where it may be called."""
    if _is_in(address, settings.webhook_networks()):
        return None
    if scheme != "https":
        return "is called by https only"
    inner = _inner(address)
    # also where the outer one is of the internet: a gateway would call the inner one
    if not all(one.is_global and not one.is_multicast for one in (address, *inner)):
        return "is no address of the internet (HEDGE_WEBHOOK_NETWORKS allows some)"
    return None


def _inner(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _is_in(address, _TRANSLATED):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    # an address is in no network of the other version
    return any(address in network for network in networks)
