"""Boards and runs that make no sense are refused."""

import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hedge import boards
from hedge.errors import UsageError
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT
from tests.integration.boards import a_board
from tests.support import (
    AS_OF,
    days_ago,
    dbt,
)

#: The second and the third key of a board by ranked wins.
THIRD = {"fallback_metric_key": "matches_played", "third_metric_key": "best_win_streak"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"metric_key": "winz"}, "no metric onchain_pvp.winz"),
        ({"metric_source": "onchain_chess"}, "no metric onchain_chess.wins"),
        ({"fallback_metric_key": "winz"}, "no metric onchain_pvp.winz"),
        ({"metric_direction": "up"}, "the direction up is not asc or desc"),
        ({"ranking": "ordinal"}, "the ranking ordinal is not dense, standard or row"),
        ({"ranking": "row"}, "the ranking row gives equals different ranks and needs a last key"),
        ({"ranking": "row", "last_key": "name"}, "the last key name is not cluster_id"),
        ({"last_key": "cluster_id"}, "the last key cluster_id is for the ranking row: with dense"),
        (THIRD | {"third_metric_key": "winz"}, "no metric onchain_pvp.winz"),
        (THIRD | {"fourth_metric_key": "winz"}, "no metric onchain_pvp.winz"),
        ({"third_metric_key": "wins"}, "the third ordering key is wins, and there is no second"),
        (
            {"fallback_metric_key": "matches_played", "fourth_metric_key": "wins"},
            "the fourth ordering key is wins, and there is no third one",
        ),
        ({"category_key": "chess"}, "no category chess"),
        ({"time_window": "YEARLY"}, "YEARLY"),
        ({"max_entries": 0}, "max_entries is 1 to 100000"),
        ({"name": ""}, "the name '' is not 1 to 80 printable characters"),
        ({"key": "no spaces"}, "board no spaces: the key is"),
        ({"metric_source": "season_progress", "metric_key": "x"}, "the window is SEASON"),
        (
            {"metric_source": "season_progress", "metric_key": "x", "time_window": "SEASON"},
            "no season x",
        ),
        ({"metric_source": "challenge_progress", "metric_key": "total_score"}, "ALL_TIME"),
    ],
)
def test_a_board_that_makes_no_sense_is_refused(
    town: psycopg.Connection, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        boards.add(town, a_board(**fields))
    assert boards.all_boards(town) == []


def test_a_board_that_stands_is_not_made_again(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    with pytest.raises(UsageError, match="there is a board wins already"):
        boards.add(town, a_board(name="Others"))
    assert boards.board(town, "wins").name == "Wins"
    boards.edit(town, "wins", name="Others", fallback_metric_key="matches_played")
    assert boards.board(town, "wins") == a_board(
        name="Others", fallback_metric_key="matches_played"
    )
    with pytest.raises(UsageError, match="no metric onchain_pvp"):
        boards.edit(town, "wins", metric_key="winz")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"keys": ["wins", "chess"]}, "no board chess"),
        ({"keys": ["wins"], "span": (AS_OF, AS_OF)}, "does not end after it starts"),
        ({"keys": ["wins"], "span": (days_ago(-1), days_ago(-2))}, "is still to come"),
        ({"keys": ["wins"], "as_of": datetime(2999, 1, 1, tzinfo=UTC)}, "lies in the future"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(
    town: psycopg.Connection, arguments: dict[str, Any], words: str
) -> None:
    boards.add(town, a_board())
    with pytest.raises(UsageError, match=words):
        boards.run(**{"as_of": AS_OF} | arguments)
    assert town.execute("select count(*) from app.leaderboard_runs").fetchone() == (0,)


@pytest.mark.parametrize(
    ("passed", "missing"), [([], "onchain_pvp"), (["onchain_pvp"], "onchain_quests")]
)
def test_boards_without_their_metric_sources_are_refused(
    town: psycopg.Connection, passed: list[str], missing: str
) -> None:
    board = {
        "run_id": 1,
        "window_key": "run:1",
        "metric_source": "onchain_pvp",
        "metric_key": "wins",
        "fallback_metric_source": "onchain_quests",
        "fallback_metric_key": "mining_quests",
    }
    sources = [
        {"metric_source": source, "metric_keys": ["wins"], "window_keys": ["run:1"]}
        for source in passed
    ]
    variables = json.dumps({"boards": [board], "board_sources": sources})
    result = dbt("run", "--select", "leaderboard_entries", "--vars", variables)
    assert not result.success
    assert f"board_sources lacks {missing}" in paragraph(result, PROJECT)
