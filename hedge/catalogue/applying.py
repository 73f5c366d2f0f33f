"""Boards and seasons of the database as files that are reviewed, and files applied to it.

A plan is made by writing and rolling back, so that what would be refused is refused at once.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import scalar_row

from hedge import boards, known_names, runs, seasons
from hedge.boards import Board
from hedge.catalogue import files
from hedge.catalogue.files import Line, Record, SeasonWeight
from hedge.errors import HedgeError, UsageError, raise_faults
from hedge.seasons import Season
from hedge.suggestions import did_you_mean

_WITH_ENTRIES = (
    "select distinct leaderboard_key from app.leaderboard_runs"
    " where status = 'COMPLETE' and row_count > 0"
)
_WITH_POINTS = "select distinct season_id from analytics.season_progress"


@dataclass(frozen=True)
class FieldChange:
    """A field, or the weight of a challenge, before and after; None is none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What files change of a board or season. An archived one is in no file, and becomes inactive;
    nothing is deleted. has_results says that players see entries or points of it."""

    key: str
    name: str
    action: Literal["created", "changed", "archived"]
    has_results: bool
    fields: list[FieldChange]


def export_boards(connection: psycopg.Connection, folder: Path) -> list[Path]:
    """Write all boards into a folder; returns the files."""
    return [files.write(folder, Board, boards.all_boards(connection))]


def export_seasons(connection: psycopg.Connection, folder: Path) -> list[Path]:
    """Write all seasons and their weights into a folder; returns the files."""
    found = _live_seasons(connection)
    weights = [
        SeasonWeight(season, challenge, weight)
        for season in sorted(found)
        for challenge, weight in sorted(_live_weights(connection, season).items())
    ]
    return [
        files.write(folder, Season, [found[season] for season in sorted(found)]),
        files.write(folder, SeasonWeight, weights),
    ]


def plan_boards(connection: psycopg.Connection, folder: Path) -> list[Change]:
    """What the boards of a folder change; nothing is written.

    Files that cannot be read, unknown metrics and categories, and values that a board cannot have
    are a UsageError with file and line.
    """
    with connection.transaction(force_rollback=True):
        return _put_boards(connection, folder)


def apply_boards(connection: psycopg.Connection, folder: Path, planned: Sequence[Change]) -> None:
    """Make the changes of a plan, in one transaction; a HedgeError where they are others now."""
    _apply(connection, folder, planned, _put_boards, "app.leaderboard_defs")


def plan_seasons(connection: psycopg.Connection, folder: Path) -> list[Change]:
    """What the seasons and weights of a folder change; errors are those of plan_boards."""
    with connection.transaction(force_rollback=True):
        return _put_seasons(connection, folder)


def apply_seasons(connection: psycopg.Connection, folder: Path, planned: Sequence[Change]) -> None:
    """Make the changes of a plan, in one transaction; a HedgeError where they are others now."""
    _apply(connection, folder, planned, _put_seasons, "app.seasons, app.season_challenge_weights")


def _apply(
    connection: psycopg.Connection,
    folder: Path,
    planned: Sequence[Change],
    put: Callable[[psycopg.Connection, Path], list[Change]],
    tables: str,
) -> None:
    with connection.transaction():
        # nobody else writes between the comparison with the plan and the commit
        connection.execute(f"lock table {tables} in share row exclusive mode")
        if put(connection, folder) != list(planned):
            raise HedgeError(
                "what these files change is not what was shown any more: nothing was written; "
                "look at it again"
            )


def _put_boards(connection: psycopg.Connection, folder: Path) -> list[Change]:
    runs.require_deployed(connection)
    lines = files.read(folder, Board)
    live = {board.key: board for board in boards.all_boards(connection)}
    keys = {line.record.key for line in lines}
    edited = [line for line in lines if live.get(line.record.key) != line.record]
    archived = [
        Line(str(folder), dataclasses.replace(board, is_active=False))
        for key, board in live.items()
        if board.is_active and key not in keys
    ]
    _write_each(
        connection,
        [*archived, *edited],
        lambda board: boards.add(connection, board, replace_existing=True),
    )
    with_entries = _keys(connection, _WITH_ENTRIES)
    return sorted(
        (
            Change(
                key=line.record.key,
                name=line.record.name,
                action=_action(live.get(line.record.key), is_archived=line in archived),
                has_results=line.record.key in with_entries,
                fields=list(_field_changes(live.get(line.record.key), line.record)),
            )
            for line in [*archived, *edited]
        ),
        key=lambda change: change.key,
    )


def _put_seasons(connection: psycopg.Connection, folder: Path) -> list[Change]:
    runs.require_deployed(connection)
    lines = files.read(folder, Season)
    ids = [line.record.id for line in lines]
    weights = files.read(folder, SeasonWeight)
    _require_seasons(weights, ids)
    live = _live_seasons(connection)
    edited = [line for line in lines if live.get(line.record.id) != line.record]
    archived = [
        Line(str(folder), dataclasses.replace(season, is_active=False))
        for key, season in live.items()
        if season.is_active and key not in ids
    ]
    # Active seasons may not overlap: those that end to be active come first.
    _write_each(
        connection,
        sorted([*archived, *edited], key=lambda line: line.record.is_active),
        lambda season: seasons.add(connection, season, replace_existing=True),
    )
    before = {key: _live_weights(connection, key) for key in live}
    changes = []
    with_points = _keys(connection, _WITH_POINTS)
    for line in [*archived, *lines]:
        season, is_archived = line.record, line in archived
        weight_changes: list[FieldChange] = []
        if not is_archived:
            of_season = [one for one in weights if one.record.season_id == season.id]
            new = {one.record.challenge_key: one.record.weight for one in of_season}
            weight_changes = list(_weight_changes(before.get(season.id, {}), new))
            if weight_changes:
                _put_weights(connection, season.id, of_season)
        if is_archived or line in edited or weight_changes:
            changes.append(
                Change(
                    key=season.id,
                    name=season.name,
                    action=_action(live.get(season.id), is_archived=is_archived),
                    has_results=season.id in with_points,
                    fields=[*_field_changes(live.get(season.id), season), *weight_changes],
                )
            )
    return sorted(changes, key=lambda change: change.key)


def _put_weights(
    connection: psycopg.Connection, season: str, given: Sequence[Line[SeasonWeight]]
) -> None:
    rows = [line.record.given() for line in given]
    faults = [
        f"{line.place}: {known_names.with_suggestion(connection, fault)}"
        for line, fault in zip(given, seasons.weight_faults(connection, rows), strict=True)
        if fault
    ]
    raise_faults(faults, UsageError)
    seasons.put_weights(connection, season, rows, only=True)


def _require_seasons(weights: Sequence[Line[SeasonWeight]], ids: Sequence[str]) -> None:
    faults = [
        f"{line.place}: {files.NAMES[Season][0]} has no season {line.record.season_id}"
        f"{did_you_mean(line.record.season_id, ids)}"
        for line in weights
        if line.record.season_id not in ids
    ]
    raise_faults(faults, UsageError)


def _write_each(
    connection: psycopg.Connection, lines: Sequence[Line[Record]], write: Callable[[Record], object]
) -> None:
    """Write each row; a UsageError lists the faults of all with their places."""
    faults = []
    for line in lines:
        try:
            with connection.transaction():
                write(line.record)
        except UsageError as error:
            faults.append(f"{line.place}: {error}")
    raise_faults(faults, UsageError)


def _live_seasons(connection: psycopg.Connection) -> dict[str, Season]:
    names = [field.name for field in dataclasses.fields(Season)]
    return {
        one.id: Season(**{name: getattr(one, name) for name in names})
        for one in seasons.all_seasons(connection)
    }


def _live_weights(connection: psycopg.Connection, season: str) -> dict[str, Decimal]:
    return {one.challenge_key: one.weight for one in seasons.weights(connection, season)}


def _action(live: object | None, *, is_archived: bool) -> Literal["created", "changed", "archived"]:
    if live is None:
        return "created"
    return "archived" if is_archived else "changed"


def _field_changes(before: Board | Season | None, after: Board | Season) -> Iterator[FieldChange]:
    """The fields that differ; those of a new board or season are in its file."""
    if before is None:
        return
    for field in dataclasses.fields(after):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new:
            yield FieldChange(field.name, old, new)


def _weight_changes(
    before: Mapping[str, Decimal], after: Mapping[str, Decimal]
) -> Iterator[FieldChange]:
    """The weights of a season that differ, by challenge."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield FieldChange(f"weight of {key}", old, new)


def _keys(connection: psycopg.Connection, text: str) -> set[str]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(text).fetchall())
