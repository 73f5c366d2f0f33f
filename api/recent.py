"""Answers that many ask for at once: rendered once, kept for less than a second, and given again
before routing, sessions and logs, which would cost many times the answer."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from litestar import Litestar, MediaType, Request, Response
from litestar.serialization import default_serializer
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import Counter

#: How long an answer may be given again, in seconds: readers are never a second behind.
HOLD = 0.5
#: Beyond so many kept answers all are forgotten: who asks for the odd ones pays for them.
MOST = 500

_encode = msgspec.json.Encoder(enc_hook=default_serializer).encode
_given_again = Counter("hedge_answers_given_again", "Answers that were kept, not computed")


@dataclass(frozen=True)
class _Kept:
    body: bytes
    tag: bytes
    until: float

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"etag", self.tag), (b"cache-control", b"public, no-cache")]

    def is_known(self, asked: bytes) -> bool:
        """Whether If-None-Match (RFC 9110) names it."""
        return bool(asked) and (asked == b"*" or self.tag in asked)


class Recent:
    """Answers by path and query. One is computed once at a time, however many wait for it."""

    def __init__(self) -> None:
        """Nothing kept yet."""
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._locks: dict[tuple[str, bytes], asyncio.Lock] = {}

    async def answer(
        self, request: Request, compute: Callable[[], Awaitable[msgspec.Struct]]
    ) -> Response:
        """The answer to a request, computed unless it is kept; 304 where the client has it."""
        key = (request.scope["path"], request.scope["query_string"])
        kept = self._fresh(key)
        if kept is None:
            if len(self._locks) > MOST:
                self._kept.clear()
                self._locks.clear()
            async with self._locks.setdefault(key, asyncio.Lock()):
                kept = self._fresh(key) or self._keep(key, _encode(await compute()))
        headers = {name.decode(): value.decode() for name, value in kept.headers}
        if kept.is_known(request.headers.get("if-none-match", "").encode()):
            return Response(None, status_code=304, headers=headers)
        return Response(kept.body, media_type=MediaType.JSON, headers=headers)

    def _fresh(self, key: tuple[str, bytes]) -> _Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > time.monotonic() else None

    def _keep(self, key: tuple[str, bytes], body: bytes) -> _Kept:
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'.encode()
        self._kept[key] = kept = _Kept(body, tag, time.monotonic() + HOLD)
        return kept

    async def give_again(self, scope: Scope, send: Send) -> bool:
        """Answer from what is kept; false where there is nothing, or where the answer depends
        on who asks from where (CORS)."""
        kept = self._fresh((scope["path"], scope["query_string"]))
        if kept is None or scope["method"] != "GET":
            return False
        asked = b""
        for name, value in scope["headers"]:
            if name == b"origin":
                return False
            if name == b"if-none-match":
                asked = value
        _given_again.inc()
        if kept.is_known(asked):
            await send({"type": "http.response.start", "status": 304, "headers": kept.headers})
            await send({"type": "http.response.body", "body": b""})
            return True
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(kept.body)).encode()),
            *kept.headers,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": kept.body})
        return True


def in_front_of(app: Litestar) -> ASGIApp:
    """The application behind what it has kept."""
    recent: Recent = app.state.recent

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not await recent.give_again(scope, send):
            await app(scope, receive, send)

    return answer
