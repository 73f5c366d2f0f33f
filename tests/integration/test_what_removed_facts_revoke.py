"""Runs over facts that are removed, changed and return: which unlocks are revoked, which stay."""

from datetime import datetime, timedelta

import psycopg
import pytest

from hedge import runs
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    RIVAL,
    add_cluster,
    days_ago,
    hero,
    hunt,
    link,
    put,
    pvp_match,
    unlink,
)

pytestmark = pytest.mark.ci

REMOVED = "facts were removed or corrected"
#: Each run of a test is as of a later instant.
LATER = [AS_OF + timedelta(seconds=number) for number in range(9)]


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Two clusters with five wins and ten hunts each, after a full run."""
    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "rival", RIVAL)
    for wallet in (BUSY, RIVAL):
        put(connection, *(pvp_match(wallet, at=days_ago(9)) for _ in range(5)))
        put(connection, *(hunt(wallet, at=days_ago(9)) for _ in range(10)))
        put(connection, *(hero(number, wallet) for number in ids_of(wallet)))
    runs.full(as_of=AS_OF)
    return connection


def ids_of(wallet: str) -> range:
    """The ten heroes of a wallet."""
    return range(10) if wallet == BUSY else range(10, 20)


def unlocks(
    connection: psycopg.Connection, challenge: str, cluster: str = "busy"
) -> list[tuple[datetime, datetime | None, str | None]]:
    """The unlocks of the first tier of a challenge: unlocked at, revoked at, why."""
    return connection.execute(
        """
        select unlocked_at, revoked_at, revoked_reason
        from analytics.tier_unlocks as unlocks
        inner join analytics.challenge_tiers as tiers using (challenge_key, tier_code)
        where cluster_id = %s and challenge_key = %s and kind = 'TIER' and sort_order = 1
        order by unlocked_at
        """,
        [cluster, challenge],
    ).fetchall()


def remove(connection: psycopg.Connection, table: str, wallet: str = BUSY) -> None:
    assert connection.execute(
        f"delete from raw.{table} where wallet_address = %s", [wallet]
    ).rowcount


def test_a_removed_fact_revokes_and_its_return_is_another_unlock(
    town: psycopg.Connection,
) -> None:
    assert unlocks(town, "arena_victor") == [(AS_OF, None, None)]
    remove(town, "pvp_matches")
    runs.incremental(as_of=LATER[1])
    revoked = (AS_OF, LATER[1], REMOVED)
    assert unlocks(town, "arena_victor") == [revoked]
    # those that rest on other facts, or are another's, stand
    assert unlocks(town, "hunters_triumph") == [(AS_OF, None, None)]
    assert unlocks(town, "arena_victor", "rival") == [(AS_OF, None, None)]

    runs.full(as_of=LATER[2])
    assert unlocks(town, "arena_victor") == [revoked]

    put(town, *(pvp_match(BUSY, at=days_ago(9)) for _ in range(5)))
    runs.incremental(as_of=LATER[3])
    assert unlocks(town, "arena_victor") == [revoked, (LATER[3], None, None)]
    (granted,) = town.execute(
        "select count(*) from analytics.tier_unlocks inner join app.etl_runs using (run_id)"
        " where challenge_key = 'arena_victor' and cluster_id = 'busy' and revoked_at is null"
        " and etl_runs.as_of = unlocked_at and tier_unlocks.definitions = etl_runs.definitions"
    ).fetchone()
    assert granted > 0

    # what is removed again revokes the second one
    remove(town, "pvp_matches")
    runs.incremental(as_of=LATER[4])
    assert unlocks(town, "arena_victor") == [revoked, (LATER[3], LATER[4], REMOVED)]


def test_a_fact_that_goes_to_another_wallet_revokes(town: psycopg.Connection) -> None:
    town.execute(
        "update raw.pvp_matches set wallet_address = %s where wallet_address = %s", [RIVAL, BUSY]
    )
    runs.incremental(as_of=LATER[1])
    assert unlocks(town, "arena_victor") == [(AS_OF, LATER[1], REMOVED)]
    assert unlocks(town, "arena_victor", "rival") == [(AS_OF, None, None)]


def test_a_run_of_the_cluster_before_the_removal_is_taken_changes_nothing(
    town: psycopg.Connection,
) -> None:
    remove(town, "pvp_matches")
    # it sees the value fall, but not why
    runs.cluster(["busy"], as_of=LATER[1])
    assert unlocks(town, "arena_victor") == [(AS_OF, None, None)]
    runs.incremental(as_of=LATER[2])
    assert unlocks(town, "arena_victor") == [(AS_OF, LATER[2], REMOVED)]


def test_a_tier_that_was_lost_before_is_not_revoked_by_a_later_correction(
    town: psycopg.Connection,
) -> None:
    # the wallet leaves, and comes back when its wins are gone: nobody knows of them any more
    unlink(town, BUSY)
    runs.incremental(as_of=LATER[1])
    assert unlocks(town, "arena_victor") == [(AS_OF, None, None)]
    link(town, "busy", BUSY)
    town.execute(
        "update raw.pvp_matches set is_ranked = false, loaded_at = now() where wallet_address = %s",
        [BUSY],
    )
    runs.incremental(as_of=LATER[2])
    assert unlocks(town, "arena_victor") == [(AS_OF, None, None)]


def test_what_play_lowers_keeps_its_unlock(town: psycopg.Connection) -> None:
    heroes = unlocks(town, "house_of_heroes")
    assert heroes == [(AS_OF, None, None)]
    town.execute("delete from raw.heroes where owner_wallet = %s", [BUSY])
    runs.incremental(as_of=LATER[1])
    assert unlocks(town, "house_of_heroes") == heroes
    # as half a year that goes by keeps a Founder's Mark
    put(town, *(hunt(BUSY, at=AS_OF - DAY) for _ in range(100)))
    runs.incremental(as_of=LATER[2])
    runs.full(as_of=AS_OF + 179 * DAY)
    marks = town.execute(
        "select count(*), count(revoked_at) from analytics.tier_unlocks"
        " where kind = 'FOUNDERS_MARK' and cluster_id = 'busy'"
    ).fetchone()
    assert marks[0] > 0
    assert marks[1] == 0
