"""Evidence at its boundaries: what counts, what is excluded, and for which reason.

The view metric_evidence of the deployed project is read as of the instant of the stories, in a
transaction that is rolled back.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from hedge import exclusions
from hedge.exclusions import NewExclusion
from tests.prepared_server import OpenTransaction
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    DAY,
    STRANGER,
    Fact,
    add_cluster,
    battle,
    discord_interaction,
    first_seen,
    hero,
    hunt,
    purchase,
    put,
    quest,
    set_as_of,
    unlink,
    vote,
)

MICRO = timedelta(microseconds=1)
#: The rolling window is [START, AS_OF).
START = AS_OF - 180 * DAY


@pytest.fixture(scope="module")
def database_of_evidence(module_database: str) -> str:
    """The URL of a database with a cluster that has a wallet and had another."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY, BUSY_TOO, discord_id="1")
        unlink(connection, BUSY_TOO)
    return module_database


@pytest.fixture
def connection(
    database_of_evidence: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction as of the instant of the stories, which is rolled back."""
    with rolled_back(database_of_evidence) as connection:
        set_as_of(connection, AS_OF)
        yield connection


def evidence(
    connection: psycopg.Connection, metric: str, *columns: str, window: str = "rolling_180d"
) -> list[tuple]:
    """Columns of the rows of a metric, in the order of their instants."""
    source, key = metric.split(".")
    return connection.execute(
        f"select {', '.join(columns)} from analytics.metric_evidence"
        " where cluster_id = 'busy' and window_key = %s and metric_source = %s and metric_key = %s"
        " order by occurred_at, natural_key",
        [window, source, key],
    ).fetchall()


def test_a_fact_counts_in_the_window_and_has_a_reason_outside(
    connection: psycopg.Connection,
) -> None:
    put(connection, *(hunt(at=at) for at in (START - MICRO, START, AS_OF - MICRO, AS_OF)))
    # of a wallet that is linked no more, whenever it was; and of a wallet of nobody
    put(connection, hunt(BUSY_TOO, at=START + MICRO), hunt(BUSY_TOO, at=AS_OF + DAY))
    put(connection, hunt(STRANGER, at=START + MICRO))
    put(connection, hunt(result="LOSS", at=START + DAY), hunt(hunt_data_id=2, at=START + 2 * DAY))
    columns = ("occurred_at", "contribution", "passed_over", "what")
    assert evidence(connection, "onchain_hunting.mad_boar_kills", *columns) == [
        (START - MICRO, 0, "before the window", "hunt"),
        (START, 1, None, "hunt"),
        (START + MICRO, 0, "of a wallet that is linked no more", "hunt"),
        (START + DAY, 0, "lost", "hunt"),
        (START + 2 * DAY, 0, "another enemy", "hunt"),
        (AS_OF - MICRO, 1, None, "hunt"),
        (AS_OF, 0, "after the as-of instant", "hunt"),
        (AS_OF + DAY, 0, "of a wallet that is linked no more", "hunt"),
    ]
    all_time = evidence(
        connection, "onchain_hunting.wins", "contribution", "passed_over", window="all_time"
    )
    assert all_time == [
        (1, None),
        (1, None),
        (0, "of a wallet that is linked no more"),
        (0, "lost"),
        (1, None),
        (1, None),
        (0, "after the as-of instant"),
        (0, "of a wallet that is linked no more"),
    ]


def test_nothing_counts_for_a_metric_from_which_the_cluster_is_excluded(
    connection: psycopg.Connection,
) -> None:
    put(connection, hunt(at=START + DAY))
    wins = "onchain_hunting.wins"
    counted = [evidence(connection, wins, "contribution")]
    unfair = NewExclusion("unfair", cluster_id="busy", metric=wins, starts_at=AS_OF - DAY)
    exclusions.add(connection, unfair, "ada")
    counted.append(evidence(connection, wins, "contribution"))
    assert counted == [[(1,)], []]
    assert evidence(connection, "onchain_hunting.mad_boar_kills", "contribution") == [(1,)]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (AS_OF - 90 * DAY - MICRO, "before the window"),
        (AS_OF - 90 * DAY, None),
        (AS_OF - 60 * DAY - MICRO, None),
        (AS_OF - 60 * DAY, "after the window"),
        (AS_OF, "after the as-of instant"),
    ],
)
def test_a_window_that_has_ended_excludes_what_came_later(
    connection: psycopg.Connection, at: object, reason: str | None
) -> None:
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at)"
        " values ('spring', 'Spring', %s, %s)",
        [AS_OF - 90 * DAY, AS_OF - 60 * DAY],
    )
    connection.execute("select set_config('hedge.windows', '{season:spring}', true)")
    put(connection, hunt(at=at))
    found = evidence(
        connection, "onchain_hunting.wins", "contribution", "passed_over", window="season:spring"
    )
    assert found == [(0 if reason else 1, reason)]


def test_an_amount_is_what_a_fact_contributes(connection: psycopg.Connection) -> None:
    put(connection, purchase(30, at=START), purchase(5, direction="EARN", at=START + DAY))
    put(connection, purchase(7, method="no vendor's", at=START + 2 * DAY))
    columns = ("contribution", "passed_over", "natural_key ->> 'log_index'")
    assert evidence(connection, "onchain_gold.vendor_spend", *columns) == [
        (30, None, "0"),
        (0, "gold received", "0"),
        (0, "no purchase", "0"),
    ]


def test_a_flag_is_proven_by_its_latest_fact_alone(connection: psycopg.Connection) -> None:
    survivors = {"hunt_data_id": 2, "surviving_hero_count": 1, "surviving_hero_hp": 1}
    put(connection, hunt(at=START + DAY, **survivors), hunt(at=START + 2 * DAY, **survivors))
    put(connection, hunt(at=START + 3 * DAY, **(survivors | {"surviving_hero_hp": 2})))
    put(connection, hunt(at=START + 4 * DAY, hunt_data_id=2))
    found = evidence(connection, "onchain_hunting.clucker_miracle", "contribution", "passed_over")
    assert found == [
        (0, None),
        (1, None),
        (0, "not one hero at 1 HP"),
        (0, "survivors not known"),
    ]


def test_of_a_day_one_action_counts_and_that_is_a_public_one(
    connection: psycopg.Connection,
) -> None:
    morning = AS_OF.replace(day=1, month=5, hour=8)
    put(connection, quest(at=morning), quest(at=morning + timedelta(hours=1)))
    # later, but private
    put(connection, discord_interaction("1", "EVENT", at=morning + timedelta(hours=2)))
    put(connection, quest(at=morning + DAY))
    columns = ("occurred_at", "contribution", "passed_over", "is_private")
    again = "on a day that counts already"
    assert evidence(connection, "behavior_events.active_days", *columns) == [
        (morning, 0, again, False),
        (morning + timedelta(hours=1), 1, None, False),
        (morning + timedelta(hours=2), 0, again, True),
        (morning + DAY, 1, None, False),
    ]


def first_transaction(number: int, days: float) -> Fact:
    return first_seen(at=AS_OF - days * DAY, chain=str(number))


def test_a_vote_is_replaced_by_a_later_one_of_the_same_wallet(
    connection: psycopg.Connection,
) -> None:
    put(connection, battle(1), battle(2), battle(3))
    for number, later in ((1, BUSY), (2, STRANGER), (3, STRANGER)):
        put(connection, vote(number), vote(number, later, at=AS_OF - 1.5 * DAY))
    found = evidence(connection, "onchain_influence.bets_won", "coalesce(passed_over, '')")
    assert sorted(found) == [("",), ("",), ("",), ("changed later",)]


def test_the_first_by_amount_is_the_largest(connection: psycopg.Connection) -> None:
    put(connection, *(first_transaction(number, days) for number, days in enumerate((400, 9, 30))))
    found = evidence(connection, "behavior_events.account_age_days", "contribution", "passed_over")
    assert found == [(400, None), (0, "later than the first"), (0, "later than the first")]


def test_a_state_is_read_as_of_the_end_and_has_no_before(connection: psycopg.Connection) -> None:
    put(connection, hero(1, at=START - 9 * DAY, level=7), hero(2, at=AS_OF, level=9))
    put(connection, hero(3, BUSY_TOO, at=START, level=3))
    found = evidence(connection, "onchain_heroes.total_levels", "contribution", "passed_over")
    assert found == [
        (7, None),
        (0, "of a wallet that is linked no more"),
        (0, "after the as-of instant"),
    ]


def feat_goals(connection: psycopg.Connection, feat: str) -> list[tuple]:
    """The goals of an epic feat over all time: what is reached, the goal, whether it is met, and
    its share of the feat."""
    return connection.execute(
        "select value, goal, is_met, contribution from analytics.feat_goals"
        " where cluster_id = 'busy' and window_key = 'all_time' and feat = %s order by metric",
        [feat],
    ).fetchall()


def put_values(connection: psycopg.Connection, source: str, **values: int) -> None:
    """Add values of a metric source over all time to those that were computed."""
    connection.execute(
        "insert into analytics.cluster_metrics (cluster_id, window_key, metrics, last_computed_at)"
        " values ('busy', 'all_time', jsonb_build_object(%s::text, %s::jsonb), %s)"
        " on conflict (cluster_id, window_key)"
        " do update set metrics = cluster_metrics.metrics || excluded.metrics",
        [source, json.dumps(values), AS_OF],
    )


@pytest.mark.parametrize(("families", "goal"), [(0, None), (1, 1), (2, 2)])
def test_the_goal_of_a_collection_is_the_length_of_its_list(
    connection: psycopg.Connection, families: int, goal: int | None
) -> None:
    """An empty list has none, which nobody reaches."""
    connection.execute(
        "delete from analytics.pet_families where family not in"
        " (select family from analytics.pet_families order by family limit %s)",
        [families],
    )
    put_values(connection, "onchain_pets", odd_family_count=1)
    is_met = goal == 1
    found = feat_goals(connection, "mythic_menagerie_unlocked")
    assert found == [(1, goal, is_met, int(is_met))]


def test_the_goals_of_a_feat_that_is_unlocked_have_equal_shares_of_six_decimals(
    connection: psycopg.Connection,
) -> None:
    """A goal is met by its number, and a feat by all of its goals."""
    put_values(connection, "onchain_metis_patrol", wins=100, elite_wins=25)
    put_values(connection, "onchain_shells", shells_collected=500)
    put_values(connection, "onchain_influence", bets_won=49)
    put_values(connection, "onchain_tournaments", entries=10, top_finish=1)
    found = feat_goals(connection, "vangardian_unlocked")
    assert [(goal, is_met, share) for _, goal, is_met, share in found] == [
        (50, False, 0),
        (25, True, 0),
        (100, True, 0),
        (500, True, 0),
        (10, True, 0),
        (1, True, 0),
    ]
    put_values(connection, "onchain_influence", bets_won=50)
    found = feat_goals(connection, "vangardian_unlocked")
    assert {is_met for _, _, is_met, _ in found} == {True}
    shares = [share for *_, share in found]
    high, low = Decimal("0.166667"), Decimal("0.166666")
    assert shares == [high, low, high, high, low, high]
