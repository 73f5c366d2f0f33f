"""reached_at: the event with which a value reached a tier, of metrics that are sums of events."""

from datetime import datetime
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given

from hedge import runs
from tests import support
from tests.against_the_oracle import LISTS, hostile
from tests.oracle import Window, World, measure
from tests.oracle.instants import AS_OF, TICK
from tests.oracle.worlds import worlds
from tests.rendering import MART, render
from tests.support import (
    BUSY,
    add_cluster,
    days_ago,
    hunt,
    lp_move,
    purchase,
    put,
    pvp_match,
    quest,
)

#: The metrics that add up, and the query of each.
QUERIES = {
    tuple(name.split(".")): query
    for name, query in (
        part.split(":", 1)
        for part in render(
            "{% for metric in described_metrics() if adds_up(metric) %}"
            "{{ metric.source }}.{{ metric.key }}:"
            "{{ totals_of_events(metric, ['the clusters']) }};;"
            "{% endfor %}",
            {},
        ).split(";;")[:-1]
    )
}


def test_the_metrics_that_add_up_are_counts_and_sums_of_events() -> None:
    keys = {key for _, key in QUERIES}
    assert len(QUERIES) == 28
    assert {"active_days", "vendor_spend", "flawless_victory", "entries", "bets_won"} <= keys
    # a state, the best of several, what is held for a time, and a score of others
    others = {"hero_count", "best_win_streak", "stake_duration_days", "pvp_mastery_score"}
    assert not keys & others


@pytest.fixture
def world_connection(connection: psycopg.Connection) -> psycopg.Connection:
    support.set_as_of(connection, AS_OF)
    return connection


@hostile(6)
@given(world=worlds(LISTS, veterans=False))
def test_at_each_event_the_sum_is_the_value_until_then(
    world_connection: psycopg.Connection, world: World
) -> None:
    connection = world_connection
    support.put_world(connection, world)
    totals: dict[tuple, list[tuple[datetime, Decimal]]] = {}
    for metric, query in QUERIES.items():
        text = query.replace(
            "array['the clusters']", f"array[{', '.join(map(repr, world.clusters))}]"
        )
        for cluster, at, total in connection.execute(text):
            totals.setdefault((cluster, metric), []).append((at, total))
    instants = sorted({at for found in totals.values() for at, _ in found})
    for instant in instants[:: max(1, len(instants) // 4)]:
        expected = measure(world, Window("all_time", None, instant + TICK), LISTS)
        for cluster in world.clusters:
            for metric in QUERIES:
                known = [total for at, total in totals.get((cluster, metric), []) if at <= instant]
                value = max(known, default=Decimal(0))
                if isinstance(expected[cluster][metric], bool):
                    value = value > 0
                assert value == expected[cluster][metric], (cluster, metric, instant)


def reached(connection: psycopg.Connection, challenge: str) -> list[datetime | None]:
    """When the tiers of a challenge were reached, lowest first."""
    rows = connection.execute(
        """
        select reached_at from analytics.tier_unlocks
        inner join analytics.challenge_tiers using (challenge_key, tier_code)
        where challenge_key = %s and kind = 'TIER' and cluster_id = 'busy' order by sort_order
        """,
        [challenge],
    ).fetchall()
    return [at for (at,) in rows]


def test_a_run_records_the_event_that_reached_the_tier(connection: psycopg.Connection) -> None:
    add_cluster(connection, "busy", BUSY)
    put(connection, *(hunt(BUSY, at=days_ago(40 - number)) for number in range(12)))
    put(connection, *(pvp_match(BUSY, at=days_ago(9)) for _ in range(3)))
    put(connection, lp_move(5, BUSY, at=days_ago(100)))
    runs.full(as_of=support.AS_OF)
    # the tenth hunt
    assert reached(connection, "hunters_triumph") == [days_ago(31)]
    # a holding is no sum of events
    assert reached(connection, "diamond_hand_lp")[0] is None
    first = reached(connection, "arena_victor")

    # later facts reach other tiers; what was reached stays
    put(connection, *(pvp_match(BUSY, at=days_ago(8)) for _ in range(50)))
    put(connection, *(quest(BUSY, at=days_ago(7)) for _ in range(3)))
    runs.incremental(as_of=support.AS_OF + TICK)
    now = reached(connection, "arena_victor")
    assert now[: len(first)] == first
    assert len(now) > len(first)
    assert set(now[len(first) :]) == {days_ago(8)}
    assert connection.execute(
        "select count(*) from analytics.tier_unlocks"
        " where kind = 'FOUNDERS_MARK' and reached_at is not null"
    ).fetchone() == (0,)


def test_facts_are_read_only_of_ten_thousand_new_tiers(connection: psycopg.Connection) -> None:
    connection.execute(
        """
        create temp table computed as
        select
            'busy' as cluster_id, 'arena_victor' as challenge_key, 'TIER' as kind,
            null as reached_at, null as fell_at, null as revoked_at
        from generate_series(1, 10000)
        """
    )
    newly_reached = render("{{ first_wins_newly_reached({'computed': 'pg_temp.computed'}) }}", {})
    assert connection.execute(newly_reached).fetchall() == [("onchain_pvp", "wins", '["busy"]')]
    connection.execute("insert into computed select * from computed limit 1")
    assert connection.execute(newly_reached).fetchall() == []


@pytest.mark.parametrize(
    ("fraction", "is_reached"), [("0.9999996", True), ("0.9999995", True), ("0.9999994", False)]
)
def test_a_sum_is_rounded_as_the_value_is(
    transaction: psycopg.Connection, fraction: str, is_reached: bool
) -> None:
    """A metric has six decimals; the facts of another raw table may have more."""
    support.set_as_of(transaction, support.AS_OF)
    add_cluster(transaction, "busy", BUSY)
    put(transaction, purchase(999, at=days_ago(3)))
    transaction.execute(
        f"create temp table {MART['computed']} (like analytics.tier_unlocks) on commit drop;"
        f" insert into {MART['computed']} (cluster_id, challenge_key, tier_code, kind, unlocked_at)"
        " values ('busy', 'vendor_tycoon', 'BASIC', 'TIER', now())"
    )
    text = render(
        "{% for metric in described_metrics() if metric.key == 'vendor_spend' %}"
        "{{ first_wins_reached(mart, dict(metric, amount=amount), ['busy']) }}"
        "{% endfor %}",
        {},
        amount=f"gold_amount + {fraction}",
    )
    transaction.execute(text)
    (at,) = transaction.execute(f"select reached_at from {MART['computed']}").fetchone()
    assert at == (days_ago(3) if is_reached else None)
