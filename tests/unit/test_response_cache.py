"""The cache of responses: what is requested at once is computed once, and its memory is bounded."""

import asyncio
import dataclasses
from typing import Any

import msgspec
import psycopg
import pytest
from litestar import Request
from litestar.testing import RequestFactory

from api import response_cache
from api.response_cache import ResponseCache


class Body(msgspec.Struct):
    number: int


def ask(path: str = "/x", **query: str) -> Request:
    return RequestFactory().get(path, query_params=query)


class Computed:
    """Counts how often it is computed, and lets the others come before it is."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times, self.error = 0, error

    async def __call__(self) -> Body:
        self.times += 1
        number = self.times
        await asyncio.sleep(0.01)
        if self.error is not None:
            raise self.error
        return Body(number)


async def _together(cache: ResponseCache, compute: Computed, *asked: Request) -> list[Any]:
    return await asyncio.gather(
        *(cache.respond(one, compute) for one in asked), return_exceptions=True
    )


def test_requests_at_once_are_computed_once_for_each_query() -> None:
    compute = Computed()
    asked = [ask(limit="1")] * 5 + [ask(limit="2")] * 5 + [ask("/y")] * 5
    found = asyncio.run(_together(ResponseCache(), compute, *asked))
    assert compute.times == 3
    assert len({one.content for one in found}) == 3
    assert found[0].content == found[4].content != found[5].content


def test_what_is_gone_is_not_sent_again_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = ResponseCache()
    away = psycopg.OperationalError("away")
    monkeypatch.setattr(response_cache, "LIFETIME", 0)

    def answer(error: Exception | None) -> Any:
        (found,) = asyncio.run(_together(cache, Computed(error), ask()))
        return found

    assert answer(None).content == answer(away).content
    assert isinstance(answer(LookupError("removed")), LookupError)
    assert answer(away) is away


def test_an_error_is_not_kept() -> None:
    cache, failing = ResponseCache(), Computed(ValueError("broken"))
    found = asyncio.run(_together(cache, failing, *[ask()] * 3))
    assert [str(one) for one in found] == ["broken"] * 3
    assert failing.times == 3
    (mended,) = asyncio.run(_together(cache, Computed(), ask()))
    assert mended.content == b'{"number":1}'


def test_the_cache_is_emptied_where_it_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_ENTRIES", 4)
    monkeypatch.setattr(response_cache, "LIFETIME", 600)

    async def fill() -> list[int]:
        cache, sizes = ResponseCache(), []
        for number in range(12):
            await cache.respond(ask(limit=str(number)), Computed())
            sizes.append(max(len(cache._responses), len(cache._locks)))
        return sizes

    sizes = asyncio.run(fill())
    assert max(sizes) == 5
    assert sizes[:5] == [1, 2, 3, 4, 5]
    assert sizes[5] == 1


def test_while_the_database_is_away_the_last_response_is_sent_with_its_age() -> None:
    cache, away = ResponseCache(), Computed(psycopg.OperationalError("refused"))
    (fresh,) = asyncio.run(_together(cache, Computed(), ask()))
    assert "Age" not in fresh.headers
    ((key, kept),) = cache._responses.items()
    cache._responses[key] = dataclasses.replace(kept, expires_at=kept.expires_at - 90)
    (stale,) = asyncio.run(_together(cache, away, ask()))
    assert stale.content == fresh.content
    assert stale.headers["Age"] == "90"
    assert stale.headers["Warning"].startswith("111 ")
    assert stale.headers["Cache-Control"] == "no-store"
    # one that is older than an hour is sent no more, and neither is it kept in memory
    ((key, kept),) = cache._responses.items()
    cache._responses[key] = dataclasses.replace(kept, expires_at=kept.expires_at - 3520)
    (error,) = asyncio.run(_together(cache, away, ask()))
    assert isinstance(error, psycopg.OperationalError)
    assert cache._responses == {}
    # what was never computed is an error
    (error,) = asyncio.run(_together(cache, away, ask("/y")))
    assert isinstance(error, psycopg.OperationalError)
    # and it is computed again when the database is back
    (again,) = asyncio.run(_together(cache, Computed(), ask()))
    assert "Age" not in again.headers
