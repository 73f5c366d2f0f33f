"""A worker that loses the database for a moment: who links a wallet afterwards waits for no run
that was in hand meanwhile."""

import time

import psycopg
import pytest

from hedge import database
from hedge.queue import requests
from tests.acceptance.held_runs import MART_LOCK, is_taken, link_somebody
from tests.support import wait_for, wait_until_held
from tests.support.commands import Processes
from tests.support.proxies import Proxy

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stops_in_time")]


def test_a_long_run_delays_no_request_for_a_cluster(processes: Processes, way: Proxy) -> None:
    with database.connect() as connection:
        processes.start("worker")
        processes.wait_for_lines("worker ready")
        with psycopg.connect(connection.info.dsn, dbname=connection.info.dbname) as holder:
            holder.execute(MART_LOCK)
            requests.create(connection, "FULL")
            # its statement goes on when the database does
            wait_until_held(connection)
            way.hang()
            # until the worker has given up to connect
            time.sleep(1.5 * database.NETWORK_OPTIONS["connect_timeout"])
            assert "waiting for the database" in processes.log.read_text()
            way.go_on()
            link_somebody(connection)
            processes.wait_until(lambda: is_taken(connection, "CLUSTER"))
            # the run that was in hand still is
            assert is_taken(connection, "FULL")
            assert "run done" not in processes.log.read_text()
        wait_for(connection, "select not exists (select from app.etl_requests)")
        full = "select count(*) from app.etl_runs where kind = 'FULL'"
        assert database.value(connection, full) == 1
        for line in ("run done", "the database answers again", "the worker connects again"):
            assert line in processes.log.read_text()
        processes.stop_in_time()
