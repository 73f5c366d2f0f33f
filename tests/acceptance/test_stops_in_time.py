"""Whatever a process of Hedge waits for when it is told to stop, it has ended ten seconds later."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from hedge import database, wallets
from hedge.queue import requests
from tests import PROJECT
from tests.support import put, pvp_match, wait_for
from tests.support.proxies import Proxy, proxy

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stops_in_time")]

#: Seconds.
LONGEST = 10.0
MART_LOCK = "lock table analytics.cluster_metrics in share mode"


class Processes:
    """Commands in processes of their own, behind a way to the database that can hang."""

    def __init__(self, url: str, folder: Path) -> None:
        self.log = folder / "log"
        self.environment = os.environ | {
            "HEDGE_DATABASE_URL": url,
            "HEDGE_HOME": str(folder / "home"),
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("a"),
        )
        self.started.append(process)
        return process

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Wait until a condition is true, a minute at most."""
        deadline = time.monotonic() + 60
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_for_lines(self, words: str, number: int = 1) -> None:
        """Wait until the log has so many lines with certain words."""
        self.wait_until(lambda: self.log.read_text().count(words) >= number)

    def serve(self, *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
        """Start a service and wait until it answers; returns its URL, too."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = self.start("serve", "--port", str(port), *arguments)
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{url}/healthz").status_code == 200
            return False

        self.wait_until(answers)
        return process, url

    def stop_in_time(self) -> dict[str, int]:
        """Tell all to stop at the same time; none, and nothing that they have started, is left
        after LONGEST seconds. Returns the exit statuses by the words of the commands."""
        running = [psutil.Process(each.pid) for each in self.started if each.poll() is None]
        assert len(running) == len(self.started)
        children = [child for each in running for child in each.children(recursive=True)]
        began = time.monotonic()
        for process in self.started:
            process.terminate()
        for process in self.started:
            left = began + LONGEST - time.monotonic()
            try:
                process.wait(timeout=left)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{process.args} did not end: {self.log.read_text()}")
        for child in psutil.wait_procs(children, timeout=0.5)[1]:
            # An orphan of a test is waited for by nobody.
            assert child.status() == psutil.STATUS_ZOMBIE, child
        return {" ".join(each.args[3:5]): each.returncode for each in self.started}


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
    for process in found.started:
        process.kill()


def link_somebody(connection: psycopg.Connection[Any]) -> str:
    """A new cluster with a win, and so a request for it."""
    name, wallet = f"somebody-{secrets.token_hex(6)}", f"0x{secrets.token_hex(20)}"
    put(connection, pvp_match(wallet))
    wallets.link(connection, name, [wallet])
    return name


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
            wait_for(connection, "select exists (select from app.etl_requests where taken_by > 0)")
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
        waiting = processes.start("serve", "--port", "65123")
        time.sleep(2)
        assert waiting.poll() is None
        statuses = processes.stop_in_time()
        assert statuses["etl full"] == 143
        assert set(statuses.values()) <= {0, 143}
        holder.rollback()
    log = processes.log.read_text()
    assert "Traceback" not in log, log
