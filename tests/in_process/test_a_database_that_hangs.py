"""While the database accepts connections and does not answer, requests are answered in seconds."""

import asyncio
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from api import database as module
from api.database import Database
from tests.in_process import Site, open_site
from tests.in_process.rows import put_board, put_board_run
from tests.stand_in_discord import StandInDiscord
from tests.support.proxies import Proxy, proxy


@pytest.fixture
def way(module_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way to the database, which can hang."""
    with proxy(module_database) as way:
        monkeypatch.setenv("HEDGE_DATABASE_URL", way.url())
        yield way


@pytest.fixture
def site(way: Proxy, discord: StandInDiscord) -> Iterator[Site]:
    """A service with a board, behind that way."""
    with psycopg.connect(way.url(), autocommit=True) as connection:
        put_board(connection, "b")
        put_board_run(connection, "b", [(1, "busy", 7)])
    with open_site(discord) as site:
        yield site


@pytest.mark.ci
def test_a_hanging_database_is_noticed_in_seconds_and_its_return_too(
    site: Site, way: Proxy
) -> None:
    """Libpq waits for at least two seconds to be let in."""
    browser, latest = site.browser(), "/leaderboards/b/latest"
    before = browser.get(latest)
    assert before.status_code == 200
    way.hang()
    time.sleep(0.6)  # the response is fresh for half a second
    began = time.monotonic()
    kept = browser.get(latest)
    assert (kept.status_code, kept.content) == (200, before.content)
    assert kept.headers["Warning"].startswith("111 ")
    # a connection of the pool is given up after one second, the attempt at another after two
    assert time.monotonic() - began < module.LONGEST_CHECK + module.LONGEST_CONNECT + 2
    began = time.monotonic()
    for path in ("/leaderboards", "/leaderboards/b/latest?limit=7"):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    # the board in memory can be answered
    assert browser.get("/readyz").status_code == 200
    # the others know it already
    assert time.monotonic() - began < 1
    way.go_on()
    deadline = time.monotonic() + 10
    while browser.get("/leaderboards").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "Age" not in browser.get(latest).headers


@pytest.mark.ci
def test_a_statement_in_progress_ends_when_the_database_hangs(
    way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.3)

    async def hang_during_a_statement() -> float:
        database = Database(size=2)
        await database.open()
        try:
            asyncio.get_running_loop().call_later(0.2, way.hang)
            began = time.monotonic()
            with pytest.raises(psycopg.OperationalError, match="timeout"):
                async with database.transaction("a") as connection:
                    await connection.execute("select pg_sleep(60)")
            seconds = time.monotonic() - began
            # and the next one is refused at once
            with pytest.raises(psycopg.OperationalError, match="timeout"):
                await database.single(dict, "is_ready")
            assert time.monotonic() - began - seconds < 0.5
            return seconds
        finally:
            way.go_on()
            await database.close()

    assert asyncio.run(hang_during_a_statement()) < 0.3 + module.LONGEST_CONNECT + 2


def test_a_slow_statement_of_a_database_that_answers_goes_on(
    way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.1)

    async def wait_for_a_statement() -> tuple | None:
        database = Database(size=2)
        await database.open()
        try:
            async with database.transaction("a") as connection:
                slow = await connection.execute("select pg_sleep(0.8), 1")
                return await slow.fetchone()
        finally:
            await database.close()

    assert asyncio.run(wait_for_a_statement()) == ("", 1)


def test_a_connection_that_was_given_up_is_not_used_though_its_answer_came(
    way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the process is busy while the answer arrives."""
    monkeypatch.setattr(module, "LONGEST_CHECK", 0.05)
    check, checked = AsyncConnectionPool.check_connection, []

    async def check_late(connection: psycopg.AsyncConnection) -> None:
        await check(connection)
        checked.append(connection)
        if len(checked) == 1:
            await asyncio.sleep(0.1)

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", staticmethod(check_late))

    async def ask() -> dict:
        database = Database(size=2)
        await database.open()
        try:
            return await database.single(dict, "is_ready")
        finally:
            await database.close()

    assert asyncio.run(ask())
    assert len(set(checked)) > 1
