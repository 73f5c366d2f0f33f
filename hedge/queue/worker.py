"""The worker: runs what was asked for and what is due, woken by the database.

A process of procrastinate (jobs in the same PostgreSQL). Clusters are computed here, by a dbt
that is kept warm; runs for everybody and boards take their time in a process of their own, so
that they keep no player waiting. A job is only a wake-up: what is to be done stands in
app.etl_requests and app.leaderboard_runs, and a sweep finds what a lost job has left.
"""

import asyncio
import contextlib
import signal
import sys

import procrastinate
import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.tasks import Task

from hedge import boards, database, runs
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.queue import requests

log = structlog.get_logger("hedge.queue.worker")
#: A worker that has not said for so long that it lives is dead, in seconds.
DEAD_AFTER = 20
#: After a lost database, the worker looks again after so many seconds.
PAUSE = 2
#: The names of the tasks whose jobs triggers create (hedge/migrations/0005-service.sql).
CLUSTERS_TASK = "hedge.worker.serve_clusters"
RUNS_TASK = "hedge.worker.serve_runs"
BOARDS_TASK = "hedge.worker.serve_boards"

app = procrastinate.App(
    connector=PsycopgConnector(),
    worker_defaults={
        "install_signal_handlers": False,
        "delete_jobs": "always",
        "update_heartbeat_interval": DEAD_AFTER / 4,
        "stalled_worker_timeout": DEAD_AFTER,
    },
)


@app.task(queue="clusters", name=CLUSTERS_TASK)
def serve_clusters() -> None:
    """Compute the clusters that wait."""
    with database.connect() as connection:
        if served := requests.serve_clusters(connection):
            log.info("clusters served", requests=served)


@app.task(queue="runs", name=RUNS_TASK)
async def serve_runs() -> None:
    """Do the runs for everybody that were asked for."""
    with database.connect() as connection:
        while taken := requests.take(connection, ["FULL", "INCREMENTAL"], 1):
            (request,) = taken
            caused_by = [request.caused_by] if request.caused_by else []
            error = await _run_process(request.kind, *caused_by)
            if error:
                requests.failed(connection, [request.request_id], error)
            else:
                requests.done(connection, [request.request_id])


@app.task(queue="runs", name=BOARDS_TASK)
async def serve_boards() -> None:
    """Compute the boards that were asked for."""
    await _run_process("PENDING_BOARDS")


@app.periodic(cron="*/10 * * * *")
@app.task(queue="runs")
async def incremental(timestamp: int) -> None:
    """Compute who was touched since the last run, every ten minutes."""
    await _run_process("INCREMENTAL")


@app.periodic(cron="15 3 * * *")
@app.task(queue="runs")
async def full(timestamp: int) -> None:
    """Compute everybody, every night; then forget what is old."""
    await _run_process("FULL")
    await _run_process("PRUNE")


@app.periodic(cron="5 * * * *")
@app.task(queue="runs")
async def due_boards(timestamp: int) -> None:
    """Compute the boards that have a new complete period."""
    await _run_process("DUE_BOARDS")


async def _run_process(*arguments: str) -> str | None:
    """Run hedge.queue.run_process; returns its error message, None when it succeeded."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hedge.queue.run_process", *arguments),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode == 0:
        log.info("run done", task=" ".join(arguments))
        return None
    error = complaint.decode(errors="replace").strip()
    log.error("run failed", task=" ".join(arguments), error=error)
    return error or f"the process ended with {process.returncode}"


async def run() -> None:
    """Work until SIGTERM or SIGINT; what is in hand is finished first.

    When the database goes away the worker waits for it.
    """
    with runs.ready():
        pass
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await asyncio.to_thread(_warm_up)
    log.info("worker ready")
    while not stopped.is_set():
        working = asyncio.create_task(_work())
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
            log.warning("the database is away", error=_first_line(errors))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), PAUSE)
    log.info("worker stopped")


def _first_line(errors: BaseExceptionGroup) -> str:
    """What the first of several errors says."""
    error = errors.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).strip().partition("\n")[0]


def _warm_up() -> None:
    """Start dbt, so that the first player does not wait for it."""
    with contextlib.suppress(HedgeError):
        runs.cluster([])


async def _work() -> None:
    connector = PsycopgConnector(
        conninfo=database.url(),
        kwargs={
            "application_name": "hedge-worker",
            "options": "-c search_path=procrastinate -c timezone=UTC",
        },
        min_size=2,
        max_size=6,
    )
    with app.replace_connector(connector):
        async with app.open_async(), asyncio.TaskGroup() as group:
            # one at a time, because dbt does one run at a time in a process
            group.create_task(_jobs("clusters", concurrency=1))
            group.create_task(_jobs("runs", concurrency=2))
            group.create_task(_sweep())


async def _jobs(queue: str, concurrency: int) -> None:
    """Work on a queue until cancelled. After a lost database procrastinate may also just
    return; then everything begins anew."""
    await app.run_worker_async(queues=[queue], concurrency=concurrency)
    if not asyncio.current_task().cancelling():
        raise ConnectorException(f"the work on the queue {queue} ended")


async def _sweep() -> None:
    """Find what nobody holds, now and every few seconds: jobs of dead workers, and requests
    without a job."""
    while True:
        await app.job_manager.prune_stalled_workers(DEAD_AFTER)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
            log.warning("job of a dead worker dropped", task=job.task_name)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        for task in await asyncio.to_thread(_left_over):
            await task.defer_async()
        await asyncio.sleep(PAUSE)


def _left_over() -> list[Task]:
    """The tasks that have work and no job."""
    with database.connect() as connection:
        has_work = {
            serve_clusters: requests.is_waiting(connection, "CLUSTER"),
            serve_runs: requests.is_waiting(connection, "FULL", "INCREMENTAL"),
            serve_boards: boards.is_pending(connection),
        }
        jobs = {name for (name,) in connection.execute(query("worker_jobs"))}
    return [task for task, is_left in has_work.items() if is_left and task.name not in jobs]
