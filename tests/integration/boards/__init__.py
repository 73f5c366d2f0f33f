"""Boards: who is ranked how, for which period, and what becomes of their runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from hedge import boards
from hedge.boards import Board, BoardRun
from tests.support import AS_OF, BUSY, IDLE, RIVAL, days_ago, put, pvp_match

#: The month before the as-of instant of the stories.
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
IN_MAY = days_ago(5)
MICROSECOND = timedelta(microseconds=1)
#: The files of boards, seasons and weights, and the season of the catalogue.
BOARDS, SEASONS, WEIGHTS = "leaderboard_defs.csv", "seasons.csv", "season_weights.csv"
FIRST = "season_1_awakening"


def a_board(metric: str = "onchain_pvp.wins", window: str = "MONTHLY", **fields: Any) -> Board:
    """A board of ranked wins, by month."""
    source, key = metric.split(".")
    standard = {
        "key": "wins",
        "name": fields.get("key", "wins").capitalize(),
        "description": "",
        "category_key": "pvp_competition",
        "metric_source": source,
        "metric_key": key,
        "fallback_metric_source": None,
        "fallback_metric_key": None,
        "time_window": window,
        "is_active": True,
        "is_public": True,
        "verified_only": False,
        "max_entries": 1000,
    }
    return Board(**standard | fields)


def wins(connection: psycopg.Connection, *amounts: int, at: datetime = IN_MAY) -> None:
    """So many won matches of busy, idle and rival."""
    for wallet, amount in zip((BUSY, IDLE, RIVAL), amounts, strict=True):
        put(connection, *(pvp_match(wallet, at=at) for _ in range(amount)))


def ranked(
    connection: psycopg.Connection, key: str = "wins", **period: Any
) -> list[tuple[int, str, Decimal]]:
    """Run a board for the last month, unless told otherwise, and read it."""
    (run,) = boards.run([key], **{"mode": "PREVIOUS", "as_of": AS_OF} | period)
    return listed(connection, run)


def listed(connection: psycopg.Connection, run: BoardRun) -> list[tuple[int, str, Decimal]]:
    entries = boards.entries(connection, run.id)
    assert run.row_count == len(entries)
    return [(entry.rank, entry.cluster_id, entry.score) for entry in entries]


def rows(connection: psycopg.Connection) -> list[tuple]:
    """All boards, seasons and weights, with the instants at which they changed."""
    return [
        connection.execute(f"select to_jsonb(one) from {table} as one order by 1").fetchall()
        for table in ("app.leaderboard_defs", "app.seasons", "app.season_challenge_weights")
    ]
