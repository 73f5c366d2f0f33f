"""The comparison of progress, tier unlocks and seasons of two sides."""

import dataclasses
from datetime import datetime

import psycopg
import pytest

from hedge import seasons
from hedge.analysis.changes import (
    ChallengeChange,
    Mover,
    Preview,
    SeasonChange,
    TierMove,
    Totals,
)
from hedge.seasons import Season
from tests.integration.preview import compared, insert
from tests.support import AS_OF, days_ago


def progress(
    connection: psycopg.Connection,
    side: str,
    cluster: str,
    value: float,
    tier: str = "NONE",
    rolling: tuple[float, str] = (0, "NONE"),
    challenge: str = "hero_riser",
) -> None:
    """The progress of a cluster on one side."""
    insert(
        connection,
        f"{side}_challenge_progress",
        cluster_id=cluster,
        challenge_key=challenge,
        value=value,
        tier=tier,
        rolling_value=rolling[0],
        rolling_tier=rolling[1],
    )


def test_two_equal_sides_change_nothing(sides: psycopg.Connection) -> None:
    for side in ("before", "after"):
        progress(sides, side, "a", 500, "UNCOMMON", (1, "NONE"))
        unlock(sides, f"{side}_tier_unlocks", "COMMON")
        insert(sides, f"{side}_season_progress", season_id="s", cluster_id="a", points=1, level=1)
        insert(sides, f"{side}_leaderboard_entries", run_id=1, rank=1, cluster_id="a", score=1)
    found = compared(sides)
    assert found == Preview(AS_OF)
    assert found.changes_nothing


def test_values_and_tiers_are_counted_and_a_row_that_a_side_lacks_is_nothing(
    sides: psycopg.Connection,
) -> None:
    progress(sides, "before", "up", 90)
    progress(sides, "after", "up", 650, "RARE")
    progress(sides, "before", "down", 300, "UNCOMMON")
    progress(sides, "after", "down", 299.5, "COMMON")
    progress(sides, "after", "new", 100, "COMMON")
    progress(sides, "before", "gone", 1000, "LEGENDARY")
    progress(sides, "before", "rolling", 700, "RARE", (300, "UNCOMMON"))
    progress(sides, "after", "rolling", 700, "RARE", (0, "NONE"))
    # another threshold: the tier moves and the value does not
    progress(sides, "before", "same", 100, "COMMON")
    progress(sides, "after", "same", 100, "NONE")
    for side in ("before", "after"):
        progress(sides, side, "unchanged", 5000, "MYTHIC")
    found = compared(sides)
    (challenge,) = found.challenges
    assert dataclasses.replace(challenge, moves=[], movers=[]) == ChallengeChange(
        challenge_key="hero_riser",
        challenge="Hero Riser",
        unit="levels",
        values_changed=4,
        change=challenge.change,
        largest_gain=560,
        largest_loss=1000,
        rolling_values_changed=1,
        rolling_tiers_changed=1,
        tiers_won=2,
        tiers_lost=3,
        unlocks_won=0,
        unlocks_withheld=0,
        unlocks_not_reached=0,
        clusters_moved=5,
    )
    assert float(challenge.change) == 560 - 0.5 + 100 - 1000
    # lowest tiers first
    assert challenge.moves == [
        TierMove("NONE", "COMMON", 1),
        TierMove("NONE", "RARE", 1),
        TierMove("COMMON", "NONE", 1),
        TierMove("UNCOMMON", "COMMON", 1),
        TierMove("LEGENDARY", "NONE", 1),
    ]
    assert [mover.cluster_id for mover in challenge.movers] == ["gone", "up", "new", "down", "same"]
    assert challenge.movers[1] == Mover("up", 90, 650, "NONE", "RARE")
    assert found.totals == Totals(
        challenges_changed=1, clusters_changed=6, values_changed=4, tiers_won=2, tiers_lost=3
    )
    assert not found.changes_nothing


def test_a_cluster_counts_once_and_challenges_are_in_the_order_of_the_catalogue(
    sides: psycopg.Connection,
) -> None:
    for challenge in ("vendor_tycoon", "arena_challenger", "hero_riser"):
        progress(sides, "after", "a", 1, challenge=challenge)
    progress(sides, "after", "b", 1, challenge="vendor_tycoon")
    found = compared(sides)
    assert [challenge.challenge_key for challenge in found.challenges] == [
        *("hero_riser", "arena_challenger", "vendor_tycoon")
    ]
    assert found.totals == Totals(challenges_changed=3, clusters_changed=2, values_changed=2)


def test_the_ten_that_move_furthest_are_shown_and_equals_by_tiers_and_then_by_name(
    sides: psycopg.Connection,
) -> None:
    for number in range(10):
        progress(sides, "after", f"c{number:02}", -20 if number == 9 else 20)
    progress(sides, "after", "b", 10)
    progress(sides, "after", "a", 10)
    progress(sides, "after", "tier", 10, "COMMON")
    sides.execute("delete from after_challenge_progress where cluster_id < 'c02' and value = 20")
    (challenge,) = compared(sides).challenges
    assert [mover.cluster_id for mover in challenge.movers] == [
        *(f"c{number:02}" for number in range(2, 10)),
        *("tier", "a"),
    ]
    assert challenge.clusters_moved == 11


def test_a_ladder_that_differs_is_read_from_both_sides(sides: psycopg.Connection) -> None:
    """A tier that only one side has keeps its place there; names are those after the edit."""
    sides.execute("delete from after_challenge_tiers where tier_code = 'MYTHIC'")
    sides.execute("update after_challenges set name = 'Renamed' where key = 'hero_riser'")
    sides.execute(
        "update after_metrics set unit = 'steps'"
        " where (metric_source, metric_key) = ('onchain_heroes', 'total_levels')"
    )
    sides.execute("delete from after_challenges where key = 'vendor_tycoon'")
    progress(sides, "before", "a", 2000, "MYTHIC")
    progress(sides, "after", "a", 2000, "LEGENDARY")
    progress(sides, "before", "a", 1, challenge="vendor_tycoon")
    riser, removed = compared(sides).challenges
    assert (riser.challenge, riser.unit, riser.tiers_lost) == ("Renamed", "steps", 1)
    assert riser.moves == [TierMove("MYTHIC", "LEGENDARY", 1)]
    assert (removed.challenge, removed.unit, removed.change) == ("Vendor Tycoon", "gold", -1)


# -- tier unlocks ----------------------------------------------------------------------------


def unlock(
    connection: psycopg.Connection,
    table: str,
    tier: str,
    kind: str = "TIER",
    cluster: str = "a",
    revoked_at: datetime | None = None,
) -> None:
    """A tier unlock on one side, or a live one."""
    insert(
        connection,
        table,
        cluster_id=cluster,
        challenge_key="hero_riser",
        tier_code=tier,
        kind=kind,
        unlocked_at=days_ago(9 if revoked_at is None else 10),
        revoked_at=revoked_at,
    )


@pytest.mark.parametrize(
    ("tables", "effect"),
    [
        (["before", "after"], None),
        # the next run would have handed it out
        (["before"], "withheld"),
        (["before", "revoked"], "withheld"),
        # it stands and stays
        (["before", "live"], "not_reached"),
        (["before", "live", "revoked"], "not_reached"),
        (["after"], "won"),
        # it was won before and is kept, so it is not won again
        (["after", "live"], None),
        # it was taken away, so it is
        (["after", "revoked"], "won"),
        (["after", "live", "revoked"], None),
        (["live"], None),
    ],
)
def test_an_unlock_is_won_or_withheld_or_stands_though_it_is_not_reached(
    sides: psycopg.Connection, tables: list[str], effect: str | None
) -> None:
    for side in tables:
        is_live = side in ("live", "revoked")
        unlock(
            sides,
            "analytics.tier_unlocks" if is_live else f"{side}_tier_unlocks",
            "COMMON",
            revoked_at=AS_OF if side == "revoked" else None,
        )
    found = compared(sides)
    counts = dict.fromkeys(("won", "withheld", "not_reached"), 0)
    if effect is not None:
        counts[effect] = 1
    for one in [found.totals, *found.challenges]:
        assert {name: getattr(one, f"unlocks_{name}") for name in counts} == counts
    assert len(found.challenges) == (0 if effect is None else 1)


def test_unlocks_are_the_same_by_cluster_tier_and_kind(sides: psycopg.Connection) -> None:
    unlock(sides, "before_tier_unlocks", "COMMON")
    unlock(sides, "after_tier_unlocks", "COMMON", "FOUNDERS_MARK")
    unlock(sides, "after_tier_unlocks", "RARE")
    unlock(sides, "after_tier_unlocks", "COMMON", cluster="b")
    # live ones of others make no difference
    unlock(sides, "analytics.tier_unlocks", "COMMON", "FOUNDERS_MARK", cluster="b")
    unlock(sides, "analytics.tier_unlocks", "RARE", "FOUNDERS_MARK")
    unlock(sides, "analytics.tier_unlocks", "COMMON")
    totals = compared(sides).totals
    assert (totals.unlocks_won, totals.unlocks_withheld, totals.unlocks_not_reached) == (3, 0, 1)


# -- seasons ---------------------------------------------------------------------------------


def test_points_and_levels_are_won_and_lost(sides: psycopg.Connection) -> None:
    for name in ("one", "two", "unchanged"):
        seasons.add(sides, Season(name, name.capitalize(), days_ago(9), days_ago(1)))
    for side, season, cluster, points, level in (
        ("before", "two", "a", 10, 1),
        ("after", "two", "a", 12.5, 2),
        ("before", "two", "b", 9, 3),
        ("after", "two", "b", 2, 1),
        ("after", "two", "c", 1, 1),
        ("before", "one", "a", 5, 1),
        ("before", "unchanged", "a", 5, 1),
        ("after", "unchanged", "a", 5, 1),
        ("before", "one", "b", 5, 1),
        # a level alone, where thresholds changed
        ("after", "one", "b", 5, 2),
    ):
        insert(
            sides,
            f"{side}_season_progress",
            season_id=season,
            cluster_id=cluster,
            points=points,
            level=level,
        )
    found = compared(sides)
    assert [dataclasses.astuple(season) for season in found.seasons] == [
        dataclasses.astuple(SeasonChange("one", "One", 2, 0, 5, 1, 1)),
        dataclasses.astuple(SeasonChange("two", "Two", 3, 3.5, 7, 2, 2)),
    ]
    totals = found.totals
    assert (float(totals.points_won), totals.points_lost) == (3.5, 12)
    assert (totals.levels_won, totals.levels_lost) == (3, 3)
