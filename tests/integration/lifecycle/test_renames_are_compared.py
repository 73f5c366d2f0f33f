"""What is renamed is compared with what it was called before."""

import psycopg
import pytest

from hedge.analysis import built_sides, preview
from hedge.analysis.renames import Rename
from tests.integration.preview import compared, insert
from tests.support import AS_OF

CHALLENGE = Rename("challenge", "win_streak", "winning_streak")
TIER = Rename("tier", "winning_streak.BASIC", "winning_streak.STARTER")
METRIC = Rename("metric", "onchain_pvp.best_win_streak", "onchain_pvp.longest_run")


@pytest.fixture
def sides(transaction: psycopg.Connection) -> psycopg.Connection:
    """Two sides, of which the second has the new names; a cluster has BASIC on both."""
    for side in ("before", "after"):
        for name in (*preview.SEEDS, *built_sides.MARTS):
            limit = " limit 0" if name in built_sides.MARTS else ""
            transaction.execute(
                f"create temporary table {side}_{name} as select * from analytics.{name}{limit}"
            )
    transaction.execute(
        "update after_challenges set key = 'winning_streak', metric_key = 'longest_run'"
        " where key = 'win_streak';"
        " update after_metrics set metric_key = 'longest_run'"
        " where metric_key = 'best_win_streak';"
        " update after_challenge_tiers set challenge_key = 'winning_streak',"
        " tier_code = case tier_code when 'BASIC' then 'STARTER' else tier_code end"
        " where challenge_key = 'win_streak'"
    )
    put(transaction, "before", "win_streak", "BASIC")
    put(transaction, "after", "winning_streak", "STARTER")
    unlock(transaction, "analytics.tier_unlocks", "win_streak", "BASIC")
    unlock(transaction, "before_tier_unlocks", "win_streak", "BASIC")
    unlock(transaction, "after_tier_unlocks", "winning_streak", "STARTER")
    return transaction


def put(connection: psycopg.Connection, side: str, challenge: str, tier: str) -> None:
    insert(
        connection,
        f"{side}_challenge_progress",
        cluster_id="busy",
        challenge_key=challenge,
        value=3,
        unlocked=True,
        tier=tier,
        rolling_value=2,
        rolling_tier=tier,
        last_computed_at=AS_OF,
    )


def unlock(connection: psycopg.Connection, table: str, challenge: str, tier: str) -> None:
    insert(
        connection,
        table,
        cluster_id="busy",
        challenge_key=challenge,
        tier_code=tier,
        kind="TIER",
        unlocked_at=AS_OF,
    )


def test_a_rename_changes_nothing(sides: psycopg.Connection) -> None:
    assert compared(sides, CHALLENGE, TIER, METRIC).changes_nothing


@pytest.mark.parametrize("lacking", [CHALLENGE, TIER], ids=["challenge", "tier"])
def test_what_is_not_declared_is_won_and_lost(sides: psycopg.Connection, lacking: Rename) -> None:
    found = compared(sides, *({CHALLENGE, TIER, METRIC} - {lacking}))
    assert found.totals.unlocks_won == 1
    assert not found.changes_nothing


def test_a_change_beside_a_rename_is_told_under_the_new_name(sides: psycopg.Connection) -> None:
    sides.execute("update after_challenge_progress set value = 5, tier = 'ADVANCED'")
    unlock(sides, "after_tier_unlocks", "winning_streak", "ADVANCED")
    (found,) = compared(sides, CHALLENGE, TIER, METRIC).challenges
    assert (found.challenge_key, found.unit, found.change) == ("winning_streak", "matches", 2)
    assert [(one.tier_before, one.tier_after) for one in found.moves] == [("STARTER", "ADVANCED")]
    assert (found.tiers_won, found.unlocks_won, found.rolling_tiers_changed) == (1, 1, 0)


def test_unlocks_of_a_retired_challenge_are_not_called_in_question(
    sides: psycopg.Connection,
) -> None:
    sides.execute(
        "update after_challenges set state = 'retired' where key = 'winning_streak';"
        " delete from after_tier_unlocks"
    )
    assert compared(sides, CHALLENGE, TIER, METRIC).changes_nothing
