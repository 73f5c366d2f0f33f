"""Whatever a process of Hedge waits for when it is told to stop, it has ended ten seconds later."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from hedge import database, wallets
from hedge.queue import requests
from tests.support import put, pvp_match, wait_for
from tests.support.commands import Processes, free_port
from tests.support.proxies import Proxy, proxy

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stops_in_time")]

MART_LOCK = "lock table analytics.cluster_metrics in share mode"


@pytest.fixture
def way(module_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way to the database, which can hang."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", module_database)
    with proxy(module_database) as way:
        yield way


@pytest.fixture
def processes(way: Proxy, tmp_path: Path) -> Iterator[Processes]:
    """Processes that use this way."""
    found = Processes(way.url(), tmp_path)
    yield found
    found.kill()


def link_somebody(connection: psycopg.Connection[Any]) -> str:
    """A new cluster with a win, and so a request for it."""
    name, wallet = f"somebody-{secrets.token_hex(6)}", f"0x{secrets.token_hex(20)}"
    put(connection, pvp_match(wallet))
    wallets.link(connection, name, [wallet])
    return name


def is_taken(connection: psycopg.Connection[Any], kind: str) -> bool:
    """Whether a worker has taken a request of a kind."""
    taken = "select exists (select from app.etl_requests where taken_by > 0 and kind = %s)"
    return bool(database.value(connection, taken, [kind]))


def test_with_open_streams_a_slow_request_and_a_run_in_hand(processes: Processes) -> None:
    with database.connect() as connection, ThreadPoolExecutor() as threads:
        name = link_somebody(connection)
        _, url = processes.serve("--with-worker")
        processes.wait_for_lines("worker ready")
        wait_for(connection, "select not exists (select from app.etl_requests)")
        with (
            psycopg.connect(connection.info.dsn, dbname=connection.info.dbname) as holder,
            contextlib.ExitStack() as streams,
        ):
            for _ in range(3):
                stream = streams.enter_context(
                    httpx.stream("GET", f"{url}/events", params={"cluster": name}, timeout=60)
                )
                assert next(stream.iter_lines())
            holder.execute(MART_LOCK)
            holder.execute("lock table app.leaderboard_defs in access exclusive mode")
            link_somebody(connection)
            processes.wait_until(partial(is_taken, connection, "CLUSTER"))
            slow = threads.submit(httpx.get, f"{url}/leaderboards", timeout=60)
            wait_for(
                connection,
                "select exists (select from pg_stat_activity where wait_event_type = 'Lock'"
                " and application_name = 'hedge-api')",
            )
            assert processes.stop_in_time() == {"serve --port": 0}
            with pytest.raises(httpx.HTTPError):
                slow.result()
        # the run was cancelled, and its request waits for another worker
        assert [one.state for one in requests.unserved(connection)] == ["WAITING"]
        connection.execute("delete from app.etl_requests")


@pytest.mark.full
def test_with_a_database_that_hangs(processes: Processes, way: Proxy) -> None:
    """In the middle of runs: one of a service's worker, one in a process of a worker, and one of a
    command. And a service that waits for the database to begin with."""
    with (
        database.connect() as connection,
        psycopg.connect(connection.info.dsn, dbname=connection.info.dbname) as holder,
    ):
        processes.serve("--with-worker")
        processes.start("worker")
        processes.wait_for_lines("worker ready", 2)
        holder.execute(MART_LOCK)
        link_somebody(connection)
        requests.create(connection, "FULL")
        wait_for(connection, "select every(taken_by > 0) from app.etl_requests")
        processes.start("etl", "full")
        wait_for(
            connection,
            "select count(*) = 3 from pg_stat_activity where wait_event_type = 'Lock'"
            " and application_name = 'hedge-dbt' and datname = current_database()",
        )
        way.hang()
        waiting = processes.start("serve", "--port", str(free_port()))
        time.sleep(2)
        assert waiting.poll() is None
        statuses = processes.stop_in_time()
        assert statuses["etl full"] == 143
        assert set(statuses.values()) <= {0, 143}
        holder.rollback()
    log = processes.log.read_text()
    assert "Traceback" not in log, log
