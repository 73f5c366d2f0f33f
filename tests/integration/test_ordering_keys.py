"""Boards of several ordering keys and their rankings: the model against the oracle.

The keys are points of seasons, which need no run: each of the four is a season of its own.
"""

import itertools
import random
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from tests.against_the_oracle import SEED
from tests.integration.test_boards_entries import (
    add_board,
    computed,
    connection,
    database_of_boards,
    put_points,
)
from tests.oracle import rank_by

__all__ = ["connection", "database_of_boards"]

SEASONS = ("s1", "s2", "s3", "s4")
KEYS = ("metric", "fallback_metric", "third_metric", "fourth_metric")
DIRECTIONS = ("metric_direction", "fallback_direction", "third_direction", "fourth_direction")


def put_values(
    connection: psycopg.Connection, values: dict[str, tuple[int, ...]]
) -> list[dict[str, Decimal]]:
    """The values of each cluster by key; returns the keys as the oracle takes them."""
    keys = [
        {cluster: Decimal(of_cluster[place]) for cluster, of_cluster in values.items()}
        for place in range(len(SEASONS))
    ]
    for season, key in zip(SEASONS, keys, strict=True):
        put_points(connection, season, **key)
    return keys


def add_board_of(
    connection: psycopg.Connection, directions: tuple[str, ...], ranking: str, most: int
) -> dict:
    """A board by as many keys as directions."""
    columns = {
        f"{name}_{part}": value
        for name, season in list(zip(KEYS, SEASONS, strict=True))[1 : len(directions)]
        for part, value in (("source", "season_progress"), ("key", season))
    }
    board = add_board(
        connection,
        "season_progress.s1",
        max_entries=most,
        ranking=ranking,
        last_key="cluster_id" if ranking == "row" else None,
        **dict(zip(DIRECTIONS, directions, strict=False)),
        **columns,
    )
    return board | columns


def entries(connection: psycopg.Connection, board: dict) -> Iterator[tuple]:
    values = ("score", "tiebreaker", "third_value", "fourth_value")
    for entry in computed(connection, board):
        shown = tuple(entry[name] for name in values if entry[name] is not None)
        yield entry["rank"], entry["cluster_id"], shown


@pytest.mark.parametrize("ranking", ["dense", "standard", "row"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_ranking_equals_the_oracle(
    connection: psycopg.Connection, ranking: str, count: int
) -> None:
    """Few values, so that most clusters are equal in some keys and many in all."""
    dice = random.Random(f"{SEED} {ranking} {count}")
    names = [*(f"c{number}" for number in range(12)), *(f"B{number}" for number in range(12))]
    values = {name: tuple(dice.randrange(-1, 3) for _ in SEASONS) for name in names}
    keys = put_values(connection, values)[:count]
    listed = 0
    for directions in itertools.product(("desc", "asc"), repeat=count):
        most = dice.choice((1, 3, 5, 100))
        board = add_board_of(connection, directions, ranking, most)
        expected = rank_by(keys, directions, ranking, most)
        assert list(entries(connection, board)) == expected, (directions, most, SEED)
        listed += len(expected)
    assert listed


@pytest.mark.parametrize(
    ("ranking", "ranks"),
    [("dense", [1, 1, 2, 3]), ("standard", [1, 1, 3, 4]), ("row", [1, 2, 3, 4])],
)
def test_equals_share_a_rank_or_their_ids_decide(
    connection: psycopg.Connection, ranking: str, ranks: list[int]
) -> None:
    put_points(connection, "s1", bob=7, ann=7, cyd=5, dan=3)
    board = add_board_of(connection, ("desc",), ranking, 10)
    names = ("ann", "bob", "cyd", "dan")
    found = [(entry["cluster_id"], entry["rank"]) for entry in computed(connection, board)]
    assert found == list(zip(names, ranks, strict=True))


@pytest.mark.parametrize(("ranking", "kept"), [("dense", 2), ("standard", 2), ("row", 1)])
def test_a_cut_keeps_equals_where_they_share_a_rank(
    connection: psycopg.Connection, ranking: str, kept: int
) -> None:
    put_points(connection, "s1", ann=7, bob=7, cyd=5)
    assert len(computed(connection, add_board_of(connection, ("desc",), ranking, 1))) == kept


def test_a_later_key_decides_between_equals_in_its_direction(
    connection: psycopg.Connection,
) -> None:
    put_values(connection, {"ann": (9, 1, 1, 2), "bob": (9, 1, 1, 1), "cyd": (9, 1, 2, 9)})
    board = add_board_of(connection, ("desc", "desc", "desc", "asc"), "dense", 10)
    assert list(entries(connection, board)) == [
        (1, "cyd", (9, 1, 2, 9)),
        (2, "bob", (9, 1, 1, 1)),
        (3, "ann", (9, 1, 1, 2)),
    ]
    (payload,) = {str(entry["payload"]) for entry in computed(connection, board)}
    assert payload.count("'asc'") == 1


def test_an_entry_says_what_each_key_is_of(connection: psycopg.Connection) -> None:
    put_values(connection, {"ann": (9, 1, 1, 2)})
    board = add_board_of(connection, ("asc", "desc", "asc"), "row", 10)
    (entry,) = computed(connection, board)
    assert entry["payload"]["ranking"] == "row"
    assert entry["payload"]["keys"] == [
        {"metric": f"season_progress.{season}", "unit": "points", "direction": direction}
        for season, direction in zip(("s1", "s2", "s3"), ("asc", "desc", "asc"), strict=True)
    ]
    assert entry["fourth_value"] is None
