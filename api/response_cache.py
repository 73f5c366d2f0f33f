"""A cache of JSON responses that many clients request at once. A response is computed once,
kept for half a second, and sent again in front of routing, sessions and logs, which would cost
many times what the response itself costs."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import psycopg
import structlog
from litestar import Litestar, MediaType, Request, Response
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
    Receive,
    Scope,
    Send,
)
from prometheus_client import Counter

from api.numbers import encode
from api.problems import one_line

log = structlog.get_logger("hedge.api")

#: Seconds for which a response may be sent again: a client never sees data a second old.
LIFETIME = 0.5
#: Seconds for which a response is sent while the database is away: an entry of an account that was
#: deleted before that is sent for no longer.
LONGEST_KEPT = 3600
#: The cache is emptied when it holds more responses than this, which bounds its memory.
MAX_ENTRIES = 500

Body = TypeVar("Body", bound=msgspec.Struct)
#: A path and its query string.
Key = tuple[str, bytes]

_cache_hits = Counter("hedge_answers_given_again", "Responses that were cached, not computed")


@dataclass(frozen=True)
class _CachedResponse:
    body: bytes
    etag: bytes
    link: bytes
    expires_at: float

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"etag", self.etag),
            (b"cache-control", b"public, no-cache"),
            # only responses to requests with an Origin have the headers of CORS
            (b"vary", b"Origin"),
            *([(b"link", self.link)] if self.link else []),
        ]

    def matches(self, if_none_match: bytes) -> bool:
        """Whether the header If-None-Match names this response."""
        return is_held(self.etag.decode(), if_none_match.decode("latin-1"))


def etag_of(body: bytes) -> str:
    """The ETag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def is_held(etag: str, if_none_match: str) -> bool:
    """Whether the header If-None-Match (RFC 9110) names a version: the client has it."""
    return if_none_match == "*" or etag in if_none_match


class ResponseCache:
    """Responses by path and query string. A lock for each key lets one request compute a
    response while the others wait for it."""

    def __init__(self, headers: Callable[[], Sequence[tuple[bytes, bytes]]] = tuple) -> None:
        """An empty cache. headers returns those that every response of the service has, which the
        application adds to the others."""
        self._headers = headers
        self._responses: dict[Key, _CachedResponse] = {}
        self._locks: dict[Key, asyncio.Lock] = {}

    async def respond(
        self,
        request: Request,
        compute: Callable[[], Awaitable[Body]],
        link: Callable[[Body], Mapping[str, str]] = lambda _: {},
    ) -> Response:
        """The cached response, else a new one from compute, with the header Link that link makes
        of it; 304 where the client has it."""
        path = request.scope.get("root_path", "") + request.scope["path"]
        key = (path, request.scope["query_string"])
        cached = self._fresh(key)
        if cached is None:
            if len(self._locks) > MAX_ENTRIES:
                self._responses.clear()
                self._locks.clear()
            async with self._locks.setdefault(key, asyncio.Lock()):
                try:
                    cached = self._fresh(key)
                    if cached is None:
                        body = await compute()
                        cached = self._store(key, encode(body), link(body).get("Link", ""))
                except psycopg.OperationalError as error:
                    return self._kept(key, error)
                except Exception:
                    # what is not there any more is not sent again in an outage
                    self._responses.pop(key, None)
                    raise
        headers = {name.decode(): value.decode() for name, value in cached.headers}
        if cached.matches(request.headers.get("if-none-match", "").encode()):
            return Response(None, status_code=304, headers=headers)
        return Response(cached.body, media_type=MediaType.JSON, headers=headers)

    def _kept(self, key: Key, error: psycopg.OperationalError) -> Response:
        """The last response with its age (RFC 9111), while the database is away; raises its error
        where there is none of the last hour."""
        cached = self._responses.get(key)
        age = int(LIFETIME + time.monotonic() - cached.expires_at) if cached is not None else 0
        if cached is None or age > LONGEST_KEPT:
            self._responses.pop(key, None)
            raise error
        log.warning("the database does not answer", error=one_line(error))
        headers = {
            "Age": str(age),
            "Cache-Control": "no-store",
            "Vary": "Origin",
            "Warning": '111 - "Revalidation Failed"',
        }
        return Response(cached.body, media_type=MediaType.JSON, headers=headers)

    @property
    def kept(self) -> int:
        """How many responses could be sent while the database is away."""
        oldest = time.monotonic() - LONGEST_KEPT + LIFETIME
        return sum(cached.expires_at >= oldest for cached in self._responses.values())

    def _fresh(self, key: Key) -> _CachedResponse | None:
        cached = self._responses.get(key)
        return cached if cached is not None and cached.expires_at > time.monotonic() else None

    def _store(self, key: Key, body: bytes, link: str) -> _CachedResponse:
        etag = etag_of(body).encode()
        expires_at = time.monotonic() + LIFETIME
        self._responses[key] = cached = _CachedResponse(body, etag, link.encode(), expires_at)
        return cached

    async def send_cached(self, scope: HTTPScope, send: Send) -> bool:
        """Send the cached response to a GET request. False where there is none, and where the
        request has an Origin, because the headers of CORS depend on it."""
        cached = self._fresh((scope["path"], scope["query_string"]))
        if cached is None or scope["method"] != "GET":
            return False
        if_none_match = b""
        for name, value in scope["headers"]:
            if name == b"origin":
                return False
            if name == b"if-none-match":
                if_none_match = value
        _cache_hits.inc()
        if cached.matches(if_none_match):
            await _send(send, 304, [*cached.headers, *self._headers()], b"")
            return True
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(cached.body)).encode()),
            *cached.headers,
            *self._headers(),
        ]
        await _send(send, 200, headers, cached.body)
        return True


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": status,
        "headers": headers,
    }
    await send(start)
    rest: HTTPResponseBodyEvent = {
        "type": "http.response.body",
        "body": body,
        "more_body": False,
    }
    await send(rest)


def with_response_cache(app: Litestar) -> ASGIApp:
    """The application, called only for requests that its response cache cannot serve."""
    cache: ResponseCache = app.state.response_cache

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and await cache.send_cached(scope, send):
            return
        await app(scope, receive, send)

    return serve
