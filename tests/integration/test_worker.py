"""The worker's tasks, each called in this process: what starts, what is done, what is retried."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import psycopg
import pytest
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException

from hedge import boards, database, runs
from hedge.errors import DatabaseAway
from hedge.queue import requests, starting, worker
from tests.support import BUSY, add_cluster
from tests.support.boards import WINS


@pytest.fixture(scope="module")
def cluster_and_board(module_database: str) -> None:
    """A cluster and a board in the database of this module."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY)
        boards.add(connection, WINS)


@pytest.fixture
def queue(cluster_and_board: None, deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection to that database, with nothing to do."""
    # its triggers read its tables by their bare names
    deployed.execute("set search_path = procrastinate")
    for table in ("app.etl_requests", "app.leaderboard_runs", JOBS, WORKERS):
        deployed.execute(f"delete from {table}")
    return deployed


JOBS, WORKERS = "procrastinate.procrastinate_jobs", "procrastinate.procrastinate_workers"


def do(task: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Do one job of a task."""
    asyncio.run(task(*arguments))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The processes that would have been started; one of a FULL run fails."""
    found: list[tuple[str, ...]] = []

    async def start(*arguments: str) -> starting.ProcessFailed | None:
        found.append(arguments)
        if arguments[0] != "FULL":
            return None
        return starting.ProcessFailed("the full run failed: division by zero", is_temporary=False)

    monkeypatch.setattr(worker, "run_in_process", start)
    return found


def jobs(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        f"select queue_name, task_name from {JOBS} where status = 'todo' order by id"
    ).fetchall()


# -- what wakes a worker, and when -----------------------------------------------------------


def test_what_is_requested_wakes_the_task_that_serves_it(queue: psycopg.Connection) -> None:
    woken = {}
    for name, ask in {
        "CLUSTER": lambda: requests.create(queue, "CLUSTER", "busy"),
        "ENDS": lambda: requests.create(queue, "ENDS", "busy"),
        "FULL": lambda: requests.create(queue, "FULL"),
        "INCREMENTAL": lambda: requests.create(queue, "INCREMENTAL"),
        "board": lambda: boards.request(queue, "wins"),
    }.items():
        ask()
        (woken[name],) = jobs(queue)
        queue.execute(f"delete from {JOBS}")
    tasks = {
        "CLUSTER": worker.serve_clusters,
        "ENDS": worker.serve_clusters,
        "FULL": worker.serve_runs,
        "INCREMENTAL": worker.serve_runs,
        "board": worker.serve_boards,
    }
    assert woken == {name: (task.queue, task.name) for name, task in tasks.items()}
    assert worker.app.tasks[worker.CLUSTERS_TASK] is worker.serve_clusters


def test_runs_are_scheduled_every_ten_minutes_every_night_and_every_hour() -> None:
    schedule = {
        task.task.name.rpartition(".")[2]: task.cron
        for task in worker.app.periodic_registry.periodic_tasks.values()
    }
    assert schedule == {
        "incremental": "*/10 * * * *",
        "full": "15 3 * * *",
        "due_boards": "5 * * * *",
    }


@pytest.mark.usefixtures("queue")
def test_scheduled_tasks_start_their_runs_and_the_nightly_one_prunes_though_it_failed(
    started: list[tuple[str, ...]],
) -> None:
    do(worker.incremental, 0)
    do(worker.due_boards, 0)
    do(worker.serve_boards)
    do(worker.full, 0)
    assert started == [
        ("INCREMENTAL",),
        ("DUE_BOARDS",),
        ("PENDING_BOARDS",),
        ("FULL",),
        ("PRUNE",),
    ]


def test_a_run_of_boards_is_told_who_caused_it(
    queue: psycopg.Connection, started: list[tuple[str, ...]]
) -> None:
    for cause in ("request-2", None, "request-1"):
        boards.request(queue, "wins", None, cause)
    do(worker.serve_boards)
    assert started == [("PENDING_BOARDS", "request-1", "request-2")]


# -- what is done with requests --------------------------------------------------------------


def test_a_failed_full_request_is_tried_again_and_not_marked_as_done(
    queue: psycopg.Connection, started: list[tuple[str, ...]]
) -> None:
    full = requests.create(queue, "FULL", caused_by="request-1")
    requests.create(queue, "INCREMENTAL")
    requests.create(queue, "INCREMENTAL", caused_by="request-2")
    cluster = requests.create(queue, "CLUSTER", "busy")
    do(worker.serve_runs)
    assert started == [("FULL", "request-1"), ("INCREMENTAL",), ("INCREMENTAL", "request-2")]
    failed, untouched = requests.unserved(queue)
    assert (failed.request_id, failed.attempts, failed.state) == (full, 1, "WAITING")
    assert failed.error == "the full run failed: division by zero"
    assert failed.next_attempt_at > failed.requested_at
    assert (untouched.request_id, untouched.attempts) == (cluster, 0)


def test_a_full_request_that_the_server_failed_waits_without_having_used_an_attempt(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: str) -> starting.ProcessFailed:
        return starting.ProcessFailed("the full run failed: no space left", is_temporary=True)

    monkeypatch.setattr(worker, "run_in_process", fail)
    requests.create(queue, "FULL")
    do(worker.serve_runs)
    (held_back,) = requests.unserved(queue)
    assert (held_back.attempts, held_back.state) == (0, "WAITING")
    assert held_back.error == "the full run failed: no space left"
    assert held_back.next_attempt_at > held_back.requested_at


def test_a_full_request_whose_run_is_cancelled_waits_as_if_it_had_not_been_taken(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancel(*_: str) -> starting.ProcessFailed:
        # it is cancelled where the worker is to stop
        worker._stopping.set()
        return starting.ProcessFailed("stopped", is_temporary=False, is_cancelled=True)

    monkeypatch.setattr(worker, "run_in_process", cancel)
    requests.create(queue, "FULL")
    try:
        do(worker.serve_runs)
    finally:
        worker._stopping.clear()
    (left,) = requests.unserved(queue)
    assert (left.attempts, left.state, left.error) == (0, "WAITING", None)
    assert left.next_attempt_at <= left.requested_at


def test_a_worker_that_is_to_stop_begins_no_run(
    queue: psycopg.Connection, started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "cluster", lambda *_, **__: started.append(("CLUSTER",)))
    requests.create(queue, "FULL")
    requests.create(queue, "CLUSTER", "busy")
    worker._stopping.set()
    try:
        do(worker.serve_runs)
        worker.serve_clusters()
    finally:
        worker._stopping.clear()
    assert started == []


def test_the_task_for_clusters_serves_them(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    monkeypatch.setattr(runs, "cluster", lambda clusters, **_: computed.append(clusters))
    requests.create(queue, "CLUSTER", "busy")
    worker.serve_clusters()
    assert computed == [["busy"]]
    assert requests.unserved(queue) == []


def test_requests_wait_and_keep_their_attempts_while_nobody_knows_what_is_live(
    queue: psycopg.Connection, started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(worker.log, "error", lambda _, error: told.append(error), raising=False)
    computed = []
    monkeypatch.setattr(runs, "cluster", lambda clusters, **_: computed.append(clusters))
    requests.create(queue, "CLUSTER", "busy")
    requests.create(queue, "INCREMENTAL")
    queue.execute(f"delete from {JOBS}")
    queue.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of) values ('by hand', 'PARTIAL', now())"
    )
    try:
        assert worker._tasks_without_job() == []
        worker.serve_clusters()
        do(worker.serve_runs)
        assert (started, computed) == ([], [])
        assert [request.attempts for request in requests.unserved(queue)] == [0, 0]
        # both tasks say why
        assert [sentence.partition(" in run")[0] for sentence in told] == [
            "dbt was called by hand"
        ] * 2
    finally:
        queue.execute("delete from app.etl_runs where invocation_id = 'by hand'")
    assert len(worker._tasks_without_job()) == 2
    worker.serve_clusters()
    do(worker.serve_runs)
    assert (started, computed) == ([("INCREMENTAL",)], [["busy"]])


# -- the work --------------------------------------------------------------------------------


# -- lost jobs -------------------------------------------------------------------------------


def test_work_that_no_job_could_begin_is_found(queue: psycopg.Connection) -> None:
    """A job that has begun does not count: it may have read the table before."""

    def without_job() -> set[str]:
        return {task.name for task in worker._tasks_without_job()}

    assert without_job() == set()
    requests.create(queue, "CLUSTER", "busy")
    requests.create(queue, "INCREMENTAL")
    boards.request(queue, "wins")
    every = {worker.CLUSTERS_TASK, worker.RUNS_TASK, worker.BOARDS_TASK}
    assert without_job() == set()
    queue.execute(f"update {JOBS} set status = 'doing' where task_name = %s", [worker.RUNS_TASK])
    assert without_job() == {worker.RUNS_TASK}
    queue.execute(f"delete from {JOBS}")
    assert without_job() == every
    queue.execute("update app.etl_requests set next_attempt_at = now() + interval '1 hour'")
    assert without_job() == {worker.BOARDS_TASK}
    queue.execute("update app.leaderboard_runs set status = 'FAILED', error = 'why'")
    assert without_job() == set()


def test_work_that_ends_though_nobody_stopped_it_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After which the worker connects again; procrastinate just returns in both cases."""

    async def run_until(stopped: asyncio.Event, **_: object) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await stopped.wait()

    async def work(is_lost: bool) -> None:
        stopped = asyncio.Event()
        monkeypatch.setattr(worker.app, "run_worker_async", partial(run_until, stopped))
        task = asyncio.create_task(worker._work_on_queue("runs", concurrency=1))
        await asyncio.sleep(0)
        if is_lost:
            stopped.set()
        else:
            task.cancel()
        await task

    with pytest.raises(ConnectorException, match="the work on the queue runs ended"):
        asyncio.run(work(is_lost=True))
    asyncio.run(work(is_lost=False))


def test_a_worker_is_heard_of_often_enough_not_to_be_taken_for_dead() -> None:
    """Also when one heartbeat comes late."""
    interval = worker.app.worker_defaults["update_heartbeat_interval"]
    assert 0 < 2 * interval < requests.DEAD_AFTER
    assert worker.app.worker_defaults["stalled_worker_timeout"] == requests.DEAD_AFTER


def test_the_sweep_drops_the_jobs_of_dead_workers_and_begins_their_work_again(
    queue: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose worker was heard of less than DEAD_AFTER seconds ago is left alone."""
    requests.create(queue, "INCREMENTAL")
    boards.request(queue, "wins")
    for task, seconds in ((worker.RUNS_TASK, 60), (worker.BOARDS_TASK, 0)):
        (number,) = queue.execute(
            f"insert into {WORKERS} (last_heartbeat) values (now() - %s * interval '1 second')"
            " returning id",
            [seconds],
        ).fetchone()
        queue.execute(
            f"update {JOBS} set status = 'doing', worker_id = %s where task_name = %s",
            [number, task],
        )

    class Swept(Exception):
        pass

    async def pause(seconds: float) -> None:
        assert seconds == worker.PAUSE
        raise Swept

    async def sweep_once() -> None:
        connector = PsycopgConnector(
            conninfo=database.url(), kwargs={"options": "-c search_path=procrastinate"}
        )
        with worker.app.replace_connector(connector):
            async with worker.app.open_async():
                monkeypatch.setattr(worker, "asyncio", Pausing(pause))
                await worker._sweep_repeatedly()

    with pytest.raises(Swept):
        asyncio.run(sweep_once())
    left = queue.execute(f"select task_name, status::text from {JOBS} order by 1, 2").fetchall()
    assert left == [
        # begun by a worker that lives, and begun again because it may have read too early
        (worker.BOARDS_TASK, "doing"),
        (worker.BOARDS_TASK, "todo"),
        (worker.RUNS_TASK, "todo"),
    ]


class Pausing:
    """The module asyncio with another sleep."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.sleep = sleep
        self.to_thread = asyncio.to_thread


def test_a_worker_connects_again_as_soon_as_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([True, True, False])

    def attempt(longest: float) -> None:
        if next(answers):
            raise DatabaseAway("no connection to x: no such file")

    monkeypatch.setattr(worker, "PAUSE", 0.01)
    monkeypatch.setattr(worker.database, "wait_for", attempt)
    with structlog.testing.capture_logs() as logged:
        asyncio.run(worker._wait_until_back(asyncio.Event()))
    # what it waits for is said by the watch (test_watching.py)
    assert [line["event"] for line in logged] == ["the worker connects again"]
    assert next(answers, None) is None


def test_a_worker_that_is_to_stop_waits_for_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(longest: float) -> None:
        stopped.set()
        raise DatabaseAway("it is away")

    stopped = asyncio.Event()
    monkeypatch.setattr(worker.database, "wait_for", attempt)
    asyncio.run(worker._wait_until_back(stopped))
