"""Seasons, the weights of their challenges, and the points and levels of clusters."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hedge import audit, database, drafts, known_names, runs
from hedge.board_definitions import State
from hedge.errors import AlreadyExists, HedgeError, StateError, UsageError
from hedge.names.titles import cleaned
from hedge.project import csv_files
from hedge.queries import query, upsert
from hedge.runs import Report, Run

#: What counts in a season.
Scoring = Literal["LIFETIME", "SEASON"]


@dataclass(frozen=True)
class Season:
    """A row of app.seasons, for [starts_at, ends_at). SEASON scoring counts what happens within
    the season, LIFETIME the values of all time."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    is_active: bool = False
    scoring: Scoring = "SEASON"
    state: State = "live"


@dataclass(frozen=True, kw_only=True)
class ListedSeason(Season):
    """A season, whether it is current (active, and containing the as-of instant), and the number
    of challenges that have a weight in it."""

    is_current: bool
    weights: int


@dataclass(frozen=True)
class Weight:
    """The points per unit of a challenge's value."""

    challenge_key: str
    challenge: str | None
    weight: Decimal
    unit: str | None


@dataclass(frozen=True)
class Share(Weight):
    """The points that a challenge gave to one cluster: the counted value times the weight."""

    points: Decimal


@dataclass(frozen=True)
class RankedCluster:
    """One cluster in the ranking of a season; clusters with equal points share a rank."""

    rank: int
    cluster_id: str
    points: Decimal
    level: int
    updated_at: datetime
    verified_to: datetime


@dataclass(frozen=True)
class SeasonProgress:
    """The points and the level of one cluster in a season. next_level_threshold is None at the
    last level."""

    cluster_id: str
    points: Decimal
    level: int
    next_level_threshold: Decimal | None
    updated_at: datetime
    verified_to: datetime


def all_seasons(
    connection: psycopg.Connection, as_of: datetime | None = None
) -> list[ListedSeason]:
    """Every season, the newest first."""
    return _seasons(connection, None, as_of)


def season(connection: psycopg.Connection, season_id: str) -> ListedSeason:
    """One season; an unknown id is a UsageError."""
    found = _seasons(connection, [season_id])
    if not found:
        raise known_names.unknown(connection, "season", season_id)
    return found[0]


def active(connection: psycopg.Connection, as_of: datetime | None = None) -> ListedSeason | None:
    """The active season that contains the as-of instant (by default now); None if none does."""
    return next((one for one in all_seasons(connection, as_of) if one.is_current), None)


def _seasons(
    connection: psycopg.Connection, ids: list[str] | None, as_of: datetime | None = None
) -> list[ListedSeason]:
    with connection.cursor(row_factory=class_row(ListedSeason)) as cursor:
        return cursor.execute(query("seasons_list"), {"ids": ids, "as_of": as_of}).fetchall()


def add(
    connection: psycopg.Connection,
    new: Season,
    *,
    replace_existing: bool = False,
    unchecked: bool = False,
) -> Season:
    """Insert a season; with replace_existing, update the season that has the same id. Returns the
    season as it is stored, with its name cleaned.

    A draft that is to go live is checked, unless it goes live unchecked (hedge.drafts). An id that
    exists is AlreadyExists (without replace_existing), an end before the start, two active seasons
    that overlap, and a name that is refused, are a UsageError, and nothing is written.
    """
    with database.constraint_errors(f"season {new.id}"), connection.transaction():
        audit.name_actor(connection)
        stored = cleaned(connection, "season", new)
        if replace_existing:
            before = next(iter(_seasons(connection, [new.id])), None)
            drafts.require_change(connection, "season", before, stored, unchecked=unchecked)
        row = dataclasses.asdict(stored)
        if new.is_active:
            other = database.value(connection, query("seasons_overlapping"), row)
            if other is not None:
                raise UsageError(
                    f"season {new.id} overlaps {other}, and only one can be active at a time"
                )
        written = connection.execute(
            upsert("seasons", Season, key="id"), row | {"replace_existing": replace_existing}
        )
        if not written.rowcount:
            raise AlreadyExists(f"there is a season {new.id} already")
    return stored


def edit(
    connection: psycopg.Connection, season_id: str, *, unchecked: bool = False, **changes: Any
) -> Season:
    """Change the given fields of a season and keep the others."""
    with connection.transaction():
        found = season(connection, season_id)
        row = {field.name: getattr(found, field.name) for field in dataclasses.fields(Season)}
        changed = Season(**row | changes)
        return add(connection, changed, replace_existing=True, unchecked=unchecked)


def check(connection: psycopg.Connection, season_id: str) -> drafts.SeasonCheck:
    """What must be known of a season before it goes live; an unknown id is a UsageError."""
    return drafts.check_season(connection, season_id)


def weights(connection: psycopg.Connection, season_id: str) -> list[Weight]:
    """The weights of a season, in the order of the catalogue."""
    runs.require_deployed(connection)
    season(connection, season_id)
    with connection.cursor(row_factory=class_row(Weight)) as cursor:
        return cursor.execute(query("seasons_weights"), {"season": season_id}).fetchall()


def put_weights(
    connection: psycopg.Connection,
    season_id: str,
    given: Sequence[dict[str, str]],
    *,
    only: bool = False,
) -> None:
    """Insert or update weights, each {challenge_key, weight}; with only, delete the others.

    An unknown challenge, a challenge given twice or a weight that is not a number above 0 is
    a UsageError, and nothing is written.
    """
    runs.require_deployed(connection)
    with connection.transaction():
        audit.name_actor(connection)
        season(connection, season_id)
        if faults := [fault for fault in weight_faults(connection, given) if fault]:
            told = known_names.with_suggestion(connection, faults[0])
            raise UsageError(f"season {season_id}: {told}")
        connection.execute(
            query("seasons_put_weights"),
            {"season": season_id, "weights": _as_jsonb(given), "only": only},
        )


def weight_faults(
    connection: psycopg.Connection, given: Sequence[dict[str, str]]
) -> list[str | None]:
    """What is wrong with each weight, {challenge_key, weight}; None where nothing is."""
    found = connection.execute(query("seasons_weight_faults"), {"weights": _as_jsonb(given)})
    return [fault for (fault,) in found]


def _as_jsonb(given: Sequence[dict[str, str]]) -> Jsonb:
    return Jsonb([{key: row[key] for key in ("challenge_key", "weight")} for row in given])


def read_weights(file: str) -> list[dict[str, str]]:
    """The rows of a CSV file with the columns challenge_key and weight, and any others. One that
    cannot be read is a UsageError with file and line."""
    return csv_files.records(file, ("challenge_key", "weight"), None)


def run(
    season_id: str | None = None, as_of: datetime | None = None, report: Report | None = None
) -> tuple[Season, Run]:
    """Compute the points and levels of every cluster in a season, by default in the active one. The
    first run as of an instant a week after the end or later freezes the final standings.

    A season that is unknown, has not begun, or is frozen, and an instant of the future, is a
    UsageError."""
    with runs.ready() as connection:
        instant: datetime = as_of or database.value(connection, "select now()")
        runs.require_past(connection, instant)
        chosen = season(connection, season_id) if season_id else active(connection, instant)
        if chosen is None:
            raise UsageError(f"no season is active at {instant.isoformat()}: name one")
        if chosen.state == "retired":
            raise UsageError(f"season {chosen.id} is retired, and is computed no more")
        if chosen.starts_at > instant:
            raise UsageError(f"season {chosen.id} begins at {_minute(chosen.starts_at)} only")
        if frozen := final_run(connection, chosen.id):
            raise UsageError(
                f"season {chosen.id} is final: run {frozen[0]} froze its standings as of "
                f"{frozen[1].isoformat()}"
            )
        return chosen, runs.season(connection, chosen.id, instant, report)


def due(connection: psycopg.Connection, as_of: datetime | None = None) -> list[str]:
    """The active seasons that were over a week before the instant, by default now, and are not
    final, the earliest first."""
    return [name for (name,) in connection.execute(query("seasons_due"), {"as_of": as_of})]


def run_due(
    as_of: datetime | None = None, report: Report | None = None
) -> list[tuple[Season, Run]]:
    """Run each season that is due, the earliest first. An instant of the future is a
    UsageError."""
    with runs.ready() as connection:
        if as_of is not None:
            runs.require_past(connection, as_of)
        found = due(connection, as_of)
    return [run(name, as_of, report) for name in found]


def final_run(connection: psycopg.Connection, season_id: str) -> tuple[int, datetime] | None:
    """The run that froze the standings of a season, and its as-of instant; None before."""
    return connection.execute(query("seasons_final"), {"season": season_id}).fetchone()


def ranking(
    connection: psycopg.Connection, season_id: str, limit: int | None = None
) -> list[RankedCluster]:
    """The clusters with points in a season, most points first."""
    runs.require_deployed(connection)
    season(connection, season_id)
    with connection.cursor(row_factory=class_row(RankedCluster)) as cursor:
        return cursor.execute(
            query("seasons_ranking"), {"season": season_id, "limit": limit}
        ).fetchall()


def of_cluster(connection: psycopg.Connection, season_id: str, cluster: str) -> SeasonProgress:
    """The points and the level of one cluster in a season; an unknown cluster is a UsageError."""
    runs.require_deployed(connection)
    chosen = season(connection, season_id)
    known_names.require_cluster(connection, cluster)
    with connection.cursor(row_factory=class_row(SeasonProgress)) as cursor:
        found = cursor.execute(
            query("seasons_of_cluster"), {"season": season_id, "cluster": cluster}
        ).fetchone()
    if found is None:
        if chosen.starts_at > database.value(connection, "select now()"):
            raise StateError(
                f"season {season_id} begins at {_minute(chosen.starts_at)}: nothing was computed "
                "yet"
            )
        raise HedgeError(
            f"season {season_id} was not computed for cluster {cluster} yet: "
            f"run hedge seasons run {season_id}"
        )
    return found


def shares(connection: psycopg.Connection, season_id: str, cluster: str) -> list[Share]:
    """The points of a cluster in a season by challenge, in the order of the catalogue."""
    with connection.cursor(row_factory=class_row(Share)) as cursor:
        return cursor.execute(
            query("seasons_shares"), {"season": season_id, "cluster": cluster}
        ).fetchall()


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
