"""Exclusions: who makes and ends them, what the next run makes of them, who is told.

That values follow exactly, hostile worlds say: test_metrics_equal_the_oracle.py, and
test_a_full_run_equals_incremental_runs.py for runs over changes.
"""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge import exclusions, runs
from hedge.errors import UsageError
from hedge.exclusions import NewExclusion
from tests import Hedge
from tests.support import BUSY, RIVAL, add_cluster, put, pvp_match

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Two clusters with five wins each."""
    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "rival", RIVAL)
    for wallet in (BUSY, RIVAL):
        put(connection, *(pvp_match(wallet, at=YESTERDAY) for _ in range(5)))
    return connection


def notes(connection: psycopg.Connection) -> list[tuple[str, str, bool]]:
    """The change notes of exclusions: kind, key, and whether they are due."""
    return connection.execute(
        "select kind, key, due_at < now() from app.change_notes"
        " where table_name = 'exclusions' order by due_at"
    ).fetchall()


def test_an_exclusion_makes_its_cluster_due_and_asks_a_worker(town: psycopg.Connection) -> None:
    town.execute("delete from app.change_notes; delete from app.etl_requests")
    number = exclusions.add(town, NewExclusion("unfair", cluster_id="busy"), "ada")
    assert notes(town) == [("cluster", "busy", True)]
    assert town.execute("select cluster_id, reason from app.etl_requests").fetchall() == [
        ("busy", "exclusion begun")
    ]
    (made,) = exclusions.of_cluster(town, "busy")
    assert (made.exclusion_id, made.state, made.created_by) == (number, "valid", "ada")
    assert exclusions.of_cluster(town, "rival") == []

    exclusions.end(town, number, "bob", "a mistake")
    assert notes(town) == [("cluster", "busy", True)] * 2
    assert exclusions.of_cluster(town, "busy") == []
    (ended,) = exclusions.listed(town)
    assert (ended.state, ended.ended_by, ended.end_reason) == ("ended", "bob", "a mistake")
    with pytest.raises(UsageError, match=f"exclusion {number} has ended already"):
        exclusions.end(town, number, "bob")
    with pytest.raises(UsageError, match=f"no exclusion {number + 1}"):
        exclusions.end(town, number + 1, "bob")


def test_both_ends_of_a_planned_one_are_noted_for_their_instants(
    town: psycopg.Connection,
) -> None:
    town.execute("delete from app.change_notes")
    later = NewExclusion(
        "unfair",
        wallet_address=BUSY,
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=2),
    )
    exclusions.add(town, later, "ada")
    assert notes(town) == [("wallet", BUSY, False)] * 2
    (planned,) = exclusions.listed(town)
    assert planned.state == "planned"
    for as_of, expected in ((0, []), (1, [BUSY]), (2, [])):
        town.execute(
            "select set_config('hedge.as_of', %s, false)",
            [(NOW + timedelta(days=as_of)).isoformat()],
        )
        assert town.execute("select app.excluded_wallets()").fetchone() == (expected,)


def test_history_is_neither_changed_nor_deleted(town: psycopg.Connection) -> None:
    exclusions.add(town, NewExclusion("unfair", cluster_id="busy"), "ada")
    with pytest.raises(psycopg.errors.RestrictViolation, match="is not deleted; end it instead"):
        town.execute("delete from app.exclusions")
    with pytest.raises(psycopg.errors.RestrictViolation, match="ended once, and not changed"):
        town.execute("update app.exclusions set reason = 'another'")


def test_the_command_says_which_runs_follow(town: psycopg.Connection, hedge: Hedge) -> None:
    def add(*options: str) -> str:
        return hedge("exclusions", "add", "--cluster", "busy", "--reason", "unfair", *options)[1]

    assert add().endswith("UTC on; the next run follows it\n")
    later = (NOW + timedelta(days=1)).isoformat()
    assert add("--from", later).endswith("UTC on; the first run as of then follows it\n")
    past = [(YESTERDAY - timedelta(days=days)).isoformat() for days in (2, 1)]
    assert add("--from", past[0], "--until", past[1]).endswith(
        "UTC, and no run of now follows it\n"
    )
    assert hedge("exclusions", "end", "1")[1] == (
        "exclusion 1 is ended; the next run counts again what it took out\n"
    )
    assert hedge("exclusions", "end", "2")[1] == "exclusion 2 is ended; no run has followed it\n"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (NewExclusion("unfair", cluster_id="bussy"), "no cluster bussy"),
        (NewExclusion("unfair", cluster_id="busy", board_key="none"), "no board none"),
        (NewExclusion("unfair", cluster_id="busy", season_id="none"), "no season none"),
        (NewExclusion("unfair", cluster_id="busy", metric="a.b"), "no metric a.b"),
        (NewExclusion("unfair", wallet_address="0x1"), "'0x1' is not an address"),
        (NewExclusion(" ", cluster_id="busy"), "the reason is 1 to 500 characters"),
        (NewExclusion("unfair", raw_table="no_table", fact={}), "no raw table no_table"),
        (
            NewExclusion("unfair", raw_table="pvp_matches", fact={"realm": "CRY"}),
            "a fact of pvp_matches is named by realm, match_id, wallet_address",
        ),
        (
            NewExclusion(
                "unfair",
                raw_table="pvp_matches",
                fact={"realm": "CRY", "match_id": "no", "wallet_address": BUSY},
            ),
            "no fact of pvp_matches with realm CRY, match_id no",
        ),
    ],
)
def test_what_cannot_be_excluded_is_named(
    town: psycopg.Connection, wanted: NewExclusion, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        exclusions.add(town, wanted, "ada")
    assert exclusions.listed(town) == []


def arena(connection: psycopg.Connection) -> dict[str, int]:
    """The wins that the marts have of each cluster."""
    rows = connection.execute(
        "select cluster_id, value::integer from analytics.challenge_progress"
        " where challenge_key = 'arena_victor'"
    )
    return dict(rows.fetchall())


def unlocked(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    """The first tier of wins of the cluster, as it was unlocked and revoked."""
    return connection.execute(
        "select cluster_id, revoked_reason from analytics.tier_unlocks as unlocks"
        " inner join analytics.challenge_tiers as tiers using (challenge_key, tier_code)"
        " where challenge_key = 'arena_victor' and kind = 'TIER' and sort_order = 1"
        " and cluster_id = 'busy' order by unlocked_at"
    ).fetchall()


@pytest.mark.ci
def test_the_next_run_follows_an_exclusion_and_its_end(town: psycopg.Connection) -> None:
    runs.full()
    assert arena(town) == {"busy": 5, "rival": 5}
    first = exclusions.add(town, NewExclusion("unfair", wallet_address=BUSY), "ada")
    runs.incremental()
    assert arena(town) == {"busy": 0, "rival": 5}
    assert unlocked(town) == [("busy", "excluded")]
    exclusions.end(town, first, "ada")
    runs.incremental()
    assert arena(town) == {"busy": 5, "rival": 5}
    assert unlocked(town) == [("busy", "excluded"), ("busy", None)]

    (key,) = town.execute(
        "select jsonb_build_object('realm', realm, 'match_id', match_id,"
        " 'wallet_address', wallet_address) from raw.pvp_matches"
        " where wallet_address = %s limit 1",
        [BUSY],
    ).fetchone()
    fact = NewExclusion("a fault", raw_table="pvp_matches", fact=key)
    exclusions.add(town, fact, "ada")
    assert [one.subject for one in exclusions.of_cluster(town, "busy")] != []
    runs.incremental()
    assert arena(town) == {"busy": 4, "rival": 5}


@pytest.mark.ci
def test_an_unlock_of_a_derived_metric_goes_with_what_it_rests_on(town: psycopg.Connection) -> None:
    """Of two feats that nobody reaches any more, one rests on patrols."""
    runs.full()
    town.execute(
        "insert into analytics.tier_unlocks"
        " (cluster_id, challenge_key, tier_code, kind, unlocked_at)"
        " select 'busy', challenge_key, tier_code, 'TIER', %s from analytics.challenge_tiers"
        " where challenge_key in ('vangardian', 'crowned_jeweler')",
        [YESTERDAY],
    )
    patrols = NewExclusion("unfair", cluster_id="busy", metric="onchain_metis_patrol.wins")
    exclusions.add(town, patrols, "ada")
    runs.incremental()
    assert dict(
        town.execute(
            "select challenge_key, revoked_reason from analytics.tier_unlocks"
            " where challenge_key in ('vangardian', 'crowned_jeweler')"
        ).fetchall()
    ) == {"vangardian": "excluded", "crowned_jeweler": None}
