"""What holds for every response and request, whatever serves it: headers, HEAD, slow bodies."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from api.deployed import Deployed
from api.problems import Refused
from api.settings import Settings

Headers = Sequence[tuple[bytes, bytes]]
#: Seconds in which a client has to send the whole body of a request.
BODY_TIMEOUT = 30.0
#: Of Swagger UI, whose page has a script and styles of its own.
_POLICY_OF_DOCUMENTATION = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    b" img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_POLICY = b"default-src 'none'; frame-ancestors 'none'"


def headers_of_every_response(settings: Settings, deployed: Deployed) -> Headers:
    """The headers that every response has, unless it has one of that name."""
    headers = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", _POLICY)]
    if settings.is_production:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return [*headers, *deployed.headers]


def with_headers(app: ASGIApp, settings: Settings, deployed: Deployed) -> ASGIApp:
    """The application, whose responses have the headers of every response, and Cache-Control:
    private, no-store where they depend on the caller."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                headers = list(headers_of_every_response(settings, deployed))
                if scope["path"].rstrip("/") == "/schema":
                    headers = [
                        (name, _POLICY_OF_DOCUMENTATION if value == _POLICY else value)
                        for name, value in headers
                    ]
                # authentication sets the caller
                is_private = message["status"] >= 400 or scope.get("user") is not None
                kept = b"private, no-store" if is_private else b"public, no-cache"
                wanted = [*headers, (b"cache-control", kept)]
                message["headers"] = [*given, *(one for one in wanted if one[0] not in names)]
            await send(message)

        await app(scope, receive, send_with_headers if scope["type"] == ScopeType.HTTP else send)

    return serve


def with_head(app: ASGIApp) -> ASGIApp:
    """The application, which answers HEAD as GET without the body (RFC 9110)."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        scope["method"] = HttpMethod.GET
        # a stream would never end
        scope.setdefault("state", {})["is_head"] = True
        try:
            await app(scope, receive, send_without_body)
        finally:
            scope["method"] = HttpMethod.HEAD

    return serve


def with_body_timeout(app: ASGIApp, seconds: float = BODY_TIMEOUT) -> ASGIApp:
    """The application, which refuses with 408 a request whose body does not end in time."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + seconds
        is_whole = False

        async def receive_in_time() -> HTTPReceiveMessage:
            nonlocal is_whole
            if is_whole:
                # what follows the body is the end of the connection, which may take long
                return cast("HTTPReceiveMessage", await receive())
            try:
                async with asyncio.timeout_at(deadline):
                    message = cast("HTTPReceiveMessage", await receive())
            except TimeoutError:
                raise Refused(
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"the body did not end within {seconds:g} s",
                    Connection="close",
                ) from None
            is_whole = not message.get("more_body", False)
            return message

        await app(scope, receive_in_time, send)

    return serve
