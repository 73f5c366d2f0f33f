"""Rate limits, which all processes and hosts of the service count together, in the database.

The table holds hashes under the service's key, and no address or account.
"""

import hashlib
import hmac
import ipaddress
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Middleware, Receive, Scope, Send

from api.database import Database
from api.problems import Refused
from api.settings import Settings

#: Requests of an IPv6 network of this length are counted together: a household has one.
IPV6_NETWORK = 64
#: How many seconds a client waits where too many streams are open.
_LATER = {"Retry-After": "10"}
#: Names the account or the address for which a request counts.
Subject = Callable[[Request], str]


def sign_ins(settings: Settings) -> Middleware:
    """Middleware: beginning and finishing a sign-in, counted by address."""
    return _limit(settings, "sign-ins", settings.sign_ins_a_minute, _address)


def admin_sign_ins(settings: Settings) -> Middleware:
    """Middleware: sign-ins with an admin's token, counted by address."""
    return _limit(settings, "admin sign-ins", settings.admin_sign_ins_a_minute, _address)


def links(settings: Settings) -> Middleware:
    """Middleware: linking and verifying wallets, counted by account; of a caller who is nobody,
    by address."""
    return _limit(settings, "links", settings.links_a_minute, _account_or_address)


async def count_past_ends(request: Request) -> None:
    """Count a request that has ends of past periods computed, by address; Refused are more than are
    allowed. Those that find them computed are not counted."""
    settings: Settings = request.app.state.settings
    most = settings.past_ends_a_minute
    await _count(request, settings, "requests for past ends", most, _address)


def open_streams(settings: Settings) -> Middleware:
    """Middleware: streams of events that are open at the same time in this process, by address and
    of all addresses. A stream occupies the process that sends it, so each counts its own."""
    counted: Counter[str] = Counter()

    def middleware(app: ASGIApp) -> ASGIApp:
        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            address = _address(Request(scope))
            if counted[address] >= settings.streams_per_address:
                raise Refused(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"{settings.streams_per_address} streams of an address are allowed at the same "
                    "time: end one first",
                    **_LATER,
                )
            if counted.total() >= settings.streams:
                raise Refused(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"{settings.streams} streams are open and no more are allowed: try again later",
                    **_LATER,
                )
            counted[address] += 1
            try:
                await app(scope, receive, send)
            finally:
                counted[address] -= 1
                if not counted[address]:
                    del counted[address]

        return limited

    return middleware


def _limit(settings: Settings, what: str, most: int, subject: Subject) -> Middleware:
    """Middleware that lets a subject make so many requests a minute and refuses more with 429."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            headers = await _count(Request(scope), settings, what, most, subject)

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    limits = [
                        (header.lower().encode(), value.encode())
                        for header, value in headers.items()
                    ]
                    message["headers"] = [*message.get("headers", ()), *limits]
                await send(message)

            await app(scope, receive, send_with_headers)

        return limited

    return middleware


async def _count(
    request: Request, settings: Settings, what: str, most: int, subject: Subject
) -> dict[str, str]:
    """Count a request of a subject; returns the headers that say so. One too many in a minute is
    Refused."""
    database: Database = request.app.state.database
    name = f"{what} {subject(request)}".encode()
    counted = await database.single(
        dict,
        "rate_limit",
        subject_hash=hmac.digest(settings.secret_key, name, hashlib.sha256),
    )
    headers = {
        "RateLimit-Limit": str(most),
        "RateLimit-Policy": f"{most}; w=60",
        "RateLimit-Remaining": str(max(most - counted["requests"], 0)),
        "RateLimit-Reset": str(counted["seconds"]),
    }
    if counted["requests"] > most:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"{most} {what} a minute are allowed: wait {counted['seconds']} s",
            **headers | {"Retry-After": headers["RateLimit-Reset"]},
        )
    return headers


def _account_or_address(request: Request) -> str:
    if "user" in request.scope and request.user.player_id is not None:
        return f"account {request.user.player_id}"
    return _address(request)


def _address(request: Request) -> str:
    """The address of a client (api/proxies.py); of an IPv6 address, its network."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
