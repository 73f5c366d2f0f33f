"""Which periods of boards a run computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from hedge import database, known_names, runs
from hedge.errors import UsageError
from hedge.queries import query

#: The period that a run computes: the one that contains the as-of instant, the last complete one,
#: or the one that is due (hedge/sql/boards_periods.sql).
Mode = Literal["CURRENT", "PREVIOUS", "DUE"]
#: For how long a board has to be due before it is overdue: a worker computes due boards each hour.
OVERDUE_AFTER = timedelta(hours=2)


@dataclass(frozen=True)
class PlannedRun:
    """A board run to compute. id is that of a PENDING run; None where the run has no row yet.
    caused_by is the id of the API's request that asked for it."""

    id: int | None
    leaderboard_key: str
    period_start: datetime | None
    period_end: datetime | None
    caused_by: str | None = None


def period_parameters(
    connection: psycopg.Connection,
    keys: Sequence[str] | None,
    mode: Mode,
    span: tuple[datetime, datetime] | None,
    as_of: datetime | None,
) -> dict[str, Any]:
    """The parameters of hedge/sql/boards_periods.sql."""
    if span is not None and span[0] >= span[1]:
        raise UsageError(
            f"the period from {span[0].isoformat()} to {span[1].isoformat()}"
            " does not end after it starts"
        )
    instant: datetime = as_of or database.value(connection, "select now()")
    runs.require_past(connection, instant)
    return {
        "keys": keys and sorted(set(keys)),
        "mode": mode,
        "period_start": span and span[0],
        "period_end": span and span[1],
        "as_of": instant,
        "drafts": True,
    }


def due_periods(
    connection: psycopg.Connection, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The boards that are due and have a period, each as its key and the begin and the end of the
    period, both None for all time. parameters are of the mode DUE."""
    found = connection.execute(query("boards_periods"), parameters)
    return [tuple(period) for *period, fault, is_due in found if is_due and fault is None]


def planned_runs(connection: psycopg.Connection, parameters: dict[str, Any]) -> list[PlannedRun]:
    """The runs to compute. In mode DUE boards that are not due or have no period are omitted, and
    stale runs are added; in the other modes a board without a period, or with one whose run is
    final because the board is frozen, is a UsageError."""
    if parameters["mode"] == "DUE":
        due = due_periods(connection, parameters)
        stale = connection.execute(query("boards_stale_periods"), parameters).fetchall()
        periods = list(dict.fromkeys(due + stale))
    else:
        found = connection.execute(query("boards_periods"), parameters).fetchall()
        if faults := [fault for *_, fault, _ in found if fault]:
            raise UsageError(known_names.with_suggestion(connection, faults[0]))
        periods = [row[:3] for row in found]
    return [PlannedRun(None, *period) for period in periods]


def rounds(planned: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """Planned runs in rounds that have each board once at most. The runs of one period are in the
    same round, where they share its metrics."""
    periods: dict[tuple[datetime | None, datetime | None], list[PlannedRun]] = {}
    for run in planned:
        periods.setdefault((run.period_start, run.period_end), []).append(run)
    found: list[list[PlannedRun]] = []
    for of_one_period in periods.values():
        keys = {run.leaderboard_key for run in of_one_period}
        for others in found:
            if keys.isdisjoint(run.leaderboard_key for run in others):
                others.extend(of_one_period)
                break
        else:
            found.append(of_one_period)
    return found
