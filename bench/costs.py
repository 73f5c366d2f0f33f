"""What a run costs: by the clock, of the processors, of WAL, and of the rows of marts."""

from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg

from bench.figures import run_seconds, timed
from hedge import database
from hedge.runs import Run

#: The marts whose rows are counted.
MARTS = ("cluster_metrics", "challenge_progress", "tier_unlocks", "season_progress")
#: A run into empty marts has everything to write.
EMPTY = (
    "truncate analytics.cluster_metrics, analytics.challenge_progress, analytics.tier_unlocks,"
    " analytics.season_progress, analytics.progress_history, app.verified"
)
#: The queries of the server's process id and of the place in its WAL.
POSTMASTER = "select pg_read_file('postmaster.pid')"
WAL = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


@dataclass(frozen=True)
class Cost:
    """What a run cost, in seconds: by the clock, by the run ledger, and of the processors for the
    server and for this process; the bytes of WAL, and the rows by mart, those of all buckets."""

    wall: float
    ledger: float
    server: float
    python: float
    wal: int
    rows: dict[str, int]

    @property
    def busy(self) -> float:
        """The share of the time of all processors that was used."""
        return (self.server + self.python) / (self.wall * (psutil.cpu_count() or 1))


def cost(connection: psycopg.Connection, action: Callable[[], Run]) -> Cost:
    """What a run costs; a checkpoint before it, so that each begins with the same full pages."""
    connection.execute("checkpoint")
    here = psutil.Process()
    wal = database.value(connection, WAL)
    server, python = _server_seconds(connection), _processor_seconds(here)
    wall, run = timed(action)
    if run.state != "SUCCESS":
        raise SystemExit(f"the run ended with {run.state}: {run.error}")
    rows = dict.fromkeys(MARTS, 0)
    for model in run.models:
        # in buckets, a mart has a model for each of them
        mart = model.name.partition("__bucket_")[0]
        if mart in rows:
            rows[mart] += model.rows or 0
    # the processes of the run's sessions have ended by then
    return Cost(
        wall,
        run_seconds(run),
        _server_seconds(connection) - server,
        _processor_seconds(here) - python,
        int(database.value(connection, WAL) - wal),
        rows,
    )


def postmaster(connection: psycopg.Connection) -> psutil.Process:
    """The process of the server that has started all its others."""
    return psutil.Process(int(database.value(connection, POSTMASTER).splitlines()[0]))


def _server_seconds(connection: psycopg.Connection) -> float:
    """The seconds of processor time of the server and of all its processes, ended ones too."""
    return _processor_seconds(postmaster(connection))


def _processor_seconds(process: psutil.Process) -> float:
    """The seconds of processor time of a process and of all its processes, ended ones too."""
    while True:
        try:
            every = [one.cpu_times() for one in (process, *process.children())]
        except psutil.NoSuchProcess:
            continue  # one has ended meanwhile: its time is that of its parent from now on
        return float(
            sum(one.user + one.system + one.children_user + one.children_system for one in every)
        )
