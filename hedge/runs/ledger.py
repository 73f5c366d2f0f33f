"""The run ledger, app.etl_runs: a row for every execution of the pipeline."""

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge import database, environments
from hedge.errors import UsageError
from hedge.ids import is_id
from hedge.queries import query

RunKind = Literal["DEPLOY", "FULL", "INCREMENTAL", "CLUSTER", "BOARD", "SEASON", "ENDS", "PARTIAL"]
RunState = Literal["RUNNING", "SUCCESS", "PARTIAL", "FAILED", "CANCELLED"]

#: The error of a run, or of a board run, whose process has died.
PROCESS_ENDED = "the process ended before the run did"
#: How long events are kept, in days.
KEPT_EVENTS = 30


@dataclass(frozen=True)
class Model:
    """What a run did with one table: the number of rows written, the seconds taken, and how many
    seconds after the start of the run it began, None where that is not known."""

    name: str
    state: str
    rows: int | None
    seconds: float
    began: float | None


@dataclass(frozen=True)
class Run:
    """A row of the run ledger. scope_size is the number of clusters; None means every cluster.
    note is what a person should know of it, such as that a deploy was not checked."""

    run_id: int
    kind: RunKind
    scope_size: int | None
    as_of: datetime
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    models: list[Model]
    error: str | None
    note: str | None

    @property
    def seconds(self) -> float | None:
        """The duration of the run in seconds; None while it is running."""
        return (
            None
            if self.finished_at is None
            else (self.finished_at - self.started_at).total_seconds()
        )


def ledger(connection: psycopg.Connection, limit: int = 10, before: int | None = None) -> list[Run]:
    """The newest runs, newest first; with before, only runs with a smaller run_id."""
    sweep(connection)
    return _runs(connection, "runs_list", {"limit": limit, "before": before})


def run_of_number(connection: psycopg.Connection, number: int) -> Run:
    """One run; an unknown number is a UsageError."""
    found = ledger(connection, 1, number + 1) if is_id(number) else []
    if not found or found[0].run_id != number:
        raise UsageError(f"no run {number}")
    return found[0]


def run_of_invocation(connection: psycopg.Connection, invocation: str | None) -> Run | None:
    """The run that an invocation of dbt recorded; None where it recorded none, or dbt had not begun
    (no invocation)."""
    found = _runs(connection, "runs_of_invocation", {"invocation": invocation})
    return found[0] if found else None


def run_of_cause(connection: psycopg.Connection, cause: str, since: datetime) -> Run | None:
    """The run since an instant that a request with this cause led to and that computed something;
    of several, first one that left something out, then the newest. None where there is none."""
    found = _runs(connection, "runs_of_cause", {"cause": cause, "since": since})
    return found[0] if found else None


def reusable_full_run(
    connection: psycopg.Connection, as_of: datetime, definitions: str
) -> Run | None:
    """The newest full run as of an instant, if it used the given definitions and no fact, link
    or season has changed since; else None."""
    parameters = {"as_of": as_of, "definitions": definitions}
    found = _runs(connection, "runs_reusable_full_run", parameters)
    return found[0] if found else None


def record_failed_run(
    connection: psycopg.Connection,
    kind: RunKind,
    as_of: datetime | None,
    definitions: str,
    error: str,
    scope_size: int | None = None,
    invocation: str | None = None,
    caused_by: Sequence[str] = (),
) -> None:
    """Record a run that failed before dbt could record it, for example because the project does
    not parse; or close the row that dbt could not close. invocation is that of dbt, if there was
    one; caused_by are the ids of the API requests that requested the run."""
    connection.execute(
        query("runs_record_failure"),
        {
            "invocation": invocation or str(uuid.uuid4()),
            "kind": kind,
            "scope_size": scope_size,
            "as_of": as_of,
            "definitions": definitions,
            "error": error,
            "caused_by": list(caused_by),
        },
    )


def record_cancellation(
    connection: psycopg.Connection,
    invocation: str | None,
    reason: str,
    marts: Sequence[dict[str, Any]],
) -> None:
    """Close the row of a run that was cancelled, unless it had ended before; nothing where dbt had
    not begun (no invocation), or the database is lost, too. marts are {name, state, rows, seconds}
    of those that it had begun, for a row that dbt has not closed."""
    with contextlib.suppress(psycopg.OperationalError):
        connection.execute(
            query("runs_record_cancellation"),
            {"invocation": invocation, "error": reason, "marts": Jsonb(list(marts))},
        )


def dead_runs(connection: psycopg.Connection) -> list[tuple[int, RunKind, str]]:
    """The runs in progress whose process has died: run_id, kind, and since when each is
    RUNNING."""
    return connection.execute(query("runs_dead")).fetchall()


def sweep(connection: psycopg.Connection) -> None:
    """Mark runs as FAILED whose process has died."""
    if dead := [run for run, _, _ in dead_runs(connection)]:
        connection.execute(query("runs_sweep"), {"runs": dead, "error": PROCESS_ENDED})


def prune(connection: psycopg.Connection, days: int) -> dict[str, Any]:
    """Delete runs, rejected rows and files of deployed definitions that are older than a number of
    days, events that are older than 30 or as many, and environments that no run has used for as
    long; returns how many of each, as {runs, rejected_rows, projects, events}, and the names of the
    environments. Ends of past periods go with the runs that computed them. What the next
    incremental run reads and what an undo can go back to is kept."""
    projects = 0
    if database.exists(connection, "analytics.tier_unlocks"):
        projects = connection.execute(query("deployed_prune"), {"days": days}).rowcount
    with connection.cursor(row_factory=dict_row) as cursor:
        pruned = database.one_row(cursor.execute(query("runs_prune"), {"days": days}))
    connection.execute(query("ends_prune"))
    events = database.value(connection, query("events_prune"), {"days": min(days, KEPT_EVENTS)})
    dropped = environments.drop_idle(connection, days)
    return pruned | {"projects": projects, "events": events, "environments": dropped}


def _runs(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> list[Run]:
    """The runs that a named query selects."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [
            Run(**row | {"models": [Model(**{"began": None} | model) for model in row["models"]]})
            for row in cursor.execute(query(name), parameters)
        ]
