"""Boards: what they rank by, and their runs. A run ranks everybody for one period."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.runs import Report

#: The first half of the advisory lock of a board; the other is the hash of its key.
BOARD_LOCK = 0x626F6172

#: Which period a run takes: the one that holds the as-of instant, the last complete one, or
#: what cron computes (hedge/sql/boards_periods.sql).
Mode = Literal["CURRENT", "PREVIOUS", "DUE"]


@dataclass(frozen=True)
class Board:
    """A row of app.leaderboard_defs. The fallback metric breaks ties; its source is the
    board's own unless it is named."""

    key: str
    name: str
    description: str
    category_key: str
    metric_source: str
    metric_key: str
    fallback_metric_source: str | None
    fallback_metric_key: str | None
    time_window: str
    is_active: bool
    is_public: bool
    verified_only: bool
    max_entries: int


@dataclass(frozen=True)
class BoardRun:
    """A row of app.leaderboard_runs: a board for [period_start, period_end), both None for all
    time, as it stood at as_of."""

    id: int
    leaderboard_key: str
    period_start: datetime | None
    period_end: datetime | None
    status: str
    as_of: datetime | None
    row_count: int | None
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One cluster on a board; equals share a rank. The payload says metric, unit and period."""

    rank: int
    cluster_id: str
    score: Decimal
    tiebreaker: Decimal | None
    payload: dict[str, Any]


def all_boards(connection: psycopg.Connection) -> list[Board]:
    """Every board, by key."""
    return _boards(connection, None)


def board(connection: psycopg.Connection, key: str) -> Board:
    """One board; an unknown key is a UsageError."""
    found = _boards(connection, [key])
    if not found:
        raise UsageError(f"no board {key}")
    return found[0]


def _boards(connection: psycopg.Connection, keys: list[str] | None) -> list[Board]:
    with connection.cursor(row_factory=class_row(Board)) as cursor:
        return cursor.execute(query("boards_list"), {"keys": keys}).fetchall()


def add(connection: psycopg.Connection, new: Board, *, may_stand: bool = False) -> None:
    """Make a board, or replace it where it may stand already.

    A key that stands, an unknown category, metric or season is a UsageError, and nothing is
    written.
    """
    runs.require_deployed(connection)
    fields = dataclasses.asdict(new)
    if fault := _faults(connection, [new]).get(new.key):
        raise UsageError(f"board {new.key}: {fault}")
    with database.refusals(f"board {new.key}"):
        written = connection.execute(query("boards_put"), fields | {"may_stand": may_stand})
    if not written.rowcount:
        raise UsageError(f"there is a board {new.key} already")


def edit(connection: psycopg.Connection, key: str, **changes: Any) -> Board:
    """Change the named fields of a board; what is not named stays."""
    with connection.transaction():
        changed = dataclasses.replace(board(connection, key), **changes)
        add(connection, changed, may_stand=True)
    return changed


def _faults(connection: psycopg.Connection, boards: Sequence[Board]) -> dict[str, str]:
    """What is wrong with each board, by key; the first fault of several."""
    rows = connection.execute(
        query("boards_faults"), {"boards": Jsonb([dataclasses.asdict(board) for board in boards])}
    ).fetchall()
    return dict(reversed(rows))


def run(
    keys: Sequence[str] | None = None,
    *,
    mode: Mode = "CURRENT",
    span: tuple[datetime, datetime] | None = None,
    as_of: datetime | None = None,
    report: Report | None = None,
) -> list[BoardRun]:
    """Compute boards, all in one run of dbt, and return their runs; with mode DUE only those
    that are due. keys is None for every active board.

    Two runs of one board are one after the other. Entries and the status COMPLETE come in one
    transaction. A board that cannot be computed has a FAILED run with the reason, and the
    others are computed. An unknown board, or a period that does not exist, is a UsageError
    and nothing is written.
    """
    if span is not None and span[0] >= span[1]:
        raise UsageError(
            f"the period from {span[0].isoformat()} to {span[1].isoformat()} ends before it starts"
        )
    with runs.ready() as connection:
        if as_of is None:
            as_of = connection.execute("select now()").fetchone()[0]
        runs.require_past(connection, as_of)
        planned = {
            "keys": keys and sorted(set(keys)),
            "mode": mode,
            "period_start": span and span[0],
            "period_end": span and span[1],
            "as_of": as_of,
        }
        periods = _periods(connection, planned)
        with _alone(connection, [key for key, *_ in periods]):
            _sweep(connection)
            # another process may have done what was due while this one waited
            periods = _periods(connection, planned)
            return _compute(connection, periods, as_of, report)


def _periods(connection: psycopg.Connection, planned: dict[str, Any]) -> list[tuple]:
    """Key, start and end of what is to be computed."""
    found = connection.execute(query("boards_periods"), planned).fetchall()
    if planned["mode"] == "DUE":
        return [(key, *period) for key, *period, fault, is_due in found if is_due and not fault]
    if faults := [fault for *_, fault, _ in found if fault]:
        raise UsageError(faults[0])
    return [(key, *period) for key, *period, _, _ in found]


def _compute(
    connection: psycopg.Connection, periods: list[tuple], as_of: datetime, report: Report | None
) -> list[BoardRun]:
    faults = _faults(connection, _boards(connection, [key for key, *_ in periods]))
    for key, start, end in periods:
        if key in faults:
            connection.execute(
                query("boards_record_failure"),
                {"key": key, "period_start": start, "period_end": end, "error": faults[key]},
            )
    periods = [period for period in periods if period[0] not in faults]
    begun = []
    if periods:
        keys, starts, ends = zip(*periods, strict=True)
        with connection.cursor(row_factory=dict_row) as cursor:
            begun = cursor.execute(
                query("boards_begin"),
                {"keys": list(keys), "starts": list(starts), "ends": list(ends)},
            ).fetchall()
        ids = [run["run_id"] for run in begun]
        try:
            runs.boards(connection, begun, as_of, report)
        except HedgeError as error:
            connection.execute(query("boards_fail"), {"runs": ids, "error": str(error)})
            raise
    if faults:
        sentences = "; ".join(f"board {key}: {fault}" for key, fault in sorted(faults.items()))
        raise HedgeError(f"{len(begun)} boards were computed, and not {sentences}")
    return _runs(connection, runs=[run["run_id"] for run in begun])[::-1]


@contextlib.contextmanager
def _alone(connection: psycopg.Connection, keys: Sequence[str]) -> Iterator[None]:
    """Hold the locks of boards, taken in one order."""
    lock = "select pg_advisory_lock(%s, hashtext(%s))"
    for key in sorted(keys):
        connection.execute(lock, [BOARD_LOCK, key])
    try:
        yield
    finally:
        if not connection.broken:
            for key in keys:
                connection.execute(lock.replace("_lock", "_unlock"), [BOARD_LOCK, key])


def _sweep(connection: psycopg.Connection) -> None:
    """Mark the runs as FAILED whose process died."""
    connection.execute(query("boards_sweep"), {"lock": BOARD_LOCK})


def newest_runs(connection: psycopg.Connection) -> dict[str, BoardRun]:
    """The newest run of each board, by its key."""
    _sweep(connection)
    with connection.cursor(row_factory=class_row(BoardRun)) as cursor:
        found = cursor.execute(query("boards_newest_runs")).fetchall()
    return {run.leaderboard_key: run for run in found}


def complete_run(connection: psycopg.Connection, key: str, run: int | None = None) -> BoardRun:
    """The run of a board that readers see, or the one named; without one a HedgeError."""
    board(connection, key)
    if run is None:
        with connection.cursor(row_factory=class_row(BoardRun)) as cursor:
            found = cursor.execute(query("boards_latest_run"), {"key": key}).fetchone()
        if found is None:
            raise HedgeError(f"board {key} was not computed yet: run hedge boards run {key}")
        return found
    found = _runs(connection, key=key, runs=[run])
    if not found:
        raise UsageError(f"board {key} has no run {run}")
    if found[0].status != "COMPLETE":
        reason = f": {found[0].error}" if found[0].error else ""
        raise HedgeError(f"run {run} of board {key} is {found[0].status}{reason}")
    return found[0]


def _runs(
    connection: psycopg.Connection,
    key: str | None = None,
    runs: list[int] | None = None,
    limit: int | None = None,
) -> list[BoardRun]:
    with connection.cursor(row_factory=class_row(BoardRun)) as cursor:
        return cursor.execute(
            query("boards_runs"), {"key": key, "runs": runs, "limit": limit}
        ).fetchall()


def entries(connection: psycopg.Connection, run: int, limit: int | None = None) -> list[Entry]:
    """The entries of a run, by rank and then cluster."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query("boards_entries"), {"run": run, "limit": limit}).fetchall()


def prune(connection: psycopg.Connection, keep: int) -> int:
    """Drop all but the newest runs of each board with their entries; return how many went.

    Runs under way and the one that readers see stay.
    """
    _sweep(connection)
    return connection.execute(query("boards_prune"), {"keep": keep}).rowcount
