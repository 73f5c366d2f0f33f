"""Whatever a process of Hedge waits for when it is told to stop, it has ended ten seconds later."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from hedge import database
from hedge.queue import requests
from tests.acceptance.held_runs import MART_LOCK, is_taken, link_somebody
from tests.support import wait_for, wait_until_held
from tests.support.commands import Processes, free_port
from tests.support.proxies import Proxy

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stops_in_time")]


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
            processes.wait_until(lambda: is_taken(connection, "CLUSTER"))
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
        wait_until_held(connection, sessions=3)
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
