"""The metrics of the demo world are as stories.py expects, and every tier has a cluster."""

from decimal import Decimal

import psycopg
from typer.testing import CliRunner

from cli.main import app
from hedge import runs, world
from hedge.world import demo


def test_the_named_clusters_have_the_numbers_of_their_stories(
    demo_world: psycopg.Connection,
) -> None:
    rows = demo_world.execute(
        """
        select progress.cluster_id, challenges.metric_source || '.' || challenges.metric_key,
            progress.value
        from analytics.challenge_progress as progress
        inner join analytics.challenges on progress.challenge_key = challenges.key
        where progress.cluster_id = any(%s) and progress.value <> 0
        """,
        [list(world.EXPECTED)],
    )
    found = {name: {} for name in world.EXPECTED}
    for cluster, metric, value in rows:
        found[cluster][metric] = value
    assert found == {
        name: {metric: Decimal(int(value)) for metric, value in metrics.items()}
        for name, metrics in world.EXPECTED.items()
    }


def test_every_tier_of_every_challenge_has_a_cluster(demo_world: psycopg.Connection) -> None:
    empty = demo_world.execute(
        """
        select tiers.challenge_key, tiers.tier_code
        from analytics.challenge_tiers as tiers
        left join analytics.challenge_progress as progress
            on tiers.challenge_key = progress.challenge_key and tiers.tier_code = progress.tier
        where progress.cluster_id is null
        """
    ).fetchall()
    assert empty == []


def test_every_raw_table_has_facts(demo_world: psycopg.Connection) -> None:
    tables = demo_world.execute(
        "select tablename from pg_tables where schemaname = 'raw' and tablename <> 'rejected_rows'"
    ).fetchall()
    assert len(tables) == 24
    for (table,) in tables:
        assert demo_world.execute(f"select exists (select from raw.{table})").fetchone()[0], table


def test_making_it_again_changes_nothing(demo_world: psycopg.Connection) -> None:
    (full,) = demo_world.execute("select run_id from app.etl_runs where kind = 'FULL'").fetchone()
    before = demo_world.execute("select count(*), max(run_id) from app.etl_runs").fetchone()
    loaded, run = demo.make(clusters=300, seed=1, report=lambda *_: None)
    after = demo_world.execute("select count(*), max(run_id) from app.etl_runs").fetchone()
    assert (loaded, run.run_id) == (0, full)
    assert after == before


def test_another_world_on_top_is_refused(demo_world: psycopg.Connection) -> None:
    result = CliRunner().invoke(app, ["demo", "--seed", "2"])
    assert "another demo world (300 clusters, seed 1)" in str(result.exception)


def test_a_world_among_real_facts_is_refused(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into raw.token_prices_daily (price_date, token, usd_price)"
        " values ('2026-01-01', 'JEWEL', 1)"
    )
    result = CliRunner().invoke(app, ["demo"])
    assert "holds real facts" in str(result.exception)
    assert connection.execute("select count(*) from app.wallet_clusters").fetchone()[0] == 0


def test_a_run_as_of_the_same_instant_rewrites_nothing(demo_world: psycopg.Connection) -> None:
    # the first removes the windows that the boards needed
    runs.full(world.AS_OF)
    again = runs.full(world.AS_OF)
    assert {model.name: model.rows for model in again.models} == {
        "cluster_metrics": 0,
        "challenge_progress": 0,
        "tier_unlocks": 0,
        "season_progress": 0,
    }
