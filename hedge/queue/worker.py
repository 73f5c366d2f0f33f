"""The worker: serves requests and pending board runs, and starts scheduled runs.

It is a worker of procrastinate, whose jobs are rows of the same database. Requests for clusters
are computed in this process, in which dbt is already loaded. Runs for every cluster and board
runs take minutes, so each gets a process of its own and delays no request for a cluster.

A job is only a wake-up. What has to be computed is read from app.etl_requests and
app.leaderboard_runs, so that a lost job loses no work: a sweep defers a new one.
"""

import asyncio
import contextlib
import signal
import threading
import time
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from procrastinate.tasks import Task

from hedge import board_periods, boards, database, exclusions, logs, runs
from hedge.chain import running
from hedge.dbt_runner import runner
from hedge.errors import DatabaseAway, HedgeError
from hedge.queries import query
from hedge.queue import requests, starting
from hedge.queue.starting import outlives_its_job, run_in_process
from hedge.runs import cancelling
from hedge.runs.watching import watched_database
from hedge.webhooks import delivering

log = structlog.get_logger("hedge.queue.worker")
#: Seconds that a worker which is to stop has for the runs in hand, before it cancels them; less
#: than the seconds after which the process ends in any case (hedge/stopping.py).
GRACE = 6
#: Seconds between two sweeps, and before the worker connects again to a lost database.
PAUSE = 2
#: Seconds for which a connection of the queue is waited for before the database counts as away.
LONGEST_WAIT = 5
#: The names of the tasks whose jobs triggers create (hedge/migrations/0005-service.sql).
CLUSTERS_TASK = "hedge.worker.serve_clusters"
RUNS_TASK = "hedge.worker.serve_runs"
BOARDS_TASK = "hedge.worker.serve_boards"
PREVIEWS_TASK = "hedge.worker.serve_previews"

#: Set when the worker is to stop: then no further request is taken.
_stopping = threading.Event()

app = procrastinate.App(
    connector=PsycopgConnector(),
    worker_defaults={
        "install_signal_handlers": False,
        "delete_jobs": "always",
        "update_heartbeat_interval": requests.DEAD_AFTER / 4,
        "stalled_worker_timeout": requests.DEAD_AFTER,
    },
)


@app.task(queue="clusters", name=CLUSTERS_TASK)
def serve_clusters() -> None:
    """Compute the clusters whose requests wait."""
    with database.connect() as connection:
        if _is_held(connection, tell=True):
            return
        if served := requests.serve_clusters(connection, _stopping.is_set):
            log.info("clusters served", requests=served)


@app.task(queue="runs", name=RUNS_TASK)
@outlives_its_job
async def serve_runs() -> None:
    """Do the requested runs for every cluster."""
    with database.connect() as connection:
        if _is_held(connection, tell=True):
            return
        while not _stopping.is_set() and (
            taken := requests.take(connection, ["FULL", "INCREMENTAL"], 1)
        ):
            (request,) = taken
            caused_by = [request.caused_by] if request.caused_by else []
            failure = await run_in_process(request.kind, *caused_by)
            if failure is None:
                requests.delete_served(connection, [request.request_id])
            elif failure.is_cancelled:
                requests.release(connection, [request.request_id])
            elif failure.is_temporary:
                requests.hold_back(connection, [request], failure)
            else:
                requests.record_failure(connection, [request.request_id], str(failure))


@app.task(queue="runs", name=BOARDS_TASK)
@outlives_its_job
async def serve_boards() -> None:
    """Compute the board runs that are PENDING."""
    with database.connect() as connection:
        caused_by = boards.causes_of_pending(connection)
    await run_in_process("PENDING_BOARDS", *caused_by)


@app.task(queue="runs", name=PREVIEWS_TASK)
@outlives_its_job
async def serve_previews() -> None:
    """Compute the previews of exclusions that wait."""
    await run_in_process("PREVIEWS")


@app.periodic(cron="*/10 * * * *")
@app.task(queue="runs")
@outlives_its_job
async def incremental(timestamp: int) -> None:
    """Compute the clusters that may have changed since the last run, every ten minutes."""
    await run_in_process("INCREMENTAL")


@app.periodic(cron="15 3 * * *")
@app.task(queue="runs")
@outlives_its_job
async def full(timestamp: int) -> None:
    """Compute every cluster, every night; then delete old rows of the ledger."""
    await run_in_process("FULL")
    await run_in_process("PRUNE")


@app.periodic(cron="5 * * * *")
@app.task(queue="runs")
@outlives_its_job
async def due_boards(timestamp: int) -> None:
    """Compute the boards whose newest complete period has no run, and the seasons whose standings
    are to be final, every hour and when a worker starts."""
    await run_in_process("DUE_BOARDS")


def _cancel_runs() -> None:
    """End the runs in hand: their requests wait for another worker."""
    log.warning("the runs in hand are cancelled", after=GRACE)
    cancelling.cancel_runs()
    starting.terminate_processes()


async def run() -> None:
    """Work until SIGTERM or SIGINT. The runs in hand are finished first; those that take more
    than GRACE seconds are cancelled, and their requests wait again.

    When the connection to the database is lost, the worker connects again until it succeeds.
    """
    with watched_database(PAUSE):
        await _run_watched()


async def _run_watched() -> None:
    with contextlib.suppress(psycopg.Error, DatabaseAway), runs.ready():
        pass
    stopped = asyncio.Event()
    _stopping.clear()
    cancelling.allow_runs()

    def stop() -> None:
        if not stopped.is_set():
            asyncio.get_running_loop().call_later(GRACE, _cancel_runs)
        _stopping.set()
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Handlers of asyncio would take the pipe from hedge/stopping.py, and this loop may hang.
        signal.signal(number, lambda number, frame: loop.call_soon_threadsafe(stop))
    await asyncio.to_thread(_warm_up)
    log.info("worker ready")
    is_start = True
    while not stopped.is_set():
        working = asyncio.create_task(_work_until_cancelled(is_start=is_start))
        is_start = False
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stopped.is_set():
            working.cancel()
        try:
            await working
        except* asyncio.CancelledError:
            log.info("stopping")
        except* (ConnectorException, psycopg.Error, HedgeError, OSError) as errors:
            log.warning("the database was lost", error=logs.sentence_of(errors) or str(errors))
            await _wait_until_back(stopped)
    await starting.wait_for_runs()
    log.info("worker stopped")


async def _wait_until_back(stopped: asyncio.Event) -> None:
    """Return when the database can be reached again, or the worker is to stop."""
    while not stopped.is_set():
        with contextlib.suppress(DatabaseAway):
            await asyncio.to_thread(database.wait_for, 0)
            log.warning("the worker connects again")
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), PAUSE)


def _warm_up() -> None:
    """Load dbt and parse the project, so that the first request does not wait for that.

    Where the database goes away meanwhile, the work begins when it is back.
    """
    with contextlib.suppress(HedgeError, psycopg.Error):
        runner().keep_sessions()
        runs.cluster([])


async def _defer_due_boards() -> None:
    """Let boards be computed that are due: nobody waits for the next hour after a pause of the
    workers, or when the first one begins."""

    def are_due() -> bool:
        with database.connect() as connection:
            if _is_held(connection):
                return False
            parameters = board_periods.period_parameters(connection, None, "DUE", None, None)
            return bool(board_periods.planned_runs(connection, parameters))

    try:
        if await asyncio.to_thread(are_due):
            at_start = due_boards.configure(queueing_lock=f"{due_boards.name} at start")
            await at_start.defer_async(timestamp=int(time.time()))
    except AlreadyEnqueued:
        pass
    except (HedgeError, psycopg.Error) as error:
        log.warning("boards were not looked at", error=str(error))


async def _work_until_cancelled(*, is_start: bool) -> None:
    connector = PsycopgConnector(
        conninfo=database.with_network_options(database.url()),
        kwargs={
            "application_name": "hedge-worker",
            "options": f"-c search_path=procrastinate {database.SESSION_OPTIONS}",
        },
        min_size=2,
        max_size=6,
        timeout=LONGEST_WAIT,
    )
    with app.replace_connector(connector):
        try:
            async with app.open_async(), asyncio.TaskGroup() as group:
                if is_start:
                    group.create_task(_defer_due_boards())
                # dbt does one run at a time in a process
                group.create_task(_work_on_queue("clusters", concurrency=1))
                # a run takes minutes, for which nobody who links a wallet waits
                group.create_task(
                    _work_on_queue("runs", concurrency=2, shutdown_graceful_timeout=0)
                )
                group.create_task(_sweep_repeatedly())
                group.create_task(delivering.deliver_repeatedly())
                group.create_task(running.follow_beside())
        finally:
            # Where it was cancelled while the pool opened, the tasks of the pool would go on.
            await connector.close_async()


async def _work_on_queue(queue: str, **options: Any) -> None:
    """Execute the jobs of a queue until cancelled, with options of procrastinate.

    procrastinate may return when it has lost the database. That is raised as an error here, so
    that run() connects again.
    """
    await app.run_worker_async(queues=[queue], **options)
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        raise ConnectorException(f"the work on the queue {queue} ended")


async def _sweep_repeatedly() -> None:
    """Delete the jobs of dead workers, and defer jobs for work that has none."""
    while True:
        # Beside the pool, which would not say why it has no connection.
        await asyncio.to_thread(database.wait_for, 0)
        await app.job_manager.prune_stalled_workers(requests.DEAD_AFTER)
        for job in await app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=requests.DEAD_AFTER
        ):
            log.warning("job of a dead worker dropped", task=job.task_name)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        for task in await asyncio.to_thread(_tasks_without_job):
            await task.defer_async()
        await asyncio.sleep(PAUSE)


def _is_held(connection: psycopg.Connection, *, tell: bool = False) -> bool:
    """Whether every run would be refused, because it is not known which definitions are live.

    Requests then wait for the next deploy. To try them would only use up their attempts.
    """
    try:
        runs.require_known_definitions(connection)
    except HedgeError as error:
        if tell:
            log.error("no run is possible", error=str(error))
        return True
    return False


def _tasks_without_job() -> list[Task[Any, Any, Any]]:
    """The tasks that have work but no job that could begin it."""
    with database.connect() as connection:
        if _is_held(connection):
            return []
        work: list[tuple[Task[Any, Any, Any], bool]] = [
            (serve_clusters, requests.any_waiting(connection, "CLUSTER", "ENDS")),
            (serve_runs, requests.any_waiting(connection, "FULL", "INCREMENTAL")),
            (serve_boards, boards.is_pending(connection)),
            (serve_previews, exclusions.previews.do_wait(connection)),
        ]
        with_job = {name for (name,) in connection.execute(query("worker_tasks_with_job"))}
    return [task for task, has_work in work if has_work and task.name not in with_job]
