"""Definitions of rewards with a fault are refused with a sentence, and nothing is written."""

import re
from typing import Any

import psycopg
import pytest

from hedge import boards, rewards, seasons
from hedge.board_definitions import Board
from hedge.errors import UsageError
from hedge.seasons import Season
from tests.support import AS_OF, DAY

RIGHT = dict.fromkeys(rewards.COLUMNS) | {"reward_key": "cup", "name": "The cup", "quantity": "1"}
RANK = {"kind": "RANK", "rank_from": "1", "rank_to": "3"}


@pytest.fixture
def season(transaction: psycopg.Connection) -> psycopg.Connection:
    """A season that gives one reward, and a board of a month."""
    span = (AS_OF - DAY, AS_OF + DAY)
    seasons.add(transaction, Season("s", "S", *span, is_active=True))
    rewards.define(transaction, "s", [RIGHT | RANK | {"reward_key": "first"}])
    boards.add(
        transaction,
        Board(
            key="of_the_month",
            name="Wins",
            category_key="pvp_competition",
            metric_source="onchain_pvp",
            metric_key="wins",
            time_window="MONTHLY",
        ),
    )
    return transaction


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"quantity": None},
            "the quantity of cup is missing, not a number with at most 6 decimals",
        ),
        ({"quantity": "-1"}, "the quantity of cup is -1, not a number with at most 6 decimals"),
        (
            {"quantity": "0.1234567"},
            "the quantity of cup is 0.1234567, not a number with at most 6 decimals",
        ),
        (
            {"quantity": "1" * 23},
            f"the quantity of cup is {'1' * 23}, not a number with at most 6 decimals",
        ),
        ({"rank_to": "3.5"}, "level or ranks of cup are 1, 3.5, not whole numbers"),
        ({"rank_from": "first"}, "level or ranks of cup are first, 3, not whole numbers"),
        (
            {"kind": "LEVEL", "level": "0", "rank_from": None, "rank_to": None},
            "reward cup is for level 0, which no season has",
        ),
        (
            {"kind": "LEVEL", "level": "999", "rank_from": None, "rank_to": None},
            "reward cup is for level 999, which no season has",
        ),
        (
            {"leaderboard_key": "of_the_mont"},
            "no board of_the_mont; did you mean of_the_month?",
        ),
        (
            {"leaderboard_key": "of_the_month"},
            "board of_the_month ranks a period of another kind than the season",
        ),
        (
            {"valid_until": "tomorrow"},
            "reward cup is valid until 'tomorrow', which is not an ISO 8601 time such as "
            "2027-01-31T00:00Z",
        ),
    ],
)
def test_a_fault_is_named(
    season: psycopg.Connection, changed: dict[str, Any], sentence: str
) -> None:
    right = RIGHT | RANK | {"reward_key": "second"}
    with pytest.raises(UsageError, match=re.escape(sentence)):
        rewards.define(season, "s", [right, RIGHT | RANK | changed])
    assert [one.reward_key for one in rewards.definitions(season, "s")] == ["first"]


@pytest.mark.parametrize("others", [[], ["cup"]])
def test_a_reward_that_is_given_twice_is_named(
    season: psycopg.Connection, others: list[str]
) -> None:
    keys = ["second", "cup", "third", "cup", *others]
    with pytest.raises(UsageError, match="the rewards of season s: reward cup is given twice"):
        rewards.define(season, "s", [RIGHT | RANK | {"reward_key": key} for key in keys])


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": "1" * 22 + ".123456"},
        {"quantity": "0.000001"},
        {"rank_to": "999999999"},
        {"kind": "LEVEL", "level": "1", "rank_from": None, "rank_to": None},
        {"valid_until": "2027-01-31T00:00Z"},
    ],
)
def test_what_is_right_is_defined(season: psycopg.Connection, changed: dict[str, Any]) -> None:
    rewards.define(season, "s", [RIGHT | RANK | changed])
    assert {one.reward_key for one in rewards.definitions(season, "s")} == {"first", "cup"}
