"""What a rename carries with it, row by row, in a transaction that is rolled back."""

from typing import Any

import psycopg
import pytest

from hedge.analysis import renames
from hedge.analysis.renames import Rename
from hedge.queries import query
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_progress,
    put_unlock,
)
from tests.support import DAY, add_cluster

CHALLENGE = Rename("challenge", "win_streak", "winning_streak")
TIER = Rename("tier", "winning_streak.BASIC", "winning_streak.STARTER")
METRIC = Rename("metric", "onchain_pvp.best_win_streak", "arena.streak")


@pytest.fixture
def world(transaction: psycopg.Connection) -> psycopg.Connection:
    """A cluster with rows of two challenges in every table that names them."""
    add_cluster(transaction, "busy")
    for challenge in ("win_streak", "arena_victor"):
        put_progress(transaction, "busy", challenge, 6, tier="BASIC", rolling_tier="BASIC")
        put_unlock(transaction, "busy", challenge, "BASIC", AS_OF)
        put(
            transaction,
            "app.wallet_moves",
            cluster_id="busy",
            address="0x" + "1" * 40,
            challenge_key=challenge,
            tier_code="BASIC",
            kind="TIER",
        )
    return transaction


def carry(connection: psycopg.Connection, *renamed: Rename) -> None:
    """Carry renames out."""
    renames.create_table(connection, renamed)
    connection.execute(query("renames_apply").encode())


def rows(connection: psycopg.Connection, text: str) -> list[tuple[Any, ...]]:
    return connection.execute(text).fetchall()


KEYS = ("metric_key", "fallback_metric_key", "third_metric_key", "fourth_metric_key")
OF_BOARD = "select metric_source, metric_key from app.board_ordering_keys order by position"
#: Where the tiers of a challenge are named.
OF_TIERS = [
    "select challenge_key, tier from analytics.challenge_progress order by 1",
    "select challenge_key, rolling_tier from analytics.challenge_progress order by 1",
    "select challenge_key, tier from analytics.progress_history order by 1",
    "select challenge_key, tier_code from analytics.tier_unlocks order by 1",
    "select challenge_key, tier_code from app.wallet_moves order by 1",
]


@pytest.mark.parametrize("table", OF_TIERS)
@pytest.mark.parametrize(
    ("renamed", "expected"),
    [
        ([CHALLENGE], [("arena_victor", "BASIC"), ("winning_streak", "BASIC")]),
        ([CHALLENGE, TIER], [("arena_victor", "BASIC"), ("winning_streak", "STARTER")]),
        (
            [Rename("tier", "arena_victor.BASIC", "arena_victor.FIRST")],
            [("arena_victor", "FIRST"), ("win_streak", "BASIC")],
        ),
        # two names that change places move over a third one in no step
        (
            [Rename("challenge", "win_streak", "x"), Rename("challenge", "arena_victor", "y")],
            [("x", "BASIC"), ("y", "BASIC")],
        ),
    ],
    ids=["challenge", "both", "tier", "two"],
)
def test_challenges_and_tiers_are_renamed_wherever_they_are_named(
    world: psycopg.Connection, table: str, renamed: list[Rename], expected: list[tuple[str, str]]
) -> None:
    carry(world, *renamed)
    assert rows(world, table) == expected


def test_weights_and_points_follow_a_challenge(world: psycopg.Connection) -> None:
    put(
        world,
        "app.seasons",
        id="spring",
        name="Spring",
        starts_at=AS_OF,
        ends_at=AS_OF + DAY,
        is_active=False,
    )
    put(
        world,
        "app.season_challenge_weights",
        season_id="spring",
        challenge_code="win_streak",
        weight=10,
    )
    put(
        world,
        "analytics.season_progress",
        season_id="spring",
        cluster_id="busy",
        points=67,
        level=1,
        points_by_challenge={"win_streak": 60, "arena_victor": 7},
        updated_at=AS_OF,
    )
    carry(world, CHALLENGE)
    weights = "select challenge_code from app.season_challenge_weights"
    assert rows(world, weights) == [("winning_streak",)]
    points = "select points_by_challenge from analytics.season_progress"
    assert rows(world, points) == [({"winning_streak": 60, "arena_victor": 7},)]


@pytest.mark.parametrize("place", range(4))
def test_boards_follow_a_metric_in_every_ordering_key(
    world: psycopg.Connection, place: int
) -> None:
    """A key that names no source is of the source that the board had."""
    names = ["wins"] * 4
    names[place] = "best_win_streak"
    put_board(world, "streaks", **dict(zip(KEYS, names, strict=True)))
    carry(world, Rename("metric", "onchain_pvp.losses", "arena.losses"), METRIC)
    expected = [("onchain_pvp", "wins")] * 4
    expected[place] = ("arena", "streak")
    assert rows(world, OF_BOARD) == expected


def test_entries_and_values_follow_a_metric(world: psycopg.Connection) -> None:
    put_board(world, "streaks")
    keys = [{"metric": name, "unit": "wins"} for name in ("onchain_pvp.wins", METRIC.old_name)]
    payload = {"metric": METRIC.old_name, "keys": keys}
    put_board_run(world, "streaks", [(1, "busy", 6, 5)], payload=payload)
    # of one metric, which keeps its name
    other = {"metric": "onchain_pvp.wins"}
    put_board_run(world, "streaks", [(1, "idle", 6)], payload=other)
    put_metrics(world, "busy", {"onchain_pvp": {"best_win_streak": 6, "wins": 5}})
    carry(world, METRIC)
    kept, entry = (
        payload
        for (payload,) in rows(
            world, "select payload from analytics.leaderboard_entries order by cluster_id desc"
        )
    )
    assert kept == other
    assert (entry["metric"], [key["metric"] for key in entry["keys"]]) == (
        "arena.streak",
        ["onchain_pvp.wins", "arena.streak"],
    )
    assert [key["unit"] for key in entry["keys"]] == ["wins", "wins"]
    ((metrics,),) = rows(world, "select metrics from analytics.cluster_metrics")
    assert metrics == {"onchain_pvp": {"wins": 5}, "arena": {"streak": 6}}


def test_what_was_recorded_of_a_tier_follows_its_challenge(world: psycopg.Connection) -> None:
    first = Rename("tier", "win_streak.BASIC", "win_streak.STARTER")
    carry(world, first)
    carry(world, CHALLENGE)
    recorded = "select kind, old_name, new_name from app.renames order by rename_id"
    assert rows(world, recorded) == [
        ("tier", "winning_streak.BASIC", "winning_streak.STARTER"),
        ("challenge", "win_streak", "winning_streak"),
    ]


def test_nothing_is_told_of_a_rename(world: psycopg.Connection) -> None:
    number = "select count(*) from app.untold_events"
    before = rows(world, number)
    history = rows(world, "select count(*) from analytics.progress_history")
    carry(world, CHALLENGE, TIER)
    assert rows(world, number) == before
    assert rows(world, "select count(*) from analytics.progress_history") == history
