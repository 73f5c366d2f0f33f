"""How rare tiers are: counted by full and incremental runs, and equal to a second computation."""

from collections import Counter
from decimal import Decimal

import psycopg
import pytest

from hedge import runs
from tests import support
from tests.support import AS_OF, DAY, add_cluster, pvp_match


def counted_again(connection: psycopg.Connection) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """The clusters of each tier and their share, from the progress of all clusters in Python."""
    ladders: dict[str, list[str]] = {}
    for challenge, tier in connection.execute(
        "select challenge_key, tier_code from analytics.challenge_tiers order by sort_order"
    ):
        ladders.setdefault(challenge, []).append(tier)
    on: dict[str, Counter[str]] = {}
    for challenge, tier in connection.execute(
        "select challenge_key, tier from analytics.challenge_progress"
    ):
        on.setdefault(challenge, Counter())[tier] += 1
    found = {}
    for challenge, tiers in on.items():
        for place, tier in enumerate(ladders[challenge]):
            reached = sum(tiers[one] for one in ladders[challenge][place:])
            share = round(Decimal(reached) / tiers.total(), 6)
            found[challenge, tier] = (reached, share)
    return found


def stored(connection: psycopg.Connection) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """What runs have stored."""
    rows = connection.execute(
        "select challenge_key, tier_code, clusters, share from app.tier_rarity"
    )
    return {(challenge, tier): (clusters, share) for challenge, tier, clusters, share in rows}


def counted_as_of(connection: psycopg.Connection) -> tuple:
    return connection.execute("select as_of, counted_at from app.counted_progress").fetchone()


@pytest.mark.ci
def test_runs_count_how_rare_tiers_are(connection: psycopg.Connection) -> None:
    matches = {"one": 3, "two": 14, "three": 15, "four": 60, "idler": 0}
    wallets = {cluster: f"0x{number + 7001:040x}" for number, cluster in enumerate(matches)}
    for cluster, wins in matches.items():
        add_cluster(connection, cluster, wallets[cluster])
        support.put(
            connection, *(pvp_match(wallets[cluster], at=AS_OF - 3 * DAY) for _ in range(wins))
        )
    runs.full(as_of=AS_OF)
    expected = counted_again(connection)
    assert stored(connection) == expected
    clusters = connection.execute("select count(*) from app.wallet_clusters").fetchone()[0]
    assert expected["arena_victor", "ADVANCED"] == (2, round(Decimal(2) / clusters, 6))
    assert sum(count for count, _ in expected.values()) > len(matches)

    # every value is counted, between edges that hold it
    rows = connection.execute(
        """
        select
            progress.challenge_key,
            progress.tier,
            counts.from_value,
            counts.clusters,
            count(*)
        from analytics.challenge_progress as progress
        left join app.value_counts as counts
            on
                progress.challenge_key = counts.challenge_key
                and progress.tier = counts.tier_code
                and progress.value >= counts.from_value
                and progress.value < counts.below_value
        group by 1, 2, 3, 4
        """
    ).fetchall()
    assert len(rows) > len(set(row[0] for row in rows))
    assert all(counted == found for *_, counted, found in rows)
    edges = connection.execute(
        "select from_value, below_value, tier_code, clusters from app.value_counts"
        " where challenge_key = 'arena_victor' and from_value >= 10 order by from_value"
    ).fetchall()
    assert sorted(edges) == [
        (10, 20, "ADVANCED", 1),
        (10, 20, "BASIC", 1),
        (50, 70, "ELITE", 1),
    ]

    # a run of a cluster does not count, and the next incremental one does
    before = counted_as_of(connection)
    support.put(connection, *(pvp_match(wallets["idler"], at=AS_OF - DAY) for _ in range(5)))
    runs.cluster(["idler"], as_of=AS_OF + DAY)
    assert counted_as_of(connection) == before
    assert stored(connection) == expected != counted_again(connection)
    runs.incremental(as_of=AS_OF + DAY)
    assert stored(connection) == counted_again(connection)
    assert counted_as_of(connection)[0] == AS_OF + DAY

    # where counting takes long, an incremental run leaves it to a later one; a full one does not
    connection.execute("update app.counted_progress set counted_at = now(), seconds = 60")
    slow = counted_as_of(connection)
    support.put(connection, *(pvp_match(wallets["idler"], at=AS_OF) for _ in range(50)))
    runs.incremental(as_of=AS_OF + 2 * DAY)
    assert counted_as_of(connection) == slow
    assert stored(connection) != counted_again(connection)
    runs.full(as_of=AS_OF + 2 * DAY)
    assert stored(connection) == counted_again(connection)
