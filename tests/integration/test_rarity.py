"""How rare tiers are: counted by full and incremental runs, and equal to a second computation."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

import psycopg
import pytest

from hedge import runs
from tests import support
from tests.support import AS_OF, DAY, add_cluster, pvp_match

WALLET = f"0x{7001:040x}"


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


@pytest.mark.ci
def test_an_incremental_run_counts_where_progress_may_have_changed(
    connection: psycopg.Connection,
) -> None:
    add_cluster(connection, "one", WALLET)
    support.put(connection, pvp_match(WALLET, at=AS_OF - DAY))
    runs.full(as_of=AS_OF)
    counted = counted_as_of(connection)
    # nothing changed, and a run of a board changes no progress
    end_of_a_run(connection, "BOARD", scope_size=None)
    runs.incremental(as_of=AS_OF + DAY)
    assert counted_as_of(connection) == counted

    # what ended since then may have
    for kind, scope_size in [("DEPLOY", 0), ("SEASON", None), ("CLUSTER", 1)]:
        end_of_a_run(connection, kind, scope_size)
        runs.incremental(as_of=AS_OF + DAY)
        assert counted_as_of(connection) > counted, kind
        counted = counted_as_of(connection)
        runs.incremental(as_of=AS_OF + DAY)
        assert counted_as_of(connection) == counted, kind

    # and so may one that goes on, also when it has ended, until it is counted after that
    began = end_of_a_run(connection, "CLUSTER", scope_size=1, is_running=True)
    runs.incremental(as_of=AS_OF + DAY)
    assert counted_as_of(connection)[1] == began
    connection.execute(
        "update app.etl_runs set state = 'SUCCESS', finished_at = clock_timestamp()"
        " where state = 'RUNNING'"
    )
    runs.incremental(as_of=AS_OF + DAY)
    counted = counted_as_of(connection)
    assert counted[1] > began
    runs.incremental(as_of=AS_OF + DAY)
    assert counted_as_of(connection) == counted


def end_of_a_run(
    connection: psycopg.Connection, kind: str, scope_size: int | None, *, is_running: bool = False
) -> datetime:
    """Put a run that has just ended, or that goes on, into the run ledger; when it began."""
    return connection.execute(
        """
        insert into app.etl_runs
            (invocation_id, kind, scope_size, as_of, state, started_at, finished_at, definitions)
        select
            gen_random_uuid(), %s, %s, %s, case when %s then 'RUNNING' else 'SUCCESS' end,
            clock_timestamp(), case when not %s then clock_timestamp() end, runs.definitions
        from app.etl_runs as runs
        order by runs.run_id desc
        limit 1
        returning started_at
        """,
        [kind, scope_size, AS_OF, is_running, is_running],
    ).fetchone()[0]
