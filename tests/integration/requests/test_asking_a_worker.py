"""Clusters that a worker computes for a command, and what happens where it does not."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hedge import database, runs
from hedge.errors import RunFailed, UsageError
from hedge.queue import asking, requests
from hedge.runs.ledger import run_of_cause
from tests import Hedge
from tests.integration.requests import states
from tests.support import AS_OF, put, pvp_match


def beat(queue: psycopg.Connection, seconds: float = 0) -> None:
    """Let a worker have been alive so many seconds ago."""
    queue.execute(
        "insert into procrastinate.procrastinate_workers (last_heartbeat)"
        " values (clock_timestamp() - make_interval(secs => %s))",
        [seconds],
    )


@pytest.fixture
def alive(queue: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The queue, with the heartbeat of a worker."""
    beat(queue)
    yield queue
    queue.execute("delete from procrastinate.procrastinate_workers")


@pytest.fixture
def worker() -> Iterator[Callable[[], None]]:
    """Starts a thread that serves requests as a worker does, until the test ends."""
    done = threading.Event()

    def serve() -> None:
        with database.connect() as connection:
            while not done.wait(0.01):
                requests.serve_clusters(connection)

    thread = threading.Thread(target=serve)
    yield thread.start
    done.set()
    if thread.ident:
        thread.join()


def test_where_no_worker_lives_nothing_is_asked(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking.time, "sleep", pytest.fail)
    beat(queue, requests.DEAD_AFTER + 1)
    assert asking.compute(queue, ["busy"]) is None
    assert states(queue) == []
    queue.execute("delete from procrastinate.procrastinate_workers")


def test_a_worker_computes_and_its_run_is_shown(
    alive: psycopg.Connection, worker: Callable[[], None], hedge: Hedge
) -> None:
    put(alive, pvp_match())
    worker()
    status, told, error = hedge("etl", "cluster", "busy", "rival")
    assert (status, error) == (0, ""), error
    (run,) = runs.ledger(alive, 1)
    assert f"cluster run {run.run_id}: 2 clusters as of " in told
    (cause,) = alive.execute(
        "select caused_by from app.etl_runs where run_id = %s", [run.run_id]
    ).fetchone()
    assert cause[0].startswith("command-")
    wins = alive.execute(
        "select value from analytics.challenge_progress"
        " where (cluster_id, challenge_key) = ('busy', 'arena_victor')"
    ).fetchone()
    assert wins == (1,)
    assert states(alive) == []


def test_a_run_as_of_the_past_and_an_unknown_cluster_are_not_asked_for(
    alive: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, hedge: Hedge
) -> None:
    status, _, error = hedge("etl", "cluster", "busy", "bussy")
    assert (status, "no cluster bussy: nothing was computed" in error) == (2, True), error
    assert states(alive) == []
    asked: list[Any] = []
    monkeypatch.setattr(asking, "compute", lambda *given: asked.append(given))
    direct: list[Any] = []

    def cluster(clusters: list[str], as_of: datetime | None, report: object) -> None:
        direct.append((clusters, as_of))
        raise UsageError("enough")

    monkeypatch.setattr(runs, "cluster", cluster)
    assert hedge("etl", "cluster", "busy", "--as-of", AS_OF.isoformat())[0] == 2
    assert (asked, direct) == ([], [(["busy"], AS_OF)])


def test_requests_that_no_worker_takes_are_withdrawn(
    alive: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.1)
    begun = time.monotonic()
    told: list[str] = []
    assert asking.compute(alive, ["busy"], told.append) is None
    assert told == ["no worker could compute this in time, so that it is computed here"]
    assert 0.1 <= time.monotonic() - begun < 2
    assert states(alive) == []


def test_a_run_that_takes_longer_is_waited_for(
    alive: psycopg.Connection, worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    compute = runs.cluster

    def slow(*given: Any, **options: Any) -> runs.Run:
        time.sleep(0.6)
        return compute(*given, **options)

    monkeypatch.setattr(runs, "cluster", slow)
    worker()
    done = asking.compute(alive, ["busy"], pytest.fail)
    assert done is not None
    assert done.state == "SUCCESS"


def test_where_the_run_of_the_worker_fails_the_command_computes_itself(
    alive: psycopg.Connection, worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(clusters: list[str], **_: Any) -> None:
        if clusters:
            raise RunFailed("numeric field overflow", ["22003"])

    monkeypatch.setattr(runs, "cluster", fails)
    worker()
    assert asking.compute(alive, ["busy"]) is None
    assert states(alive) == []


def test_an_interrupted_command_withdraws_its_requests(
    alive: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asking.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        asking.compute(alive, ["busy", "rival"])
    assert states(alive) == []


def test_more_clusters_than_one_run_of_a_worker_has_are_not_asked_for(
    alive: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BATCH", 1)
    monkeypatch.setattr(asking.time, "sleep", pytest.fail)
    assert asking.compute(alive, ["busy", "rival"]) is None


def test_of_several_runs_the_one_that_left_something_out_is_told(
    queue: psycopg.Connection,
) -> None:
    def put_run(state: str, cause: str) -> None:
        queue.execute(
            "insert into app.etl_runs (invocation_id, kind, as_of, started_at, finished_at, state,"
            " caused_by, definitions)"
            " values (gen_random_uuid()::text, 'CLUSTER', now(), now(), now(), %s, %s, 'x')",
            [state, [cause]],
        )

    since = datetime(2020, 1, 1, tzinfo=UTC)
    for state, cause in (("PARTIAL", "a"), ("SUCCESS", "a"), ("FAILED", "b"), ("SUCCESS", "c")):
        put_run(state, cause)
    found = {cause: run_of_cause(queue, cause, since) for cause in "abc"}
    assert found["a"].state == "PARTIAL"
    assert found["b"] is None
    assert found["c"].state == "SUCCESS"
    queue.execute("delete from app.etl_runs where definitions = 'x'")
