"""A run that is told to stop: its statements are cancelled, its row is closed, nothing is lost."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from hedge import boards, database, runs, seasons
from hedge.queue import requests
from hedge.runs import cancelling
from hedge.runs.locks import deploy_lock
from tests import Hedge
from tests.support import (
    ACTIVE_SESSIONS,
    BUSY,
    add_cluster,
    put,
    pvp_match,
    start_slow_run,
    wait_for,
    wait_until_held,
)
from tests.support.boards import WINS


@pytest.fixture
def busy(connection: psycopg.Connection) -> psycopg.Connection:
    """A cluster with a win, a board and a season, and no request."""
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY))
    boards.add(connection, WINS)
    seasons.add(
        connection,
        seasons.Season(
            id="s",
            name="S",
            starts_at=datetime(2026, 1, 1, tzinfo=UTC),
            ends_at=datetime(2036, 1, 1, tzinfo=UTC),
            is_active=True,
        ),
    )
    connection.execute("delete from app.etl_requests")
    return connection


@contextmanager
def held(connection: psycopg.Connection, table: str, *, then: str) -> Iterator[None]:
    """Hold a mart so that a run waits for it; a thread then sends a signal to this process, or
    cancels the runs of this process."""

    def end() -> None:
        with psycopg.connect(connection.info.dsn, autocommit=True) as watching:
            wait_until_held(watching)
        if then == "cancel":
            cancelling.cancel_runs()
        else:
            os.kill(os.getpid(), getattr(signal, then))

    with psycopg.connect(connection.info.dsn) as holder:
        holder.execute(f"lock table analytics.{table} in share mode")
        thread = threading.Thread(target=end)
        thread.start()
        yield
        thread.join()
        holder.rollback()


def newest(connection: psycopg.Connection) -> tuple:
    """The kind, state, error and marts of the newest run."""
    (run,) = runs.ledger(connection, 1)
    assert run.finished_at is not None or run.state == "RUNNING"
    return run.kind, run.state, run.error, {model.name: model.state for model in run.models}


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["etl", "full"], "FULL"),
        (["etl", "incremental"], "INCREMENTAL"),
        (["etl", "cluster", "busy"], "CLUSTER"),
        (["seasons", "run", "s"], "SEASON"),
    ],
)
def test_sigterm_cancels_a_run_and_closes_its_row(
    busy: psycopg.Connection, hedge: Hedge, command: list[str], kind: str
) -> None:
    with held(busy, "cluster_metrics", then="SIGTERM"):
        assert hedge(*command) == (143, "", "hedge: stopped by SIGTERM\n")
        # while the mart is still held
        assert busy.execute(ACTIVE_SESSIONS).fetchone() == (0,)
        found = newest(busy)
    assert found[:3] == (kind, "CANCELLED", "stopped by SIGTERM")
    assert found[3]["cluster_metrics"] == "error"
    # the next run finds everything that this one was to compute
    assert hedge("etl", "incremental")[0] == 0
    value = "select value from analytics.challenge_progress where challenge_key = 'arena_victor'"
    assert busy.execute(value).fetchone() == (1,)


def test_an_interrupted_run_is_cancelled_and_keeps_what_it_has_written(
    busy: psycopg.Connection, hedge: Hedge
) -> None:
    with held(busy, "challenge_progress", then="SIGINT"):
        assert hedge("etl", "full")[0] == 130
    kind, state, error, marts = newest(busy)
    assert (kind, state, error) == ("FULL", "CANCELLED", "interrupted")
    assert (marts["cluster_metrics"], marts["challenge_progress"]) == ("success", "error")
    written = "select metrics #>> '{onchain_pvp,wins}' from analytics.cluster_metrics"
    assert busy.execute(f"{written} where window_key = 'all_time'").fetchone() == ("1",)
    assert busy.execute("select count(*) from analytics.challenge_progress").fetchone() == (0,)


def test_a_cancelled_board_run_has_failed_unless_it_was_requested(
    busy: psycopg.Connection, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was requested waits for another worker."""
    with held(busy, "leaderboard_entries", then="SIGTERM"):
        assert hedge("boards", "run", "wins")[0] == 143
    run = boards.newest_runs(busy)["wins"]
    assert (run.status, run.error) == ("FAILED", "stopped by SIGTERM")
    assert newest(busy)[:2] == ("BOARD", "CANCELLED")
    number = boards.request(busy, "wins")
    monkeypatch.setattr(boards, "run", lambda *_, **__: boards.run_pending())
    with held(busy, "leaderboard_entries", then="SIGTERM"):
        assert hedge("boards", "run", "wins")[0] == 143
    run = boards.any_run(busy, "wins", number)
    assert (run.status, run.error, run.started_at) == ("PENDING", None, None)
    (done,) = boards.run_pending()
    assert (done.id, done.status, done.row_count) == (number, "COMPLETE", 1)


def test_the_requests_of_a_batch_that_a_worker_cancels_wait_uncounted(
    busy: psycopg.Connection,
) -> None:
    requests.create(busy, "CLUSTER", "busy")
    try:
        with held(busy, "cluster_metrics", then="cancel"):
            assert requests.serve_clusters(busy, cancelling._cancelled.is_set) == 0
        assert newest(busy)[:2] == ("CLUSTER", "CANCELLED")
        (left,) = requests.unserved(busy)
        assert (left.state, left.attempts, left.error) == ("WAITING", 0, None)
        number = runs.ledger(busy, 1)[0].run_id
        # none begins any more
        with pytest.raises(cancelling.RunCancelled):
            runs.cluster(["busy"])
        assert runs.ledger(busy, 1)[0].run_id == number
    finally:
        cancelling.allow_runs()
    assert requests.serve_clusters(busy) == 1


def test_a_run_that_waits_for_a_deploy_is_cancelled_too(busy: psycopg.Connection) -> None:
    requests.create(busy, "CLUSTER", "busy")

    def cancel() -> None:
        with psycopg.connect(busy.info.dsn, autocommit=True) as watching:
            wait_for(
                watching,
                "select exists (select from pg_locks where locktype = 'advisory' and not granted)",
            )
        cancelling.cancel_runs()

    canceller = threading.Thread(target=cancel)
    try:
        with database.connect() as deploying, deploy_lock(deploying, exclusive=True):
            canceller.start()
            began = time.monotonic()
            assert requests.serve_clusters(busy, cancelling._cancelled.is_set) == 0
            assert time.monotonic() - began < 5
            canceller.join()
            # one that comes later does not begin to wait
            with pytest.raises(cancelling.RunCancelled), runs.ready():
                pass
        (left,) = requests.unserved(busy)
        assert (left.state, left.attempts, left.error) == ("WAITING", 0, None)
        assert cancelling._waiting == set()
    finally:
        cancelling.allow_runs()
    assert requests.serve_clusters(busy) == 1


def test_a_cancelled_wait_is_an_error_of_the_server_while_nobody_stops_the_worker(
    busy: psycopg.Connection,
) -> None:
    """As where an operator calls pg_cancel_backend."""
    busy.execute("set statement_timeout = 10")
    with pytest.raises(psycopg.errors.QueryCanceled), cancelling.waiting_for_a_lock(busy):
        busy.execute("select pg_sleep(5)")


def test_a_command_that_is_stopped_ends_within_a_second(busy: psycopg.Connection) -> None:
    """Also where PostgreSQL computes and waits for nothing."""
    process = start_slow_run(busy)
    began = time.monotonic()
    process.terminate()
    assert process.wait(timeout=30) == 143
    # a second on a machine that does nothing else
    assert time.monotonic() - began < 2
    assert busy.execute(ACTIVE_SESSIONS).fetchone() == (0,)
    assert newest(busy)[:2] == ("FULL", "CANCELLED")
    assert process.stderr is not None
    assert process.stderr.read() == b"hedge: stopped by SIGTERM\n"
