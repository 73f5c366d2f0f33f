"""A world of two players whose matches give them streaks, points and places on boards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hedge import boards, runs
from tests.support import (
    AS_OF,
    BUSY,
    DATA_TESTS,
    RIVAL,
    add_cluster,
    copy_project,
    days_ago,
    put,
    pvp_match,
)

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, which commands read edits from."""
    folder = copy_project(tmp_path / "copy", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def town(connection: psycopg.Connection, project: Path) -> psycopg.Connection:
    """Two clusters with streaks of 6 and 2 wins, a season in which a win in a row gives ten points,
    a board of streaks and one of wins, on which streaks break ties; all computed."""
    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "rival", RIVAL)
    put(connection, *(pvp_match(BUSY, at=days_ago(1 + minute / 1000)) for minute in range(6)))
    put(connection, *(pvp_match(RIVAL, at=days_ago(1 + minute / 1000)) for minute in range(2)))
    for key, metric, tiebreaker in (
        ("streaks", "best_win_streak", None),
        ("wins", "wins", "best_win_streak"),
    ):
        boards.add(
            connection,
            boards.Board(
                key=key,
                name=key.title(),
                category_key="pvp_competition",
                metric_source="onchain_pvp",
                metric_key=metric,
                fallback_metric_key=tiebreaker,
                time_window="ALL_TIME",
            ),
        )
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        " values ('spring', 'Spring', %s, %s, true)",
        [days_ago(20), days_ago(-20)],
    )
    connection.execute(
        "insert into app.season_challenge_weights (season_id, challenge_code, weight)"
        " values ('spring', 'win_streak', 10), ('spring', 'arena_victor', 1)"
    )
    runs.full(AS_OF)
    boards.run(mode="DUE", as_of=AS_OF)
    return connection


@pytest.fixture
def rows(town: psycopg.Connection) -> Rows:
    """Reads rows of the town."""
    return lambda text, *parameters: town.execute(text, parameters).fetchall()
