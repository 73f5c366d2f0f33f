"""The metrics of the demo world are as stories.py expects, and every tier has a cluster."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from hedge import runs, world
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.world import demo
from tests import support
from tests.oracle import Lists
from tests.oracle.boundaries.town import STRANGER, TIMES, Town


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
    tiers = "select count(*) from analytics.challenge_tiers"
    assert demo_world.execute(tiers).fetchone()[0] > 100


def test_the_demo_counts_who_has_a_tier_and_who_has_the_last(
    demo_world: psycopg.Connection,
) -> None:
    """The same counts from the tiers that progress has."""
    rows = demo_world.execute(
        """
        select
            challenges.name,
            count(*) filter (where progress.tier <> 'NONE'),
            count(*) filter (
                where progress.tier = (
                    select tiers.tier_code from analytics.challenge_tiers as tiers
                    where tiers.challenge_key = challenges.key
                    order by tiers.sort_order desc
                    limit 1
                )
            )
        from analytics.challenges
        inner join analytics.challenge_progress as progress
            on challenges.key = progress.challenge_key
        group by challenges.name
        """
    )
    expected = {name: (on_a_rung, on_the_last) for name, on_a_rung, on_the_last in rows}
    assert len({counts for counts in expected.values() if counts[0] > counts[1] > 0}) > 5
    assert expected == {
        found.challenge: (found.on_a_rung, found.on_the_last_rung)
        for found in demo.challenges(demo_world)
    }


def test_every_raw_table_has_facts(demo_world: psycopg.Connection) -> None:
    tables = demo_world.execute(query("load_tables")).fetchall()
    assert tables
    for (table,) in tables:
        assert demo_world.execute(f"select exists (select from raw.{table})").fetchone()[0], table


def test_making_it_again_changes_nothing(demo_world: psycopg.Connection) -> None:
    (full,) = demo_world.execute("select run_id from app.etl_runs where kind = 'FULL'").fetchone()
    before = demo_world.execute("select count(*), max(run_id) from app.etl_runs").fetchone()
    loaded, run = demo.make(clusters=300, seed=1, report=lambda *_: None)
    after = demo_world.execute("select count(*), max(run_id) from app.etl_runs").fetchone()
    assert (loaded, run.run_id) == (0, full)
    assert after == before


def test_the_demo_says_the_instant_of_its_values(demo_world: psycopg.Connection) -> None:
    """That of a later run once there is one; the values of others do not count."""
    said = "as of 2026-11-01 00:00 UTC: demo-busy"
    assert said in CliRunner().invoke(app, ["demo"]).output
    later = "update analytics.challenge_progress set last_computed_at = '2026-11-05 10:30Z'"
    demo_world.execute(f"{later} where cluster_id = 'demo-0006'")
    assert said in CliRunner().invoke(app, ["demo"]).output
    demo_world.execute(f"{later} where cluster_id in ('demo-busy', 'demo-rival')")
    assert "as of 2026-11-05 10:30 UTC: demo-busy" in CliRunner().invoke(app, ["demo"]).output


@pytest.mark.parametrize("other", [["--seed", "2"], ["--clusters", "299"]])
def test_another_world_on_top_is_refused(demo_world: psycopg.Connection, other: list[str]) -> None:
    result = CliRunner().invoke(app, ["demo", *other])
    assert "the database holds another demo world (300 clusters, seed 1): hedge db reset" in str(
        result.exception
    )


def test_a_world_among_real_facts_or_wallets_is_refused(connection: psycopg.Connection) -> None:
    """Whatever the table that holds a row; no demo is made, and nothing is changed."""
    town = Town(Lists.read())
    town.put("lp_prices_daily", price_date=date(2026, 1, 1), pool_id=1, usd_per_lp=1)
    town.put("token_prices_daily", price_date=date(2026, 1, 1), usd_price=1)
    for table in {*TIMES}:
        town.put(table, own=STRANGER)
    found = query("demo_holds_facts")
    assert connection.execute(found).fetchone() == (False,)
    tables = connection.execute(query("load_tables")).fetchall()
    assert {*town.world.facts} == {table for (table,) in tables}
    for table, (row,) in town.world.facts.items():
        with connection.transaction(force_rollback=True):
            support.put_rows(connection, table, [row])
            assert connection.execute(found).fetchone() == (True,), table
    support.add_cluster(connection, "real")
    result = CliRunner().invoke(app, ["demo"])
    assert "holds real facts or wallets" in str(result.exception)
    assert connection.execute("select cluster_id from app.wallet_clusters").fetchall() == [
        ("real",)
    ]
    assert connection.execute("select count(*) from app.made_up_world").fetchone() == (0,)


def test_a_world_that_cannot_be_loaded_leaves_nothing(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def fails(_: psycopg.Connection, table: str, *arguments: object, **options: object) -> None:
        loaded.append((table, options))
        raise HedgeError("no space left")

    monkeypatch.setattr(demo, "load", fails)
    with pytest.raises(HedgeError, match="no space left"):
        demo.make(clusters=3, seed=1, report=lambda *_: None)
    # a row that is rejected would be an error too
    assert [options for _, options in loaded] == [{"strict": True}]
    assert connection.execute("select count(*) from app.wallet_clusters").fetchone() == (0,)
    assert connection.execute("select count(*) from app.made_up_world").fetchone() == (0,)


def test_every_board_and_season_of_the_catalogue_is_computed(
    demo_world: psycopg.Connection,
) -> None:
    boards = demo_world.execute(
        """
        select defs.key, bool_or(runs.status = 'COMPLETE' and runs.row_count > 0)
        from app.leaderboard_defs as defs
        left join app.leaderboard_runs as runs on defs.key = runs.leaderboard_key
        where defs.is_active
        group by defs.key
        """
    ).fetchall()
    assert len(boards) > 10
    assert [key for key, is_complete in boards if not is_complete] == []
    points = "select season_id, sum(points) > 0 from analytics.season_progress group by season_id"
    assert demo_world.execute(points).fetchall() == [("season_1_awakening", True)]


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
