"""Seasons: when they are, what challenges are worth in them, and who has which points."""

import csv
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.runs import Report, Run


@dataclass(frozen=True)
class Season:
    """A row of app.seasons. LIFETIME scoring counts values as they stand, SEASON what happened
    in [starts_at, ends_at)."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    is_active: bool
    scoring: str


@dataclass(frozen=True)
class Listed(Season):
    """A season, whether it goes on now, and how many challenges give points in it."""

    is_current: bool
    weights: int


@dataclass(frozen=True)
class Weight:
    """Points per unit of a challenge's value."""

    challenge_key: str
    challenge: str | None
    weight: Decimal
    unit: str | None


@dataclass(frozen=True)
class Share(Weight):
    """What a challenge gave a cluster: its value times the weight, in points."""

    points: Decimal


@dataclass(frozen=True)
class Standing:
    """One cluster in a season; equals share a rank."""

    rank: int
    cluster_id: str
    points: Decimal
    level: int
    updated_at: datetime


@dataclass(frozen=True)
class SeasonProgress:
    """How a cluster stands in a season. Above the last level next_level_threshold is None."""

    cluster_id: str
    points: Decimal
    level: int
    next_level_threshold: Decimal | None
    updated_at: datetime


def all_seasons(connection: psycopg.Connection, as_of: datetime | None = None) -> list[Listed]:
    """Every season, the newest first."""
    return _seasons(connection, None, as_of)


def season(connection: psycopg.Connection, season_id: str) -> Listed:
    """One season; an unknown id is a UsageError."""
    found = _seasons(connection, [season_id])
    if not found:
        raise UsageError(f"no season {season_id}")
    return found[0]


def active(connection: psycopg.Connection, as_of: datetime | None = None) -> Listed | None:
    """The season that is flagged and holds the as-of instant (now), if one does."""
    return next((one for one in all_seasons(connection, as_of) if one.is_current), None)


def _seasons(
    connection: psycopg.Connection, ids: list[str] | None, as_of: datetime | None = None
) -> list[Listed]:
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(query("seasons_list"), {"ids": ids, "as_of": as_of}).fetchall()


def add(connection: psycopg.Connection, new: Season, *, replace_existing: bool = False) -> None:
    """Make a season, or replace it where it may stand already.

    An id that stands, an end before the start or two active seasons that overlap are a
    UsageError, and nothing is written.
    """
    with database.constraint_errors(f"season {new.id}"), connection.transaction():
        fields = dataclasses.asdict(new)
        if new.is_active:
            other = connection.execute(query("seasons_overlapping"), fields).fetchone()
            if other is not None:
                raise UsageError(
                    f"season {new.id} overlaps {other[0]}, and only one can be active at a time"
                )
        written = connection.execute(
            query("seasons_put"), fields | {"replace_existing": replace_existing}
        )
        if not written.rowcount:
            raise UsageError(f"there is a season {new.id} already")


def edit(connection: psycopg.Connection, season_id: str, **changes: Any) -> Season:
    """Change the named fields of a season; what is not named stays."""
    with connection.transaction():
        standing = dataclasses.asdict(season(connection, season_id))
        fields = [field.name for field in dataclasses.fields(Season)]
        changed = Season(**{name: standing[name] for name in fields} | changes)
        add(connection, changed, replace_existing=True)
    return changed


def weights(connection: psycopg.Connection, season_id: str) -> list[Weight]:
    """What challenges are worth in a season, in the order of the catalogue."""
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
    """Make or replace weights, each {challenge_key, weight}; with only, the others go.

    An unknown challenge, a challenge given twice or a weight that is not a number above 0 is
    a UsageError, and nothing is written.
    """
    runs.require_deployed(connection)
    with connection.transaction():
        season(connection, season_id)
        rows = Jsonb([{key: row[key] for key in ("challenge_key", "weight")} for row in given])
        found = connection.execute(query("seasons_weight_faults"), {"weights": rows})
        if faults := [fault for (fault,) in found if fault]:
            raise UsageError(f"season {season_id}: {faults[0]}")
        connection.execute(
            query("seasons_put_weights"), {"season": season_id, "weights": rows, "only": only}
        )


def read_weights(file: str) -> list[dict[str, str]]:
    """The rows of a file challenge_key,weight."""
    try:
        with open(file, newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if not {"challenge_key", "weight"} <= set(rows.fieldnames or ()):
                raise UsageError(f"{file} has no heading challenge_key,weight")
            return list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{file} cannot be read: {reason}") from error


def run(
    season_id: str | None = None, as_of: datetime | None = None, report: Report | None = None
) -> tuple[Season, Run]:
    """Compute points and levels of a season for every cluster: the active one, unless another
    is named. A season that is unknown or has not begun is a UsageError."""
    with runs.ready() as connection:
        if as_of is None:
            as_of = connection.execute("select now()").fetchone()[0]
        chosen = season(connection, season_id) if season_id else active(connection, as_of)
        if chosen is None:
            raise UsageError(f"no season is active at {as_of.isoformat()}: name one")
        if chosen.starts_at > as_of:
            raise UsageError(f"season {chosen.id} begins at {chosen.starts_at.isoformat()} only")
        return chosen, runs.season(connection, chosen.id, as_of, report)


def standing(
    connection: psycopg.Connection, season_id: str, limit: int | None = None
) -> list[Standing]:
    """The clusters with points in a season, best first."""
    runs.require_deployed(connection)
    season(connection, season_id)
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(
            query("seasons_standing"), {"season": season_id, "limit": limit}
        ).fetchall()


def of_cluster(connection: psycopg.Connection, season_id: str, cluster: str) -> SeasonProgress:
    """How one cluster stands in a season; an unknown cluster is a UsageError."""
    runs.require_deployed(connection)
    season(connection, season_id)
    known = connection.execute(query("unknown_clusters"), {"clusters": [cluster]})
    if known.fetchone() is not None:
        raise UsageError(f"no cluster {cluster}")
    with connection.cursor(row_factory=class_row(SeasonProgress)) as cursor:
        found = cursor.execute(
            query("seasons_of_cluster"), {"season": season_id, "cluster": cluster}
        ).fetchone()
    if found is None:
        raise HedgeError(
            f"season {season_id} was not computed for cluster {cluster} yet: "
            f"run hedge seasons run {season_id}"
        )
    return found


def shares(connection: psycopg.Connection, season_id: str, cluster: str) -> list[Share]:
    """What each challenge gave a cluster in a season, in the order of the catalogue."""
    with connection.cursor(row_factory=class_row(Share)) as cursor:
        return cursor.execute(
            query("seasons_shares"), {"season": season_id, "cluster": cluster}
        ).fetchall()
