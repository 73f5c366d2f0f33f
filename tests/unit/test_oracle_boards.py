"""The oracle's boards and seasons, on stories that can be checked by eye."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.oracle import (
    Link,
    Lists,
    Season,
    World,
    catalogue,
    level,
    next_threshold,
    rank,
    season_points,
    total_score,
)
from tests.oracle.scores import Score

LISTS = Lists.read()
CATALOGUE = catalogue()
LEVELS = ((1, Decimal(0)), (2, Decimal(50)), (3, Decimal(150)))
BUSY = "0x" + "b1" * 20
BEGIN, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def scores(**found: int) -> dict[str, Decimal]:
    return {cluster: Decimal(score) for cluster, score in found.items()}


def places(entries: list) -> list[tuple[int, str]]:
    return [(entry.rank, entry.cluster) for entry in entries]


def test_equals_share_a_dense_rank_and_zero_is_not_listed() -> None:
    found = rank(scores(a=2, b=7, c=2, d=0, e=1), None, 10)
    assert places(found) == [(1, "b"), (2, "a"), (2, "c"), (3, "e")]
    assert {entry.tiebreaker for entry in found} == {None}


def test_a_tiebreaker_that_is_missing_counts_zero() -> None:
    found = rank(scores(a=2, b=2, c=2), scores(b=1), 10)
    assert places(found) == [(1, "b"), (2, "a"), (2, "c")]


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (scores(a=3, b=2, c=2, d=1), [(1, "a"), (2, "b"), (2, "c")]),
        (scores(a=3, b=3, c=2), [(1, "a"), (1, "b")]),
    ],
)
def test_the_cut_keeps_the_last_shared_rank_whole(found: dict, kept: list) -> None:
    assert places(rank(found, None, 2)) == kept


def test_clusters_are_listed_in_the_order_of_their_bytes() -> None:
    assert places(rank(scores(b=1, B=1, é=1, z=1), None, 9)) == [
        (1, "B"),
        (1, "b"),
        (1, "z"),
        (1, "é"),
    ]


def test_levels_begin_at_zero_and_end_somewhere() -> None:
    assert [level(Decimal(points), LEVELS) for points in ("0", "49.9", "50", "999")] == [1, 1, 2, 3]
    assert next_threshold(Decimal(50), LEVELS) == 150
    assert next_threshold(Decimal(150), LEVELS) is None


def test_a_ladder_is_worth_one_and_a_feat_nothing() -> None:
    value = {"arena_victor": 25, "flawless_victory": 1}
    found = {
        one.key: Score(Decimal(value.get(one.key, 0)), "", False) for one in CATALOGUE.challenges
    }
    # two of the four tiers of arena_victor
    assert total_score(found, CATALOGUE) == Decimal("0.5")


def hero(at: datetime, owner: str | None, level: int) -> dict:
    return {
        "hero_id": 1,
        "owner_wallet": owner,
        "main_class": "Warrior",
        "rarity": 0,
        "level": level,
        "generation": None,
        "is_rented": False,
        "stat_genes": None,
        "updated_at": at,
    }


@pytest.mark.parametrize(
    ("scoring", "levels", "points"),
    [
        ("SEASON", (10, 40), 60),
        ("SEASON", (40, 10), 0),
        ("LIFETIME", (10, 40), 80),
        ("LIFETIME", (40, 10), 20),
    ],
)
def test_state_counts_its_gain_in_a_season(scoring: str, levels: tuple, points: int) -> None:
    before, after = levels
    world = World(
        facts={
            "heroes": [
                hero(datetime(2026, 2, 1, tzinfo=UTC), BUSY, before),
                hero(datetime(2026, 3, 15, tzinfo=UTC), BUSY, after),
                # when the season is over
                hero(END, BUSY, 99),
            ]
        },
        links=[Link("busy", BUSY)],
        clusters=["busy"],
    )
    season = Season("spring", BEGIN, END, scoring, {"hero_riser": Decimal(2)})
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    assert season_points(world, season, as_of, LISTS, CATALOGUE) == {"busy": points}
