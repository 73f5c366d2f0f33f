"""Boards and their runs. A board run ranks clusters by its metrics for one period."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from hedge import audit, database, drafts, known_names, runs
from hedge.board_definitions import (
    Board,
    BoardRun,
    BoardRunStatus,
    Direction,
    Entry,
    LastKey,
    ListedBoard,
    OrderingKey,
    Ranking,
    State,
    TimeWindow,
    fields_of_keys,
    ordering_keys,
)
from hedge.board_periods import Mode, PlannedRun, period_parameters, planned_runs, rounds
from hedge.counting import counted
from hedge.errors import AlreadyExists, HedgeError, RunFailed, StateError, UsageError
from hedge.ids import is_id
from hedge.names.titles import cleaned
from hedge.queries import query, upsert
from hedge.runs import Report

__all__ = [
    "Board",
    "BoardRun",
    "BoardRunStatus",
    "Direction",
    "Entry",
    "LastKey",
    "ListedBoard",
    "OrderingKey",
    "Ranking",
    "State",
    "TimeWindow",
    "fields_of_keys",
    "ordering_keys",
]

#: The first key of the advisory lock of a board; the second is the hash of its key.
BOARD_LOCK = 0x626F6172


def all_boards(connection: psycopg.Connection) -> list[Board]:
    """Every board, by key."""
    return _boards(connection, None)


def listed_boards(connection: psycopg.Connection) -> list[ListedBoard]:
    """Every board with its newest run, by key."""
    newest = newest_runs(connection)
    return [
        ListedBoard(**vars(board), newest_run=newest.get(board.key))
        for board in all_boards(connection)
    ]


def board(connection: psycopg.Connection, key: str) -> Board:
    """One board; an unknown key is a UsageError."""
    found = _boards(connection, [key])
    if not found:
        raise known_names.unknown(connection, "board", key)
    return found[0]


def _boards(connection: psycopg.Connection, keys: Sequence[str] | None) -> list[Board]:
    with connection.cursor(row_factory=class_row(Board)) as cursor:
        return cursor.execute(query("boards_list"), {"keys": keys}).fetchall()


def add(
    connection: psycopg.Connection,
    new: Board,
    *,
    replace_existing: bool = False,
    unchecked: bool = False,
) -> Board:
    """Insert a board; with replace_existing, update the board that has the same key. Returns the
    board as it is stored, with its name cleaned.

    A draft that is to go live is checked, unless it goes live unchecked (hedge.drafts). A key that
    exists is AlreadyExists (without replace_existing), an unknown category, metric or season, and a
    name that is refused, are a UsageError, and nothing is written.
    """
    runs.require_deployed(connection)
    if fault := _faults(connection, [new]).get(new.key):
        told = known_names.with_suggestion(connection, fault)
        raise UsageError(f"board {new.key}: {told}")
    with database.constraint_errors(f"board {new.key}"), connection.transaction():
        audit.name_actor(connection)
        stored = cleaned(connection, "board", new)
        if replace_existing:
            before = next(iter(_boards(connection, [new.key])), None)
            drafts.require_change(connection, "board", before, stored, unchecked=unchecked)
        written = connection.execute(
            upsert("leaderboard_defs", Board, key="key"),
            dataclasses.asdict(stored) | {"replace_existing": replace_existing},
        )
        if not written.rowcount:
            raise AlreadyExists(f"there is a board {new.key} already")
    return stored


def edit(
    connection: psycopg.Connection, key: str, *, unchecked: bool = False, **changes: Any
) -> Board:
    """Change the given fields of a board and keep the others."""
    with connection.transaction():
        changed = dataclasses.replace(board(connection, key), **changes)
        return add(connection, changed, replace_existing=True, unchecked=unchecked)


def check(connection: psycopg.Connection, key: str) -> drafts.BoardCheck:
    """What must be known of a board before it goes live; an unknown key is a UsageError."""
    return drafts.check_board(
        connection, key, _faults(connection, [board(connection, key)]).get(key)
    )


def _faults(connection: psycopg.Connection, boards: Sequence[Board]) -> dict[str, str]:
    """The first fault of each board that has one, by key."""
    rows = connection.execute(
        query("boards_faults"), {"boards": Jsonb([dataclasses.asdict(board) for board in boards])}
    ).fetchall()
    # Of several rows with one key dict keeps the last, which is the first fault.
    return dict(reversed(rows))


def run(
    keys: Sequence[str] | None = None,
    *,
    mode: Mode = "CURRENT",
    span: tuple[datetime, datetime] | None = None,
    as_of: datetime | None = None,
    report: Report | None = None,
) -> list[BoardRun]:
    """Compute boards, all in one run of dbt, and return their runs; with mode DUE only the boards
    that are due, and stale runs that are not final. keys is None for every active board. A board
    of which several periods are due takes further runs of dbt.

    Runs of the same board do not overlap: each holds the lock of the board. The entries and the
    status COMPLETE are written in one transaction. A board that cannot be computed gets a FAILED
    run with the reason, and the others are computed. An unknown board, or a period that does not
    exist, is a UsageError and nothing is written.
    """
    with runs.ready() as connection:
        parameters = period_parameters(connection, keys, mode, span, as_of)
        instant: datetime = parameters["as_of"]
        planned = planned_runs(connection, parameters)
        with _board_locks(connection, [run.leaderboard_key for run in planned]):
            _sweep(connection)
            # Planned again: another process may have computed boards that were due while this
            # one waited for the locks. What has become stale meanwhile has no lock and waits.
            still_due = planned_runs(connection, parameters)
            planned = [run for run in planned if run in still_due]
            done, errors = [], []
            for of_different_boards in rounds(planned):
                try:
                    done += _compute_runs(connection, of_different_boards, instant, report)
                except HedgeError as error:
                    errors.append(str(error))
            if errors:
                raise HedgeError("; ".join(errors))
            return done


def _compute_runs(
    connection: psycopg.Connection,
    planned: Sequence[PlannedRun],
    as_of: datetime,
    report: Report | None,
) -> list[BoardRun]:
    """Compute planned runs, the first of each board; others of the same board stay PENDING."""
    first = {run.leaderboard_key: run for run in reversed(planned)}
    faults = _faults(connection, _boards(connection, list(first)))
    sound = [run for key, run in first.items() if key not in faults]
    with connection.cursor(row_factory=dict_row) as cursor:
        for key, fault in faults.items():
            cursor.execute(
                query("boards_record_failure"), dataclasses.asdict(first[key]) | {"error": fault}
            )
        with connection.transaction():
            changes_seen = database.value(connection, "select app.see_changes()")
            begun = cursor.execute(
                query("boards_begin"),
                {
                    "changes_seen": changes_seen,
                    "as_of": as_of,
                    "ids": [run.id for run in sound],
                    "keys": [run.leaderboard_key for run in sound],
                    "period_starts": [run.period_start for run in sound],
                    "period_ends": [run.period_end for run in sound],
                },
            ).fetchall()
    ids = [row["run_id"] for row in begun]
    if begun:
        try:
            faults |= _compute_begun(connection, begun, as_of, report)
        except KeyboardInterrupt as stop:
            requested = [run.id for run in sound if run.id is not None]
            cancelled = {"runs": ids, "requested": requested, "error": str(stop) or "interrupted"}
            with contextlib.suppress(psycopg.OperationalError):
                connection.execute(query("boards_end"), cancelled)
            raise
        except HedgeError as error:
            _fail(connection, ids, str(error))
            raise
    if faults:
        sentences = "; ".join(f"board {key}: {fault}" for key, fault in sorted(faults.items()))
        computed = counted(len(first) - len(faults), "board was", "boards were")
        raise HedgeError(f"{computed} computed, and not {sentences}")
    return _runs(connection, ids=ids)[::-1]


def _compute_begun(
    connection: psycopg.Connection,
    begun: Sequence[dict[str, Any]],
    as_of: datetime,
    report: Report | None,
) -> dict[str, str]:
    """Compute board runs that are PROCESSING, and return why some could not be, by board.

    Where a metric source cannot be computed, the boards that rank by it fail alone. Where that is
    so for some clusters, these have no entries, and the runs are marked as stale, so that they are
    computed again.
    """
    try:
        runs.boards(connection, begun, as_of, report)
        return {}
    except RunFailed as failure:
        found = runs.failed_boards(connection, begun, as_of) if failure.is_of_data else None
        if found is None:
            raise
        failed_run = failure.run_id
    others = [row for row in begun if row["run_id"] not in found.faults]
    if others:
        runs.boards(connection, others, as_of, report, found.failed, failed_run)
        connection.execute(query("undo_mark_boards"), {"runs": found.incomplete})
    for number, fault in found.faults.items():
        _fail(connection, [number], fault)
    ended = _runs(connection, ids=list(found.faults))
    return {one.leaderboard_key: found.faults[one.id] for one in ended}


@contextlib.contextmanager
def _board_locks(connection: psycopg.Connection, keys: Sequence[str]) -> Iterator[None]:
    """Hold the advisory locks of boards. They are taken in the order of the keys, so that two
    processes cannot wait for each other."""
    lock = "select pg_advisory_lock(%s, hashtext(%s))"
    for key in sorted(keys):
        connection.execute(lock, [BOARD_LOCK, key])
    try:
        yield
    finally:
        if not connection.broken:
            for key in keys:
                connection.execute(lock.replace("_lock", "_unlock"), [BOARD_LOCK, key])


def dead_runs(connection: psycopg.Connection) -> list[tuple[int, str, str]]:
    """The board runs in progress whose process has died: id, key of the board, and since when
    each is PROCESSING."""
    return connection.execute(query("boards_dead"), {"lock": BOARD_LOCK}).fetchall()


def _sweep(connection: psycopg.Connection) -> None:
    """Mark board runs as FAILED whose process has died."""
    if dead := [run for run, _, _ in dead_runs(connection)]:
        _fail(connection, dead, runs.PROCESS_ENDED)


def _fail(connection: psycopg.Connection, ids: Sequence[int], error: str) -> None:
    """Mark board runs as FAILED with the reason."""
    connection.execute(query("boards_end"), {"runs": list(ids), "requested": [], "error": error})


def request(
    connection: psycopg.Connection,
    key: str,
    span: tuple[datetime, datetime] | None = None,
    caused_by: str | None = None,
) -> int:
    """Request a run of a board, which a worker computes; returns the id of the run. caused_by is
    the id of the API's request.

    Without a span the period is the one that contains now. Errors are those of run().
    """
    board(connection, key)
    parameters = period_parameters(connection, [key], "CURRENT", span, None)
    (planned,) = planned_runs(connection, parameters)
    parameters = dataclasses.asdict(planned) | {"caused_by": caused_by}
    number: int = database.value(connection, query("boards_request"), parameters)
    return number


def is_pending(connection: psycopg.Connection) -> bool:
    """Whether there is a board run that was requested and has not begun."""
    pending = "select exists (select from app.leaderboard_runs where status = 'PENDING')"
    return bool(database.value(connection, pending))


def causes_of_pending(connection: psycopg.Connection) -> list[str]:
    """The ids of the API's requests that asked for the runs which are PENDING."""
    return sorted({run.caused_by for run in _pending_runs(connection) if run.caused_by})


def run_pending(report: Report | None = None) -> list[BoardRun]:
    """Compute the requested runs, in one run of dbt for every board that has one; where a board
    has several, in further runs of dbt."""
    done = []
    with runs.ready() as connection:
        while pending := _pending_runs(connection):
            with _board_locks(connection, [run.leaderboard_key for run in pending]):
                _sweep(connection)
                as_of = database.value(connection, "select now()")
                done += _compute_runs(connection, pending, as_of, report)
    return done


def _pending_runs(connection: psycopg.Connection) -> list[PlannedRun]:
    with connection.cursor(row_factory=class_row(PlannedRun)) as cursor:
        return cursor.execute(query("boards_pending")).fetchall()


def newest_runs(connection: psycopg.Connection) -> dict[str, BoardRun]:
    """The newest run of each board, of any status, by the key of the board."""
    _sweep(connection)
    return {run.leaderboard_key: run for run in _runs(connection, only_newest=True)}


def complete_run(connection: psycopg.Connection, key: str, run: int | None = None) -> BoardRun:
    """The COMPLETE run of a board with an id, by default the run that readers see; HedgeError
    where there is none."""
    board(connection, key)
    if run is None:
        run = database.value(connection, query("boards_latest_run"), {"key": key})
        if run is None:
            raise HedgeError(f"board {key} was not computed yet: run hedge boards run {key}")
    found = any_run(connection, key, run)
    if found.status != "COMPLETE":
        reason = f": {found.error}" if found.error else ""
        raise StateError(f"run {run} of board {key} is {found.status}{reason}")
    return found


def any_run(connection: psycopg.Connection, key: str, run: int) -> BoardRun:
    """The run of a board with an id, of any status; an unknown id is a UsageError."""
    _sweep(connection)
    found = _runs(connection, key=key, ids=[run]) if is_id(run) else []
    if not found:
        raise UsageError(f"board {key} has no run {run}")
    return found[0]


def _runs(
    connection: psycopg.Connection,
    key: str | None = None,
    ids: Sequence[int] | None = None,
    *,
    only_newest: bool = False,
) -> list[BoardRun]:
    """Board runs, newest first: of one board, those with an id, or the newest of each board."""
    with connection.cursor(row_factory=class_row(BoardRun)) as cursor:
        return cursor.execute(
            query("boards_runs"), {"key": key, "ids": ids, "only_newest": only_newest}
        ).fetchall()


def entries(connection: psycopg.Connection, run: int, limit: int | None = None) -> list[Entry]:
    """The entries of a board run, by rank and then cluster."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query("boards_entries"), {"run": run, "limit": limit}).fetchall()


def unit(connection: psycopg.Connection, board: Board) -> str | None:
    """The unit of the scores of a board; None of a metric that is not deployed any more."""
    found: str | None = database.value(connection, query("boards_unit"), {"key": board.key})
    return found


def prune(connection: psycopg.Connection, keep: int) -> int:
    """Delete ended runs with their entries, except the newest of each board; returns the number
    of deleted runs. The run that readers see is never deleted."""
    _sweep(connection)
    return connection.execute(query("boards_prune"), {"keep": keep}).rowcount
