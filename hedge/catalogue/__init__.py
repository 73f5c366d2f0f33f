"""The boards and seasons of the game, in the CSV files of this folder."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import psycopg

from hedge import boards, seasons
from hedge.boards import Board, TimeWindow
from hedge.seasons import Scoring, Season

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Installed:
    """The ids of the seasons and the keys of the boards that were inserted."""

    seasons: list[str]
    boards: list[str]


def install(connection: psycopg.Connection) -> Installed:
    """Insert the boards and seasons of the catalogue that are missing, in one transaction.

    Existing ones are not changed; the weights of a season are inserted only with the season.
    """
    with connection.transaction():
        known_seasons = {season.id for season in seasons.all_seasons(connection)}
        new_seasons = [row for row in _rows("seasons") if row["id"] not in known_seasons]
        for row in new_seasons:
            seasons.add(connection, _season(row))
            weights = [one for one in _rows("season_weights") if one["season_id"] == row["id"]]
            seasons.put_weights(connection, row["id"], weights)
        known_boards = {board.key for board in boards.all_boards(connection)}
        new_boards = [row for row in _rows("leaderboard_defs") if row["key"] not in known_boards]
        for row in new_boards:
            boards.add(connection, _board(row))
    return Installed([row["id"] for row in new_seasons], [row["key"] for row in new_boards])


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def _season(row: dict[str, str]) -> Season:
    return Season(
        id=row["id"],
        name=row["name"],
        starts_at=datetime.fromisoformat(row["starts_at"]),
        ends_at=datetime.fromisoformat(row["ends_at"]),
        is_active=row["is_active"] == "true",
        scoring=cast(Scoring, row["scoring"]),
    )


def _board(row: dict[str, str]) -> Board:
    return Board(
        key=row["key"],
        name=row["name"],
        description=row["description"],
        category_key=row["category_key"],
        metric_source=row["metric_source"],
        metric_key=row["metric_key"],
        fallback_metric_source=row["fallback_metric_source"] or None,
        fallback_metric_key=row["fallback_metric_key"] or None,
        time_window=cast(TimeWindow, row["time_window"]),
        is_active=row["is_active"] == "true",
    )
