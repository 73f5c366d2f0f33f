"""The ends of past periods equal a second implementation, before and after facts of that time and
links change, and what is out of date is known to be."""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given

from hedge import runs
from hedge.queries import query
from hedge.queue import requests
from tests import support
from tests.against_the_oracle import lively_worlds, scores_of
from tests.integration.test_a_full_run_equals_incremental_runs import Chronicle, handful
from tests.oracle import World

ENDS = [
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 6, 14, tzinfo=UTC),
    datetime(2026, 6, 15, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
]


def ask(
    connection: psycopg.Connection, clusters: Collection[str], ends: list[datetime] = ENDS
) -> None:
    """Ask for ends of clusters, as the API does."""
    for cluster in clusters:
        connection.execute(
            "insert into app.past_ends (cluster_id, ends_at) select %s, unnest(%s::timestamptz[])"
            " on conflict do nothing",
            [cluster, ends],
        )
        connection.execute(
            "insert into app.etl_requests (kind, cluster_id, reason) values ('ENDS', %s, 'asked')"
            " on conflict do nothing",
            [cluster],
        )


def out_of_date(connection: psycopg.Connection, cluster: str) -> set[datetime]:
    """The ends of a cluster that the next run would compute."""
    rows = connection.execute(query("ends_wanted"), {"cluster": cluster, "limit": 1000})
    return {datetime.fromisoformat(ends_at) for _, ends_at, _ in rows}


def stored(connection: psycopg.Connection) -> dict[tuple[str, datetime], dict]:
    """What is stored of each end that is up to date: challenge to value and tier."""
    rows = connection.execute("select cluster_id, ends_at, progress from app.past_ends").fetchall()
    return {
        (cluster, ends_at): {
            challenge: (Decimal(value), tier) for challenge, (value, tier) in progress.items()
        }
        for cluster, ends_at, progress in rows
        if ends_at not in out_of_date(connection, cluster)
    }


def assert_stored_equals_the_oracle(
    connection: psycopg.Connection, world: World, clusters: Collection[str]
) -> None:
    """What is stored and up to date is what the oracle says of the instant."""
    found = stored(connection)
    expected = {ends_at: scores_of(world, ends_at)[0] for ends_at in ENDS}
    for (cluster, ends_at), progress in found.items():
        told = {
            challenge: (score.value, score.tier)
            for challenge, score in expected[ends_at][cluster].items()
        }
        assert progress == told, (cluster, ends_at)
    assert {cluster for cluster, _ in found} == {*clusters}


@pytest.mark.ci
@handful(1)
@given(world=lively_worlds(veterans=False))
def test_ends_equal_the_oracle_whatever_changes(
    connection: psycopg.Connection, world: World
) -> None:
    support.forget_runs(connection)
    connection.execute("delete from app.etl_requests")
    chronicle = Chronicle(connection, world)
    for wallet in chronicle.wallets:
        chronicle.move(wallet)
    late = len(chronicle.facts) // 4
    chronicle.load(len(chronicle.facts) - late)
    runs.full()
    connection.execute("delete from app.etl_requests")
    marts = support.without_instants(support.marts(connection))

    ask(connection, world.clusters)
    assert requests.serve_clusters(connection) == len(world.clusters)
    assert len(stored(connection)) == len(world.clusters) * len(ENDS)
    assert_stored_equals_the_oracle(connection, chronicle.known, world.clusters)
    # the marts are as they were
    assert support.without_instants(support.marts(connection)) == marts

    # facts arrive late, bit by bit
    while chronicle.facts:
        chronicle.load(min(late // 3 + 1, len(chronicle.facts)))
        runs.incremental()
        current = {cluster for cluster, _ in stored(connection)}
        assert_stored_equals_the_oracle(connection, chronicle.known, current)
        ask(connection, world.clusters)
        requests.serve_clusters(connection)
        assert_stored_equals_the_oracle(connection, chronicle.known, world.clusters)

    # a wallet that is unlinked or moves counts from the beginning for somebody else, at once
    for wallet in chronicle.wallets[:2]:
        chronicle.move(wallet)
        current = {cluster for cluster, _ in stored(connection)}
        assert_stored_equals_the_oracle(connection, chronicle.known, current)
        ask(connection, world.clusters)
        requests.serve_clusters(connection)
        assert_stored_equals_the_oracle(connection, chronicle.known, world.clusters)


def test_a_change_without_an_instant_moves_every_end(connection: psycopg.Connection) -> None:
    support.add_cluster(connection, "busy", support.BUSY, discord_id="1001")
    support.put(connection, support.pvp_match(support.BUSY, at=support.days_ago(9)))
    runs.full()
    ask(connection, ["busy"])
    requests.serve_clusters(connection)
    assert out_of_date(connection, "busy") == set()
    # votes and purchases may be of either account, whenever they happened
    connection.execute("update app.players set discord_id = '1002'")
    runs.incremental()
    assert out_of_date(connection, "busy") == set(ENDS)
