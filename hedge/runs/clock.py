"""Stamps later than now, over which no run can write.

They are left where the clock of the server once ran ahead, or where a database was restored on a
server whose clock is behind. A run beside them would keep the rows of later instants, and say
that it succeeded.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import class_row

from hedge.counting import counted
from hedge.errors import NoRunNow
from hedge.queries import query
from hedge.runs.locks import deploy_lock, migrated

#: What every run looks at: each of them is stamped there.
LEDGER = ("app.etl_runs",)
#: What a run for every cluster looks at as well. It writes all of the marts anyway.
EVERYTHING_OF_A_RUN = (
    *LEDGER,
    "app.etl_requests",
    "app.wallet_links",
    "app.wallet_moves",
    "app.change_notes",
    "app.cluster_corrections",
    "app.verified",
    "analytics.challenge_progress",
    "analytics.cluster_metrics",
    "analytics.season_progress",
    "analytics.tier_unlocks",
)
#: A clock that was set back by so little is waited for.
LONGEST_WAIT = timedelta(seconds=5)


@dataclass(frozen=True)
class LaterStamps:
    """How many rows of a column are stamped later than now, the latest stamp, and the instant of
    the server's clock when they were counted."""

    relation: str
    column_name: str
    stamps: int
    latest: datetime
    this_moment: datetime


@dataclass(frozen=True)
class RepairedStamps:
    """How many rows of a column were set to now; of leaderboard_runs.period_start: how many board
    runs were deleted, because their period has not begun."""

    relation: str
    column_name: str
    stamps: int


def later_stamps(
    connection: psycopg.Connection, relations: Sequence[str] | None = None
) -> list[LaterStamps]:
    """The stamps that are later than now, by table and column, the latest first; of all tables, or
    of those that are named with their schema."""
    parameters = {"relations": None if relations is None else list(relations)}
    with connection.cursor(row_factory=class_row(LaterStamps)) as cursor:
        return cursor.execute(query("clock_later_stamps"), parameters).fetchall()


def in_words(found: Sequence[LaterStamps]) -> str:
    """Stamps that were found, in a sentence without a full stop."""
    latest = found[0]
    number = sum(each.stamps for each in found)
    return (
        f"{counted(number, 'stamp is', 'stamps are')} later than now, which is "
        f"{_second(latest.this_moment)} by the server's clock; the latest is "
        f"{_second(latest.latest)} in {latest.relation}.{latest.column_name}"
    )


def require_no_later_stamps(
    connection: psycopg.Connection, relations: Sequence[str] = LEDGER
) -> None:
    """Raise a NoRunNow that says what to do where stamps are later than now.

    Where the clock was only set back a little, return when it has come to the latest stamp.
    """
    found = later_stamps(connection, relations)
    if found and (lead := found[0].latest - found[0].this_moment) <= LONGEST_WAIT:
        # the clock may have come to the stamp while the others were counted
        time.sleep(max(lead.total_seconds(), 0))
        found = later_stamps(connection, relations)
    if found:
        raise NoRunNow(
            f"{in_words(found)}: no run could write over what is stamped later. If the clock is "
            "right, run hedge db repair-clock; else set it right"
        )


def repair() -> list[RepairedStamps]:
    """Set every stamp that is later than now to now, when no run is in progress; returns how many
    of each column. The next run over all changes computes every cluster."""
    with (
        migrated() as connection,
        deploy_lock(connection, exclusive=True),
        connection.transaction(),
        connection.cursor(row_factory=class_row(RepairedStamps)) as cursor,
    ):
        return cursor.execute(query("clock_repair")).fetchall()


def _second(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
