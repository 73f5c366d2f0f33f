"""A worker that loses the database for a moment: who links a wallet afterwards waits for no run
that was in hand meanwhile."""

import time
from pathlib import Path

import psycopg
import pytest

from hedge import database
from hedge.queue import requests
from tests.acceptance.test_stops_in_time import MART_LOCK, is_taken, link_somebody
from tests.support import wait_for
from tests.support.commands import Processes
from tests.support.proxies import proxy

#: After which a worker gives up to connect (hedge/database.py).
SECONDS_TO_CONNECT = 10

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stops_in_time")]


def test_a_long_run_delays_no_request_for_a_cluster(
    module_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", module_database)
    with database.connect() as connection, proxy(module_database) as way:
        processes = Processes(way.url(), tmp_path)
        try:
            processes.start("worker")
            processes.wait_for_lines("worker ready")
            with psycopg.connect(module_database) as holder:
                holder.execute(MART_LOCK)
                requests.create(connection, "FULL")
                # in the midst of its statements, which go on when the database does
                wait_for(
                    connection,
                    "select exists (select from pg_stat_activity where wait_event_type = 'Lock'"
                    " and application_name = 'hedge-dbt' and datname = current_database())",
                )
                way.hang()
                time.sleep(1.5 * SECONDS_TO_CONNECT)
                way.go_on()
                link_somebody(connection)
                processes.wait_until(lambda: is_taken(connection, "CLUSTER"))
                # the run that was in hand still is
                assert is_taken(connection, "FULL")
                assert "run done" not in processes.log.read_text()
            wait_for(connection, "select not exists (select from app.etl_requests)")
            full = "select count(*) from app.etl_runs where kind = 'FULL'"
            assert database.value(connection, full) == 1
            assert "run done" in processes.log.read_text()
            processes.stop_in_time()
        finally:
            processes.kill()
