"""What people do by hand, dbt's traps among it, loses neither views nor rows."""

import shutil
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from hedge import runs, wallets, world
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT
from tests.support import BUSY, copy_project, dbt, edit, put, pvp_match


def views(connection: psycopg.Connection) -> dict[str, int]:
    """Every view with its identity: a view that was replaced in place keeps it."""
    return dict(
        connection.execute(
            "select relname, oid from pg_class"
            " where relnamespace = 'analytics'::regnamespace and relkind = 'v'"
        ).fetchall()
    )


def progress(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute(
        "select * from analytics.challenge_progress order by cluster_id, challenge_key"
    ).fetchall()


def standing(connection: psycopg.Connection) -> tuple:
    """The identity of the table and how many rows it has, for how many clusters."""
    return connection.execute(
        "select 'analytics.challenge_progress'::regclass::oid, count(*), "
        "count(distinct cluster_id) from analytics.challenge_progress"
    ).fetchone()


@pytest.mark.ci
def test_a_deploy_gives_a_mart_its_columns_its_key_and_its_index_and_keeps_every_view_and_row(
    demo_world: psycopg.Connection,
) -> None:
    """The second deploy finds everything as it must be; a deploy takes seconds."""
    standing = views(demo_world), progress(demo_world)
    key = ("cluster_id", "challenge_key", "tier_code", "kind")
    unlocks = (
        f"select {', '.join(key)}, unlocked_at, revoked_at from analytics.tier_unlocks"
        " order by 1, 2, 3, 4"
    )
    demo_world.execute(
        "update analytics.tier_unlocks set revoked_at = now() where cluster_id = 'demo-idle'"
    )
    before = demo_world.execute(unlocks).fetchall()
    # as the table was in version 0.1.0; the model reads these columns of its own table
    demo_world.execute(
        f"""
        drop index analytics.tier_unlocks_not_revoked;
        alter table analytics.tier_unlocks drop constraint tier_unlocks_pkey;
        alter table analytics.tier_unlocks
        add constraint of_version_0_1 primary key ({", ".join(key)}),
        drop column reached_at, drop column run_id, drop column definitions,
        drop column fell_at, drop column revoked_reason
        """
    )
    for _ in range(2):
        runs.deploy()
        assert (views(demo_world), progress(demo_world)) == standing
        assert demo_world.execute(unlocks).fetchall() == before
        keys = demo_world.execute(
            "select pg_get_constraintdef(oid) from pg_constraint"
            " where conrelid = 'analytics.tier_unlocks'::regclass and contype = 'p'"
        ).fetchall()
        assert keys == [(f"PRIMARY KEY ({', '.join(key)}, unlocked_at)",)]
        (index,) = demo_world.execute(
            "select pg_get_indexdef('analytics.tier_unlocks_not_revoked'::regclass)"
        ).fetchone()
        assert index.startswith("CREATE UNIQUE INDEX")
        assert index.endswith("WHERE (revoked_at IS NULL)")
    runs.full()
    assert set(before) <= set(demo_world.execute(unlocks).fetchall())


def test_one_view_by_hand_leaves_the_views_above_standing(demo_world: psycopg.Connection) -> None:
    before = views(demo_world)
    assert dbt("run", "--select", "stg_pvp_matches").success
    assert views(demo_world) == before


@pytest.mark.ci
def test_a_view_with_other_columns_is_not_replaced_alone(demo_world: psycopg.Connection) -> None:
    demo_world.execute("alter view analytics.cluster_wallets rename wallet_address to wallet")
    result = dbt("run", "--select", "cluster_wallets")
    assert not result.success
    assert "other objects depend on it" in paragraph(result, PROJECT)
    runs.deploy()
    assert len(views(demo_world)) > 80
    columns = demo_world.execute("select * from analytics.cluster_wallets limit 0").description
    assert "wallet_address" in [column.name for column in columns]


def test_the_columns_of_a_metric_source_can_change_alone(demo_world: psycopg.Connection) -> None:
    demo_world.execute("alter view analytics.onchain_gold rename column window_key to edited")
    # as an older version may have left it
    demo_world.execute(
        "create function analytics.onchain_gold_rows(text[])"
        " returns setof analytics.onchain_gold language sql return null::analytics.onchain_gold"
    )
    # nothing but what is planned apart hangs on it
    assert dbt("run", "--select", "onchain_gold").success
    rows = "select count(window_key) from analytics.onchain_gold"
    apart = "select count(window_key) from analytics.onchain_gold_rows(null, null)"
    assert demo_world.execute(apart).fetchone() == demo_world.execute(rows).fetchone() != (0,)


@pytest.mark.ci
def test_a_refresh_or_an_empty_run_loses_no_row(demo_world: psycopg.Connection) -> None:
    before = standing(demo_world)
    for arguments in (
        ["run", "--full-refresh"],
        ["run", "--empty", "--select", "config.materialized:incremental"],
        ["seed", "--full-refresh"],
    ):
        dbt(*arguments)
        assert standing(demo_world) == before, arguments
    runs.deploy()
    assert runs.full().state == "SUCCESS"


@pytest.mark.full
def test_clone_is_refused_with_one_sentence_where_the_relations_exist(
    deployed: psycopg.Connection, tmp_path: Path
) -> None:
    runs.document(tmp_path)
    state = str(tmp_path)
    before = views(deployed)
    for arguments in ([], ["--full-refresh"], ["--select", "onchain_pvp"]):
        result = dbt("clone", "--state", state, *arguments)
        assert not result.success
        told = [one.message for one in result.nodes if one.status == "error"]
        assert len(told) == 1
        assert "nothing was cloned: dbt clone would make marts views of the live ones" in told[0]
    assert views(deployed) == before


def test_a_full_refresh_of_seeds_by_hand_drops_no_view(deployed: psycopg.Connection) -> None:
    before = views(deployed)
    result = dbt("seed", "--full-refresh")
    assert not result.success
    assert "nothing was built: --full-refresh drops a seed" in paragraph(result, PROJECT)
    assert views(deployed) == before
    assert dbt("seed", "--select", "categories").success


@pytest.mark.full
def test_a_seed_with_other_columns_is_made_anew(demo_world: psycopg.Connection) -> None:
    demo_world.execute("alter table analytics.challenges drop column icon cascade")
    before = progress(demo_world)
    runs.deploy()
    icons, challenges = demo_world.execute(
        "select count(icon), count(*) from analytics.challenges"
    ).fetchone()
    assert icons == challenges > 0
    assert progress(demo_world) == before


@pytest.mark.full
def test_a_mart_gains_the_columns_it_lacks(demo_world: psycopg.Connection) -> None:
    demo_world.execute("alter table analytics.challenge_progress drop column rolling_tier")
    runs.deploy()
    runs.full()
    rows = demo_world.execute(
        "select count(*) from analytics.challenge_progress where rolling_tier <> 'NONE'"
    )
    assert rows.fetchone()[0] > 1000


@pytest.mark.full
def test_other_definitions_make_the_next_incremental_run_compute_everyone(
    demo_world: psycopg.Connection,
) -> None:
    assert runs.incremental(world.AS_OF).scope_size == 0
    demo_world.execute("update app.etl_runs set definitions = 'older' where kind = 'DEPLOY'")
    runs.deploy()
    assert runs.incremental(world.AS_OF).scope_size is None
    assert runs.incremental(world.AS_OF).scope_size == 0
    runs.deploy()
    assert runs.incremental(world.AS_OF).scope_size == 0


def test_rows_of_a_cluster_and_a_challenge_that_are_gone_are_removed(
    demo_world: psycopg.Connection,
) -> None:
    demo_world.execute(
        """
        delete from app.wallet_links where cluster_id = 'demo-idle';
        delete from app.wallet_clusters where cluster_id = 'demo-idle';
        update analytics.challenges set state = 'draft' where key = 'win_streak'
        """
    )
    runs.full()
    gone = demo_world.execute(
        "select count(*) from analytics.challenge_progress"
        " where cluster_id = 'demo-idle' or challenge_key = 'win_streak'"
    )
    assert gone.fetchone()[0] == 0
    assert len(progress(demo_world)) == 299 * 51


def edited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project in which a won match counts twice; HEDGE_PROJECT names it."""
    copy_project(folder)
    wins = "sum(wins)::bigint as wins"
    edit(folder / "models" / "metrics" / "onchain_pvp.sql", wins, f"2 * {wins}")
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.mark.ci
def test_what_is_edited_does_nothing_before_it_is_deployed(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(connection, pvp_match(BUSY))
    wallets.link(connection, "somebody", [BUSY])

    def wins() -> Decimal:
        runs.cluster(["somebody"])
        return connection.execute(
            "select value from analytics.challenge_progress"
            " where cluster_id = 'somebody' and challenge_key = 'arena_victor'"
        ).fetchone()[0]

    # a deploy of our own, because others share the template's
    runs.deploy()
    assert wins() == 1
    mart = edited(tmp_path / "copy", monkeypatch) / "models" / "progress" / "cluster_metrics.sql"
    mart.write_text("select broken")
    assert wins() == 1
    shutil.copyfile(PROJECT / "models" / "progress" / "cluster_metrics.sql", mart)
    runs.deploy()
    assert wins() == 2
    # another checkout, one without the edit, goes on with what was deployed
    monkeypatch.setenv("HEDGE_PROJECT", str(PROJECT))
    assert wins() == 2
    # and dbt by hand refuses to build the other one's
    assert not dbt("run").success
    assert wins() == 2


def relations(connection: psycopg.Connection, pattern: str) -> list[str]:
    """The views and functions of schema analytics whose names match a LIKE pattern."""
    return [
        name
        for (name,) in connection.execute(
            """
            select relname::text as name from pg_class
            where relnamespace = 'analytics'::regnamespace and relkind = 'v' and relname like %s
            union all
            select proname || '()' from pg_proc
            where pronamespace = 'analytics'::regnamespace and proname like %s
            order by name
            """,
            [pattern, pattern],
        )
    ]


def project_with_a_view(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    """A copy of the project with one more model, whose view has a function; returns its file."""
    edited(folder, monkeypatch)
    model = folder / "models" / "staging" / f"{name}.sql"
    model.write_text(
        """{{ config(post_hook="create or replace function " ~ this.schema ~ '.' ~ this.identifier
            ~ "_rows() returns setof " ~ this ~ " language sql as 'select 1'") }}
        select 1 as one"""
    )
    return model


@pytest.mark.full
def test_the_view_of_a_renamed_model_is_dropped_with_its_function(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a view that no deploy created
    connection.execute("create view analytics.probe_of_mine as select 1 as one")
    model = project_with_a_view(tmp_path / "copy", monkeypatch, "probe_before")
    (model.parent / "probe_above.sql").write_text("select * from {{ ref('probe_before') }}")
    runs.deploy()
    mine = "probe_of_mine"
    assert relations(connection, "probe%") == [
        "probe_above",
        "probe_before",
        "probe_before_rows()",
        mine,
    ]
    (model.parent / "probe_above.sql").unlink()
    model.rename(model.with_stem("probe_after"))
    runs.deploy()
    assert relations(connection, "probe%") == ["probe_after", "probe_after_rows()", mine]
    # the original project has none of these models
    monkeypatch.setenv("HEDGE_PROJECT", str(PROJECT))
    runs.deploy()
    assert relations(connection, "probe%") == [mine]
    assert connection.execute(
        "select count(*) from app.deployed_views where name like 'probe%'"
    ).fetchone() == (0,)


@pytest.mark.full
def test_a_view_that_somebody_reads_is_kept_and_named(
    connection: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    project_with_a_view(tmp_path / "copy", monkeypatch, "probe_before")
    runs.deploy()
    connection.execute(
        "create view analytics.probe_of_mine as select * from analytics.probe_before"
    )
    monkeypatch.setenv("HEDGE_PROJECT", str(PROJECT))
    for _ in range(2):
        caplog.clear()
        runs.deploy()
        assert caplog.messages == [
            "the view analytics.probe_before, which no model of the project creates any more, is "
            "kept: view analytics.probe_of_mine depends on view analytics.probe_before"
        ]
        assert relations(connection, "probe%") == ["probe_before", "probe_of_mine"]
    connection.execute("drop view analytics.probe_of_mine")
    caplog.clear()
    runs.deploy()
    assert (caplog.messages, relations(connection, "probe%")) == ([], [])


@pytest.mark.ci
def test_a_database_of_an_older_version_loses_its_obsolete_objects(
    connection: psycopg.Connection,
) -> None:
    # the state after a deploy of an older version: functions of another name, no record of views
    connection.execute(
        """
        create function analytics.weights_planned_apart() returns setof analytics.weights
        language sql return null::analytics.weights;
        create function analytics.weights_rows() returns setof analytics.weights
        language sql return null::analytics.weights;
        create view analytics.standings_of_mine as select 1 as one;
        truncate app.deployed_views
        """
    )
    before = views(connection)
    runs.deploy()
    assert views(connection) == before
    assert relations(connection, "weights%") == ["weights", "weights_rows()"]
    recorded = {name for (name,) in connection.execute("select name from app.deployed_views")}
    assert recorded == before.keys() - {"standings_of_mine"}
