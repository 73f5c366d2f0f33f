"""Drafts of boards and seasons: what must be known before one goes live, and who may become one.

A draft is computed, and shown to admins only (app.public_boards, app.public_seasons).
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row, dict_row

from hedge import database, known_names, runs
from hedge.board_definitions import Entry, State
from hedge.errors import UsageError
from hedge.queries import query

Kind = Literal["board", "season"]
#: The first places that a check shows.
FIRST = 10


@dataclass(frozen=True)
class Place:
    """A cluster and its rank: by the first key of a board, or by the points of a season."""

    rank: int
    cluster_id: str
    value: Decimal


@dataclass(frozen=True, kw_only=True)
class BoardCheck:
    """What its newest complete run says of a board, and what is missing before it goes live, a
    sentence each. population is how many clusters have a value above zero of its first metric in
    all time, None where that is no metric of a window; ranked is how many the run lists."""

    key: str
    state: State
    missing: list[str]
    unit: str | None
    population: int | None
    run_id: int | None
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime | None
    ranked: int | None
    first: list[Place]


@dataclass(frozen=True)
class ReachedLevel:
    """A level, the points that it needs, and how many clusters have them."""

    level: int
    points_required: Decimal
    clusters: int


@dataclass(frozen=True)
class ReachedReward:
    """A reward of a season, and how many clusters would have it if the season ended now."""

    reward_key: str
    name: str
    kind: Literal["LEVEL", "RANK"]
    level: int | None
    leaderboard_key: str | None
    rank_from: int | None
    rank_to: int | None
    clusters: int


@dataclass(frozen=True, kw_only=True)
class SeasonCheck:
    """What the stored points say of a season, and what is missing before it goes live, a sentence
    each. population is how many clusters have points, challenges how many have a weight."""

    season_id: str
    state: State
    missing: list[str]
    has_begun: bool
    as_of: datetime | None
    population: int
    challenges: int
    levels: list[ReachedLevel]
    rewards: list[ReachedReward]
    first: list[Place]


def check_board(connection: psycopg.Connection, key: str, fault: str | None = None) -> BoardCheck:
    """Check a board; fault is what is wrong with its definition. An unknown key is a UsageError."""
    runs.require_deployed(connection)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query("drafts_board"), {"key": key, "fault": fault}).fetchone()
    if found is None:
        raise known_names.unknown(connection, "board", key)
    first = []
    if found["run_id"] is not None:
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            entries = cursor.execute(
                query("boards_entries"), {"run": found["run_id"], "limit": FIRST}
            ).fetchall()
        first = [Place(one.rank, one.cluster_id, one.score) for one in entries]
    return BoardCheck(**found, first=first)


def check_season(connection: psycopg.Connection, season_id: str) -> SeasonCheck:
    """Check a season. An unknown id is a UsageError."""
    runs.require_deployed(connection)
    asked = {"season": season_id, "limit": FIRST}
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query("drafts_season"), asked).fetchone()
        if found is None:
            raise known_names.unknown(connection, "season", season_id)
        ranked = cursor.execute(query("seasons_ranking"), asked).fetchall()
    with connection.cursor(row_factory=class_row(ReachedLevel)) as cursor:
        levels = cursor.execute(query("drafts_levels"), asked).fetchall()
    with connection.cursor(row_factory=class_row(ReachedReward)) as cursor:
        rewards = cursor.execute(query("drafts_rewards"), asked).fetchall()
    first = [Place(one["rank"], one["cluster_id"], one["points"]) for one in ranked]
    return SeasonCheck(**found, levels=levels, rewards=rewards, first=first)


def require_change(
    connection: psycopg.Connection,
    kind: Kind,
    before: Any | None,
    new: Any,
    *,
    unchecked: bool = False,
) -> None:
    """Raise a UsageError where a board or season cannot get the state of its new definition.

    before is the stored one, None where there is none. What players have seen becomes no draft. A
    draft goes live by an edit of its state alone, because what is checked is what is stored, and
    where nothing is missing; with unchecked it goes live in any case.
    """
    if before is None or before.state == new.state:
        return
    key = before.key if kind == "board" else before.id
    if new.state == "draft":
        if database.exists(connection, "analytics.season_progress"):
            text = query("drafts_board_change" if kind == "board" else "drafts_season_change")
            if fault := database.value(connection, text, {"key": key}):
                raise UsageError(f"{kind} {key} cannot become a draft: {fault}")
    elif before.state == "draft" and new.state == "live" and not unchecked:
        if other := _changed_beside_the_state(before, new):
            raise UsageError(
                f"{kind} {key} is a draft: change {', '.join(other)} first, and then its state "
                "alone, because the draft is checked as it is stored"
            )
        check = check_board if kind == "board" else check_season
        if missing := check(connection, key).missing:
            raise UsageError(f"{kind} {key} does not go live: {'; '.join(missing)}")


def _changed_beside_the_state(before: Any, new: Any) -> Sequence[str]:
    names = [field.name for field in dataclasses.fields(new) if field.name != "state"]
    return [name for name in names if getattr(before, name) != getattr(new, name)]
