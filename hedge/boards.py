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


def add(connection: psycopg.Connection, new: Board, *, replace_existing: bool = False) -> None:
    """Make a board, or replace it where it may stand already.

    A key that stands, an unknown category, metric or season is a UsageError, and nothing is
    written.
    """
    runs.require_deployed(connection)
    fields = dataclasses.asdict(new)
    if fault := _faults(connection, [new]).get(new.key):
        raise UsageError(f"board {new.key}: {fault}")
    with database.constraint_errors(f"board {new.key}"):
        written = connection.execute(
            query("boards_put"), fields | {"replace_existing": replace_existing}
        )
    if not written.rowcount:
        raise UsageError(f"there is a board {new.key} already")


def edit(connection: psycopg.Connection, key: str, **changes: Any) -> Board:
    """Change the named fields of a board; what is not named stays."""
    with connection.transaction():
        changed = dataclasses.replace(board(connection, key), **changes)
        add(connection, changed, replace_existing=True)
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
    with runs.ready() as connection:
        planned = _plan(connection, keys, mode, span, as_of)
        periods = _periods(connection, planned)
        with _board_locks(connection, [key for key, *_ in periods]):
            _sweep(connection)
            # another process may have done what was due while this one waited
            asked = [(None, *period) for period in _periods(connection, planned)]
            return _compute(connection, asked, planned["as_of"], report)


def _plan(
    connection: psycopg.Connection,
    keys: Sequence[str] | None,
    mode: Mode,
    span: tuple[datetime, datetime] | None,
    as_of: datetime | None,
) -> dict[str, Any]:
    """The parameters of hedge/sql/boards_periods.sql."""
    if span is not None and span[0] >= span[1]:
        raise UsageError(
            f"the period from {span[0].isoformat()} to {span[1].isoformat()} ends before it starts"
        )
    if as_of is None:
        as_of = connection.execute("select now()").fetchone()[0]
    runs.require_past(connection, as_of)
    return {
        "keys": keys and sorted(set(keys)),
        "mode": mode,
        "period_start": span and span[0],
        "period_end": span and span[1],
        "as_of": as_of,
    }


def _periods(connection: psycopg.Connection, planned: dict[str, Any]) -> list[tuple]:
    """Key, start and end of what is to be computed."""
    found = connection.execute(query("boards_periods"), planned).fetchall()
    if planned["mode"] == "DUE":
        return [(key, *period) for key, *period, fault, is_due in found if is_due and not fault]
    if faults := [fault for *_, fault, _ in found if fault]:
        raise UsageError(faults[0])
    return [(key, *period) for key, *period, _, _ in found]


def _compute(
    connection: psycopg.Connection, asked: list[tuple], as_of: datetime, report: Report | None
) -> list[BoardRun]:
    """Compute board runs: the id of one that is pending or None, key, start and end of each.

    Of a board that is asked for twice only the first is computed; the other stays pending.
    """
    faults = _faults(connection, _boards(connection, [key for _, key, *_ in asked]))
    fields = ("id", "key", "period_start", "period_end")
    first = {asking[1]: dict(zip(fields, asking, strict=True)) for asking in reversed(asked)}
    sound = [asking for asking in first.values() if asking["key"] not in faults]
    with connection.cursor(row_factory=dict_row) as cursor:
        for asking in first.values():
            if asking["key"] in faults:
                error = {"error": faults[asking["key"]]}
                cursor.execute(query("boards_record_failure"), asking | error)
        begun = cursor.execute(
            query("boards_begin"), {name + "s": [one[name] for one in sound] for name in fields}
        ).fetchall()
    if begun:
        try:
            runs.boards(connection, begun, as_of, report)
        except HedgeError as error:
            ids = [run["run_id"] for run in begun]
            connection.execute(query("boards_fail"), {"runs": ids, "error": str(error)})
            raise
    if faults:
        sentences = "; ".join(f"board {key}: {fault}" for key, fault in sorted(faults.items()))
        raise HedgeError(f"{len(begun)} boards were computed, and not {sentences}")
    return _runs(connection, runs=[run["run_id"] for run in begun])[::-1]


@contextlib.contextmanager
def _board_locks(connection: psycopg.Connection, keys: Sequence[str]) -> Iterator[None]:
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


def request(
    connection: psycopg.Connection, key: str, span: tuple[datetime, datetime] | None = None
) -> int:
    """Ask for a run of a board, which a worker does; returns the id of the run.

    Without a period it is the one that holds now. What run refuses is refused here.
    """
    board(connection, key)
    (planned,) = _periods(connection, _plan(connection, [key], "CURRENT", span, None))
    written = connection.execute(
        query("boards_request"),
        dict(zip(("key", "period_start", "period_end"), planned, strict=True)),
    )
    return written.fetchone()[0]


def is_pending(connection: psycopg.Connection) -> bool:
    """Whether a run was asked for."""
    pending = "select exists (select from app.leaderboard_runs where status = 'PENDING')"
    return connection.execute(pending).fetchone()[0]


def run_pending(report: Report | None = None) -> list[BoardRun]:
    """Compute the runs that were asked for, all in one run of dbt where no board is asked twice."""
    done = []
    with runs.ready() as connection:
        while pending := connection.execute(query("boards_pending")).fetchall():
            keys = [key for _, key, *_ in pending]
            with _board_locks(connection, keys):
                _sweep(connection)
                as_of = connection.execute("select now()").fetchone()[0]
                done += _compute(connection, pending, as_of, report)
    return done


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
    found = any_run(connection, key, run)
    if found.status != "COMPLETE":
        reason = f": {found.error}" if found.error else ""
        raise HedgeError(f"run {run} of board {key} is {found.status}{reason}")
    return found


def any_run(connection: psycopg.Connection, key: str, run: int) -> BoardRun:
    """A run of a board, whatever became of it; an unknown one is a UsageError."""
    _sweep(connection)
    found = _runs(connection, key=key, runs=[run])
    if not found:
        raise UsageError(f"board {key} has no run {run}")
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
