"""While the database is away, a request is answered at once: boards from memory, others by 503."""

import asyncio
import time
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
import structlog
from psycopg_pool import AsyncConnectionPool

from api import database as module
from api.database import Database
from hedge.errors import HedgeError
from tests.in_process import Site, open_site
from tests.in_process.rows import put_board, put_board_run
from tests.stand_in_discord import StandInDiscord

# one site for all of them, so one process
pytestmark = pytest.mark.xdist_group("outages")

NAME = "in_process_outage"


@pytest.fixture
def site(
    template: str,
    new_database: Callable[[str, str], str],
    discord: StandInDiscord,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """A service with a database of its own, which has a board."""
    url = new_database(NAME, template)
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    with psycopg.connect(url, autocommit=True) as connection:
        put_board(connection, "b")
        put_board_run(connection, "b", [(1, "busy", 7)])
    with open_site(discord) as site:
        yield site


def go_away(server: str) -> None:
    """End all sessions of the database, and let nobody connect to it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"alter database {NAME} allow_connections false")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [NAME]
        )


def come_back(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"alter database {NAME} allow_connections true")


def timed(call: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


def test_a_request_is_answered_at_once_and_a_board_from_memory(site: Site, server: str) -> None:
    browser = site.browser()
    latest = "/leaderboards/b/latest"
    before = browser.get(latest)
    assert before.status_code == 200
    go_away(server)
    try:
        time.sleep(0.6)  # the response is fresh for half a second
        with structlog.testing.capture_logs() as logged:
            # the first one finds out that the database is away
            kept, seconds = timed(lambda: browser.get(latest))
            assert seconds < 3
            assert (kept.status_code, kept.content) == (200, before.content)
            assert int(kept.headers["Age"]) >= 0
            assert kept.headers["Warning"].startswith("111 ")
            for path in ("/leaderboards", "/leaderboards/b/latest?limit=7", "/challenges"):
                answer, seconds = timed(lambda path=path: browser.get(path))
                assert answer.status_code == 503
                assert answer.headers["Retry-After"] == "5"
                # on a busy machine; it would wait for five seconds
                assert seconds < 2
            # a board that is held in memory is an answer
            ready, seconds = timed(lambda: browser.get("/readyz"))
            assert seconds < 2
            assert ready.status_code == 200
            assert ready.json()["status"] == "boards_from_memory"
            assert (ready.json()["boardsInMemory"], ready.json()["freshness"]) == (1, None)
            assert browser.get("/healthz").status_code == 200
            # what the process itself counts does not need the database
            metrics = browser.get("/metrics")
            assert metrics.status_code == 200
            assert "hedge_answers_given_again_total " in metrics.text
            assert "hedge_runs" not in metrics.text
            assert "hedge_database_up 0.0" in metrics.text
        told = [line for line in logged if line["event"] == "the database does not answer"]
        assert len(told) == 5
        # the message of the database itself, and not that of the pool
        assert all("not currently accepting connections" in line["error"] for line in told[1:])
    finally:
        come_back(server)
    deadline = time.monotonic() + 10
    while browser.get("/leaderboards").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "Age" not in browser.get(latest).headers


def test_a_database_that_could_not_be_started_is_asked_for_again(
    unchanged_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the embedded server, of which another process holds the folder for a moment."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setenv("HEDGE_DATABASE_URL", unchanged_database)

    async def hold_both_and_ask_for_a_third() -> dict:
        database = Database(size=2)
        await database.open()
        url, starts = module.database.url, iter([True, True, False])

        def failing() -> str:
            if next(starts, False):
                raise HedgeError("it does not start")
            return url()

        try:
            async with database.transaction("a"), database.transaction("b"):
                monkeypatch.setattr(module.database, "url", failing)
                for _ in range(2):
                    with pytest.raises(psycopg.OperationalError, match="it does not start"):
                        await database.single(dict, "is_ready")
                await asyncio.sleep(1)
            return await database.single(dict, "is_ready")
        finally:
            await database.close()

    assert asyncio.run(hold_both_and_ask_for_a_third()) == {"is_ready": True}


def test_one_of_many_requests_that_wait_asks_whether_the_database_is_away(
    unchanged_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setenv("HEDGE_DATABASE_URL", unchanged_database)
    asked = []

    async def hold_both_and_ask_for_many() -> list[dict]:
        database = Database(size=2)
        await database.open()
        url = module.database.url
        monkeypatch.setattr(module.database, "url", lambda: asked.append(1) or url())
        try:
            async with database.transaction("a"), database.transaction("b"):
                waiting = [
                    asyncio.create_task(database.single(dict, "is_ready")) for _ in range(30)
                ]
                await asyncio.sleep(0.5)
                assert not any(one.done() for one in waiting)
            return await asyncio.gather(*waiting)
        finally:
            await database.close()

    assert asyncio.run(hold_both_and_ask_for_many()) == [{"is_ready": True}] * 30
    # a second one may have begun to wait when the first had its answer
    assert 1 <= len(asked) <= 3


def test_a_connection_that_is_in_use_is_waited_for(
    unchanged_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is there, so nobody is told that it is away."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setenv("HEDGE_DATABASE_URL", unchanged_database)

    async def hold_both_and_ask_for_a_third() -> dict:
        database = Database(size=2)
        await database.open()
        try:
            async with database.transaction("a"):
                async with database.transaction("b"):
                    third = asyncio.create_task(database.single(dict, "is_ready"))
                    await asyncio.sleep(0.5)
                    assert not third.done()
                return await third
        finally:
            await database.close()

    assert asyncio.run(hold_both_and_ask_for_a_third()) == {"is_ready": True}


def test_a_connection_that_has_just_answered_is_asked_only_where_the_server_has_sent_something(
    unchanged_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the server does when it ends the session: then a request gets another one."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", unchanged_database)
    check, asked = AsyncConnectionPool.check_connection, []

    async def counted(connection: psycopg.AsyncConnection) -> None:
        asked.append(1)
        await check(connection)

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", staticmethod(counted))

    def end_all_sessions() -> int:
        with psycopg.connect(unchanged_database, autocommit=True) as connection:
            return connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where application_name = 'hedge-api' and datname = current_database()"
            ).rowcount

    async def ask() -> None:
        database = Database(size=2)
        await database.open()
        try:
            # each of the two connections was used
            async with database.transaction("a"), database.transaction("b"):
                pass
            before = len(asked)
            for _ in range(5):
                await database.single(dict, "is_ready")
            assert len(asked) == before
            assert await asyncio.to_thread(end_all_sessions) == 2
            assert await database.single(dict, "is_ready") == {"is_ready": True}
            assert len(asked) > before
            monkeypatch.setattr(module, "RECENTLY", 0)
            before = len(asked)
            await database.single(dict, "is_ready")
            assert len(asked) == before + 1
        finally:
            await database.close()

    asyncio.run(ask())
