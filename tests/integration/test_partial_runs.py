"""A metric source that fails in a run harms what rests on it, and one cluster only its cluster."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from hedge import runs, seasons
from hedge.errors import HedgeError
from hedge.queue import requests
from hedge.runs import left_out
from tests import PROJECT, Hedge
from tests.support import (
    AS_OF,
    BUSY,
    IDLE,
    RIVAL,
    add_cluster,
    break_view,
    days_ago,
    hunt,
    marts,
    mend_view,
    progress,
    put,
    pvp_match,
    summon,
    verified_to,
)

FIRST, BROKEN, AGAIN = days_ago(3), days_ago(1), days_ago(0.5)
WALLETS = {"busy": BUSY, "idle": IDLE, "rival": RIVAL}


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters with a win and a hunt each, computed; then each wins and hunts once more.
    In the season, wins and hunts give points."""
    seasons.add(
        connection,
        seasons.Season(
            id="s",
            name="S",
            starts_at=datetime(2020, 1, 1, tzinfo=UTC),
            ends_at=datetime(2036, 1, 1, tzinfo=UTC),
            is_active=True,
        ),
    )
    weights = [{"challenge_key": key, "weight": "1"} for key in ("arena_victor", "hunters_triumph")]
    seasons.put_weights(connection, "s", weights)
    for cluster, wallet in WALLETS.items():
        add_cluster(connection, cluster, wallet)
        put(connection, pvp_match(wallet, at=days_ago(9)), hunt(wallet, at=days_ago(9)))
    runs.full(as_of=FIRST)
    for wallet in WALLETS.values():
        put(connection, pvp_match(wallet, at=days_ago(2)), hunt(wallet, at=days_ago(2)))
    connection.execute("delete from app.etl_requests")
    return connection


def values(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    """The wins and hunts of each cluster, as progress has them."""
    return {
        cluster: (found["arena_victor"], found["hunters_triumph"])
        for cluster in WALLETS
        if (found := progress(connection, cluster))
    }


def instants(connection: psycopg.Connection, cluster: str) -> dict[str, datetime]:
    """Up to which as-of instant each challenge of a cluster is verified."""
    return {
        challenge: instant
        for (of_cluster, challenge), instant in verified_to(connection).items()
        if of_cluster == cluster
    }


def challenges_of(source: str) -> set[str]:
    """The challenges that a metric source measures."""
    with (PROJECT / "seeds" / "challenges.csv").open() as lines:
        found = {row["key"] for row in csv.DictReader(lines) if row["metric_source"] == source}
    assert len(found) > 2
    return found


def points(connection: psycopg.Connection) -> dict[str, tuple[Decimal, datetime]]:
    """The season points of each cluster, and their as-of instant."""
    instants = verified_to(connection, "season_progress")
    found = connection.execute(
        "select season_id, cluster_id, points from analytics.season_progress"
    )
    return {cluster: (number, instants[season, cluster]) for season, cluster, number in found}


def states(connection: psycopg.Connection, number: int) -> list[tuple[str, str]]:
    """The kinds and states of the newest runs, newest first."""
    return [(run.kind, run.state) for run in runs.ledger(connection, number)]


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_source_that_fails_keeps_its_values_and_all_others_are_brought_up_to_date(
    town: psycopg.Connection, kind: str
) -> None:
    before = marts(town)["challenge_progress"]
    definition = break_view(town, "onchain_pvp", "wins")
    run = getattr(runs, kind)(as_of=BROKEN)
    assert (run.state, run.as_of) == ("PARTIAL", BROKEN)
    assert run.error == "onchain_pvp cannot be computed for every cluster: division by zero"
    # it is one run, and has one row
    assert states(town, 2) == [(kind.upper(), "PARTIAL"), ("FULL", "SUCCESS")]
    assert run.run_id == max(one.run_id for one in runs.ledger(town, 9))

    assert values(town) == dict.fromkeys(WALLETS, (1, 2))
    rests = challenges_of("onchain_pvp") | {
        *("pvp_mastery_score", "category_master"),
        # a flawless victory is a feat
        "prestige_collector",
    }
    for cluster in WALLETS:
        found = instants(town, cluster)
        assert {key for key, instant in found.items() if instant == FIRST} == rests
        assert {key for key, instant in found.items() if instant == BROKEN} == {*found} - rests
    after = marts(town)["challenge_progress"]
    assert {key: after[key] for key in after if key[1] in rests} == {
        key: before[key] for key in before if key[1] in rests
    }
    # wins give points in the season
    assert points(town) == dict.fromkeys(WALLETS, (2, FIRST))
    (metrics, marker) = town.execute(
        "select metrics, left_out from analytics.cluster_metrics"
        " where cluster_id = 'busy' and window_key = 'all_time'"
    ).fetchone()
    assert (metrics["onchain_pvp"]["wins"], metrics["onchain_hunting"]["wins"]) == (1, 2)
    assert {source: datetime.fromisoformat(at) for source, at in marker.items()} == {
        "onchain_pvp": FIRST
    }

    # It still fails: the next run knows it beforehand, and tells the instant of the values.
    put(town, hunt(BUSY, at=days_ago(0.7)))
    again = runs.incremental(as_of=AGAIN)
    assert states(town, 2) == [("INCREMENTAL", "PARTIAL"), (kind.upper(), "PARTIAL")]
    assert again.error == run.error
    assert values(town)["busy"] == (1, 3)
    assert instants(town, "busy")["arena_victor"] == FIRST
    kept = "select distinct left_out ->> 'onchain_pvp' from analytics.cluster_metrics"
    assert {datetime.fromisoformat(at) for (at,) in town.execute(kept)} == {FIRST}

    mend_view(town, "onchain_pvp", definition)
    healed = runs.incremental(as_of=AS_OF)
    assert (healed.state, healed.error) == ("SUCCESS", None)
    assert values(town) == {"busy": (2, 3), "idle": (2, 2), "rival": (2, 2)}
    assert {*instants(town, "rival").values()} == {AS_OF}
    assert points(town)["idle"] == (4, AS_OF)
    assert left_out.marked(town) == []
    assert town.execute("select count(*) from app.change_notes").fetchone() == (0,)
    found = marts(town)
    runs.full(as_of=AS_OF)
    assert marts(town) == found


def test_feats_and_scores_that_rest_on_the_source_are_out_of_date_and_no_others(
    town: psycopg.Connection,
) -> None:
    put(town, summon(1, at=days_ago(2)))
    definition = break_view(town, "onchain_summoning", "worldforged_count")
    assert runs.full(as_of=BROKEN).state == "PARTIAL"
    late = {key for key, instant in instants(town, "busy").items() if instant == FIRST}
    assert late == challenges_of("onchain_summoning") | {
        *("worldforged_summoner", "grandmaster_geneweaver", "summoning_prestige_score"),
        *("prestige_collector", "category_master"),
    }
    mend_view(town, "onchain_summoning", definition)
    assert runs.incremental(as_of=AS_OF).state == "SUCCESS"
    assert {*instants(town, "busy").values()} == {AS_OF}


def test_a_row_of_one_cluster_harms_that_cluster_only(town: psycopg.Connection) -> None:
    definition = break_view(town, "onchain_pvp", "wins", where="cluster_id = 'busy'")
    run = runs.full(as_of=BROKEN)
    assert run.state == "PARTIAL"
    assert run.error == "onchain_pvp cannot be computed for cluster busy: division by zero"
    assert values(town) == {"busy": (1, 2), "idle": (2, 2), "rival": (2, 2)}
    assert {*instants(town, "rival").values()} == {BROKEN}
    assert instants(town, "busy")["arena_victor"] == FIRST
    assert instants(town, "busy")["hunters_triumph"] == BROKEN
    assert points(town) == {"busy": (2, FIRST), "idle": (4, BROKEN), "rival": (4, BROKEN)}

    # a run of others is not concerned, one of this cluster is
    assert runs.cluster(["idle"], as_of=AGAIN).state == "SUCCESS"
    assert runs.cluster(["busy", "idle"], as_of=AGAIN).state == "PARTIAL"
    # there is nothing else to compute, but the cluster is still out of date
    nothing = runs.incremental(as_of=AGAIN)
    assert (nothing.state, nothing.error) == ("PARTIAL", run.error)
    assert instants(town, "busy")["arena_victor"] == FIRST

    mend_view(town, "onchain_pvp", definition)
    assert runs.incremental(as_of=AS_OF).state == "SUCCESS"
    assert values(town)["busy"] == (2, 2)
    assert {*instants(town, "busy").values()} == {AS_OF}


@pytest.mark.parametrize("where", ["true", "cluster_id = 'busy'"])
def test_a_derived_source_that_fails_harms_what_rests_on_it(
    town: psycopg.Connection, where: str
) -> None:
    definition = break_view(town, "meta_profile", "prestige_unlocked_count", where=where)
    run = runs.full(as_of=BROKEN)
    assert run.state == "PARTIAL"
    assert run.error.startswith("meta_profile cannot be computed for ")
    assert values(town) == dict.fromkeys(WALLETS, (2, 2))
    late = {cluster for cluster in WALLETS if FIRST in instants(town, cluster).values()}
    assert late == ({*WALLETS} if where == "true" else {"busy"})
    challenges = {challenge for (_, challenge), at in verified_to(town).items() if at == FIRST}
    (source,) = town.execute(
        "select array_agg(distinct metric_source) from analytics.challenge_ladders"
        " where challenge_key = any(%s)",
        [[*challenges]],
    ).fetchone()
    assert source == ["meta_profile"]
    mend_view(town, "meta_profile", definition)
    assert runs.incremental(as_of=AS_OF).state == "SUCCESS"
    assert {*instants(town, "busy").values()} == {AS_OF}


def test_a_raw_column_that_is_dropped_harms_its_source(town: psycopg.Connection) -> None:
    """The views on it are dropped, too, and its function fails for nobody in particular."""
    town.execute("drop view analytics.onchain_hunting cascade")
    run = runs.incremental(as_of=BROKEN)
    assert run.state == "PARTIAL"
    assert run.error.startswith("onchain_hunting cannot be computed for every cluster: ")
    assert values(town) == dict.fromkeys(WALLETS, (2, 1))


def test_facts_that_are_removed_while_a_source_fails_revoke_an_unlock_when_it_is_mended(
    town: psycopg.Connection,
) -> None:
    put(town, *(pvp_match(BUSY, at=days_ago(8)) for _ in range(200)))
    runs.incremental(as_of=days_ago(2.5))
    unlocks = (
        "select count(*) filter (where revoked_at is null), count(*) from analytics.tier_unlocks"
        " where cluster_id = 'busy' and challenge_key = 'arena_victor'"
    )
    (standing, _) = town.execute(unlocks).fetchone()
    assert standing > 0
    definition = break_view(town, "onchain_pvp", "wins")
    # without any match there would be no row that fails
    town.execute("delete from raw.pvp_matches where matched_at = %s", [days_ago(8)])
    assert runs.incremental(as_of=BROKEN).state == "PARTIAL"
    assert town.execute(unlocks).fetchone()[0] == standing
    mend_view(town, "onchain_pvp", definition)
    assert runs.incremental(as_of=AS_OF).state == "SUCCESS"
    assert town.execute(unlocks).fetchone()[0] == 0


def test_a_run_of_a_season_keeps_the_points_that_rest_on_what_fails(
    town: psycopg.Connection,
) -> None:
    break_view(town, "onchain_pvp", "wins", where="cluster_id = 'busy'")
    _, run = seasons.run("s", BROKEN)
    assert (run.kind, run.state) == ("SEASON", "PARTIAL")
    assert points(town) == {"busy": (2, FIRST), "idle": (4, BROKEN), "rival": (4, BROKEN)}


def test_a_worker_serves_what_can_be_computed(town: psycopg.Connection) -> None:
    """No request is parked, and the next incremental run computes what was left out."""
    definition = break_view(town, "onchain_pvp", "wins", where="cluster_id = 'busy'")
    for cluster in WALLETS:
        requests.create(town, "CLUSTER", cluster)
    assert requests.serve_clusters(town) == 3
    assert requests.unserved(town) == []
    assert values(town) == {"busy": (1, 2), "idle": (2, 2), "rival": (2, 2)}
    mend_view(town, "onchain_pvp", definition)
    assert runs.incremental().state == "SUCCESS"
    assert values(town)["busy"] == (2, 2)


def test_a_command_says_what_was_left_out_and_exits_with_4(
    town: psycopg.Connection, hedge: Hedge
) -> None:
    break_view(town, "onchain_pvp", "wins", where="cluster_id = 'busy'")
    status, out, err = hedge("etl", "full")
    assert status == 4
    assert out.startswith("full run ")
    assert err == (
        "hedge: onchain_pvp cannot be computed for cluster busy: division by zero; what rests on"
        " that keeps its values, all else was computed\n"
    )
    status, out, err = hedge("etl", "status", "--limit", "1")
    assert (status, "PARTIAL" in out, "division by zero" in out) == (0, True, True)


def test_a_run_in_which_every_source_fails_fails(town: psycopg.Connection) -> None:
    before = marts(town)
    town.execute(
        "create or replace function app.as_of() returns timestamptz language sql stable"
        " as $$ select now() + interval '1 day' * (1 / (random() * 0)) $$"
    )
    with pytest.raises(HedgeError, match=r"the full run failed: .*division by zero"):
        runs.full(as_of=BROKEN)
    assert states(town, 1) == [("FULL", "FAILED")]
    assert marts(town) == before
