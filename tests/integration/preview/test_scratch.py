"""Scratch schemas, and which models an edit affects, on parsed projects that are edited in memory.

The project is parsed once; each test copies what dbt parsed and changes the copy.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.analysis import built_sides, preview, scratch
from hedge.analysis.requirements import require_metrics
from hedge.errors import HedgeError
from hedge.runs import ParsedProject
from tests.oracle import Catalogue
from tests.support import AS_OF

PVP = "model.hedge.onchain_pvp"


@pytest.fixture
def new(old: ParsedProject) -> ParsedProject:
    """A copy to edit of what is compared."""
    parts = {part: dict(getattr(old.manifest, part)) for part in ("nodes", "macros", "sources")}
    manifest = replace(old.manifest, **parts)
    return replace(old, manifest=manifest, variables=dict(old.variables))


def edit(part: dict[str, Any], key: str, **fields: Any) -> None:
    """Replace fields of a node, macro or source."""
    part[key] = replace(part[key], **fields)


def names(keys: set[str]) -> set[str]:
    return {key.split(".")[-1] for key in keys}


# -- what an edit is -------------------------------------------------------------------------


def edit_body(project: ParsedProject, key: str = PVP) -> None:
    node = project.manifest.nodes[key]
    edit(project.manifest.nodes, key, raw_code=node.raw_code + " ", body=node.body + " ")


def edit_seed(project: ParsedProject) -> None:
    edit_body(project, "seed.hedge.metrics")


def edit_config(project: ParsedProject) -> None:
    config = {**project.manifest.nodes[PVP].config, "materialized": "table"}
    edit(project.manifest.nodes, PVP, config=config)


def edit_column(project: ParsedProject, **fields: str) -> None:
    columns = project.manifest.nodes[PVP].columns
    wins = replace(columns["wins"], **fields)
    edit(project.manifest.nodes, PVP, columns={**columns, "wins": wins})


def edit_column_type(project: ParsedProject) -> None:
    edit_column(project, data_type="text")


def describe_column(project: ParsedProject) -> None:
    edit_column(project, description="More words.")


def remove_column(project: ParsedProject) -> None:
    columns = project.manifest.nodes[PVP].columns
    kept = {name: column for name, column in columns.items() if name != "wins"}
    edit(project.manifest.nodes, PVP, columns=kept)


def add_model(project: ParsedProject) -> None:
    node = replace(project.manifest.nodes[PVP], name="new", unique_id="model.hedge.new")
    project.manifest.nodes[node.unique_id] = node


def remove_model(project: ParsedProject) -> None:
    del project.manifest.nodes[PVP]


def edit_tests(project: ParsedProject) -> None:
    keys = [key for key in project.manifest.nodes if key.startswith("test.")]
    assert keys
    for key in keys:
        edit_body(project, key)


@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (lambda _: None, set()),
        (edit_body, {"onchain_pvp"}),
        (edit_config, {"onchain_pvp"}),
        (edit_column_type, {"onchain_pvp"}),
        (remove_column, {"onchain_pvp"}),
        (edit_seed, {"metrics"}),
        (add_model, {"new"}),
        (remove_model, set()),
        (describe_column, set()),
        (edit_tests, set()),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_edit_is_what_can_change_a_result(
    old: ParsedProject, new: ParsedProject, make: Callable[[ParsedProject], None], changed: set[str]
) -> None:
    make(new)
    assert names(scratch.changed(old, new)) == changed


def test_a_macro_is_an_edit_of_all_that_call_it_through_whatever_macro(
    old: ParsedProject, new: ParsedProject
) -> None:
    def calls(text: str, macro: str) -> bool:
        return f"{macro}(" in text

    key = "macro.hedge.days_from_to"
    text = new.manifest.macros[key].macro_sql
    edit(new.manifest.macros, key, macro_sql=text + " ")
    found = names(scratch.changed(old, new))
    macros = [one for one in new.manifest.macros.values() if one.package_name == "hedge"]
    callers = {one.name for one in macros if calls(one.macro_sql, "days_from_to")} | {
        "days_from_to"
    }
    direct = {
        node.name
        for node in new.manifest.nodes.values()
        if node.resource_type == "model" and any(calls(node.raw_code, name) for name in callers)
    }
    assert found == direct != set()
    # macros of dbt itself change with its version
    edit(new.manifest.macros, key, macro_sql=text)
    for key, macro in old.manifest.macros.items():
        if macro.package_name != "hedge":
            edit(new.manifest.macros, key, macro_sql=macro.macro_sql + " ")
    assert scratch.changed(old, new) == set()


def test_a_variable_is_an_edit_of_what_reads_it(old: ParsedProject, new: ParsedProject) -> None:
    new.variables["metric_sources"] = ["onchain_pvp"]
    assert names(scratch.changed(old, new)) == {
        *("challenge_ladders", "cluster_metrics", "growing_metrics", "leaderboard_entries"),
        *("metric_evidence", "metric_tables", "metrics_with_evidence", "supporting_facts"),
    }
    new.variables["metric_sources"] = old.variables["metric_sources"]
    new.variables["another"] = 1
    assert scratch.changed(old, new) == set()


def test_a_source_of_another_name_is_an_edit_of_what_reads_it(
    old: ParsedProject, new: ParsedProject
) -> None:
    edit(new.manifest.sources, "source.hedge.raw.pvp_matches", identifier="matches")
    found = names(scratch.changed(old, new))
    assert "stg_pvp_matches" in found
    assert found == {
        new.manifest.nodes[key].name
        for key in old.manifest.children["source.hedge.raw.pvp_matches"]
        if key.startswith("model.")
    }


def test_what_depends_on_a_model_and_what_it_depends_on(old: ParsedProject) -> None:
    below = old.manifest.downstream([PVP])
    assert {PVP, "model.hedge.cluster_metrics", "model.hedge.season_progress"} <= below
    assert "model.hedge.pvp_matches" not in below
    above = old.manifest.upstream([PVP])
    assert {PVP, "model.hedge.pvp_matches", "model.hedge.windows"} <= above
    assert "model.hedge.cluster_metrics" not in above
    for keys in (below, above):
        assert {key.split(".")[0] for key in keys} <= {"model", "seed"}


# -- the boards of a preview -----------------------------------------------------------------


def board(**fields: str | None) -> dict[str, Any]:
    return {
        "run_id": 7,
        "leaderboard_key": "wins",
        "window_key": "run:7",
        "metric_source": "onchain_pvp",
        "metric_key": "wins",
        "fallback_metric_source": None,
        "fallback_metric_key": None,
        "third_metric_source": None,
        "third_metric_key": None,
        "fourth_metric_source": None,
        "fourth_metric_key": None,
    } | fields


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({}, None),
        ({"metric_source": "season_progress", "metric_key": "spring"}, None),
        ({"metric_source": "challenge_progress", "metric_key": "total_score"}, None),
        ({"metric_key": "winz"}, "onchain_pvp.winz"),
        ({"metric_source": "onchain_chess"}, "onchain_chess.wins"),
        (
            {"fallback_metric_source": "onchain_quests", "fallback_metric_key": "winz"},
            "onchain_quests.winz",
        ),
        ({"third_metric_source": "onchain_pvp", "third_metric_key": "losez"}, "onchain_pvp.losez"),
        ({"fourth_metric_source": "onchain_pvp", "fourth_metric_key": "x"}, "onchain_pvp.x"),
    ],
)
def test_a_metric_that_a_board_ranks_by_is_required(
    old: ParsedProject, fields: dict[str, str], lacking: str | None
) -> None:
    if lacking is None:
        require_metrics(old, [board(**fields)])
        return
    with pytest.raises(HedgeError, match=f"board wins ranks by {lacking}, which the project lacks"):
        require_metrics(old, [board(**fields)])


def test_marts_compute_the_windows_that_boards_read_from_them(
    deployed: psycopg.Connection, old: ParsedProject
) -> None:
    """cluster_metrics computes those of boards that rank by derived sources, beside its own."""

    def windows(*given: dict[str, Any]) -> dict[str, list[str]]:
        return built_sides.windows_of_marts(deployed, old, list(given))

    assert windows(board(), board(window_key="all_time")) == {
        "leaderboard_entries": ["all_time", "run:7"]
    }
    derived = board(metric_source="meta_profile", window_key="run:9")
    by_tie = board(fallback_metric_source="meta_profile", window_key="run:8")
    assert windows(board(), derived, by_tie) == {
        "leaderboard_entries": ["run:7", "run:8", "run:9"],
        "cluster_metrics": ["all_time", "rolling_180d", "run:8", "run:9"],
    }
    assert "cluster_metrics" not in windows(derived | {"window_key": "all_time"})


def test_of_a_board_is_built_what_stands_between_its_period_and_its_metrics(
    old: ParsedProject,
) -> None:
    every = {"model.hedge.board_runs", "model.hedge.leaderboard_entries"}
    # its window is computed anyway
    assert built_sides.board_nodes(old, [board(window_key="all_time")]) == every
    found = built_sides.board_nodes(old, [board()])
    assert every | {PVP} <= found
    assert "model.hedge.onchain_quests" not in found
    assert "model.hedge.onchain_quests" in built_sides.board_nodes(
        old, [board(fallback_metric_source="onchain_quests", fallback_metric_key="mining_quests")]
    )


# -- the schemas themselves ------------------------------------------------------------------


def schemas_of(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("select nspname from pg_namespace where nspname like 'preview%'")
    return {name for (name,) in found}


@pytest.mark.parametrize("error", [None, HedgeError, KeyboardInterrupt])
def test_scratch_schemas_are_gone_however_a_preview_ends(
    deployed: psycopg.Connection, error: type[BaseException] | None
) -> None:
    with database.connect() as other:
        block = scratch.schemas(other)
        made = block.__enter__()
        number = other.info.backend_pid
        assert made == {side: f"preview_{number}_{side}" for side in ("before", "after")}
        assert schemas_of(deployed) == set(made.values())
        other.execute(f"create table {made['after']}.one as select 1 as one")
        if error is None:
            block.__exit__(None, None, None)
        else:
            assert not block.__exit__(error, error(), None)
        assert schemas_of(deployed) == set()
        # nor is the lock held
        assert database.value(
            deployed, "select pg_try_advisory_lock(%s, %s)", [scratch.SCRATCH_LOCK, number]
        )
        deployed.execute("select pg_advisory_unlock_all()")


def test_schemas_of_dead_previews_go_and_those_of_others_stay(
    deployed: psycopg.Connection,
) -> None:
    """One is alive that holds its lock; a name that a preview would not give is somebody's."""
    deployed.execute(
        "create schema preview_999998_before; create schema preview_999999_after;"
        "create schema preview_999998_else; create schema preview_x_after"
    )
    kept = {"preview_999999_after", "preview_999998_else", "preview_x_after"}
    with database.connect() as alive, database.connect() as other:
        alive.execute("select pg_advisory_lock(%s, 999999)", [scratch.SCRATCH_LOCK])
        with scratch.schemas(other) as made:
            assert schemas_of(deployed) == {*kept, *made.values()}
        assert schemas_of(deployed) == kept
    for name in kept:
        deployed.execute(f"drop schema {name}")


@pytest.mark.parametrize("built", [{}, {"challenge_progress": "aside", "challenges": "aside"}])
def test_what_was_not_built_is_live_and_a_mart_that_was_not_built_is_empty(
    deployed: psycopg.Connection, built: dict[str, str]
) -> None:
    with deployed.transaction(force_rollback=True):
        deployed.execute(
            "create schema aside;"
            "create table aside.challenge_progress as select 'b' as cluster_id;"
            "create table aside.challenges as select 'chess' as key;"
            "insert into analytics.challenge_progress"
            f" values ('a', 'win_streak', 1, false, 'NONE', 1, 'NONE', '{AS_OF}')"
        )
        preview.create_side_views(deployed, "after", built)
        found = deployed.execute("select cluster_id from after_challenge_progress").fetchall()
        assert found == ([("b",)] if built else [])
        (challenges,) = deployed.execute("select count(*) from after_challenges").fetchone()
        assert challenges == (1 if built else len(Catalogue.read().challenges))
