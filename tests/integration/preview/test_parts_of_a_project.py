"""A part of a project that is built in a scratch schema, as both Runners of dbt find it."""

from collections.abc import Callable
from typing import Any

import msgpack
import pytest

from hedge import kept_files, temporary_folders
from hedge.analysis import scratch
from hedge.dbt_runner import Invocation, Scratch, in_process, parsed_state, parts
from hedge.runs import ParsedProject
from tests.support import AS_OF

PVP = "model.hedge.onchain_pvp"


def in_process_has(project: ParsedProject, part: Scratch) -> dict[str, Any]:
    """What the Runner that imports dbt builds from: a Manifest, as dbt writes it."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    found = parts.retargeted(in_process._unused(project.file), part)
    assert set(found.flat_graph["nodes"]) == set(found.nodes)
    return msgpack.unpackb(found.to_msgpack(extended_mashumaro_encoder), raw=False)


def program_finds(project: ParsedProject, part: Scratch) -> dict[str, Any]:
    """What the program dbt finds as its last parse."""
    with temporary_folders.folder("hedge-test-scratch-") as folder:
        invocation = Invocation([], project.folder, folder, "hedge", project.file, {}, part)
        content = parsed_state.prepare(invocation, kept_files.required(project.file), folder, "")
    return msgpack.unpackb(content, raw=False)


HOW = pytest.mark.parametrize("found_by", [in_process_has, program_finds])
Found = Callable[[ParsedProject, Scratch], dict[str, Any]]


@HOW
def test_what_is_built_goes_to_the_schema_and_everything_else_stays(
    old: ParsedProject, found_by: Found
) -> None:
    keys = {PVP, "model.hedge.cluster_metrics", "model.hedge.tier_unlocks"}
    windows = {"cluster_metrics": ["all_time", "run:7"]}
    part = scratch.part(old.manifest, keys, "preview_1_after", AS_OF, windows)
    found = found_by(old, part)
    schemas = {
        key: node["schema"] for key, node in found["nodes"].items() if key.startswith("model.")
    }
    assert {key for key, schema in schemas.items() if schema == "preview_1_after"} == keys
    assert {schemas[key] for key in set(schemas) - keys} == {"analytics"}
    # neither the run ledger nor a live table that a foreign key references is touched
    kinds = {node["resource_type"] for node in found["nodes"].values()}
    assert (kinds, found["unit_tests"]) == ({"model", "seed"}, {})
    assert [node for node in old.manifest.nodes.values() if node.resource_type == "operation"]
    assert found["sources"]["source.hedge.ledger.leaderboard_runs"]["schema"] == "preview_1_after"
    assert found["sources"]["source.hedge.app.seasons"]["schema"] == "app"
    assert found["nodes"][PVP]["config"]["materialized"] == "view"
    metrics = found["nodes"]["model.hedge.cluster_metrics"]["config"]
    assert metrics["materialized"] == "table"
    (hook,) = metrics["pre-hook"]
    assert f"'{AS_OF.isoformat()}'" in hook["sql"]
    assert """'{"all_time","run:7"}'""" in hook["sql"]
    (hook,) = found["nodes"]["model.hedge.tier_unlocks"]["config"]["pre-hook"]
    assert "set_config('hedge.windows', '', true)" in hook["sql"]
    # the project itself is as it was
    again = found_by(old, Scratch("preview_1_after", frozenset()))
    assert again["nodes"]["model.hedge.cluster_metrics"]["config"]["materialized"] == "incremental"


@HOW
def test_a_part_with_tests_has_all_of_them_and_reads_live_board_runs(
    old: ParsedProject, found_by: Found
) -> None:
    part = scratch.part(old.manifest, {PVP}, "scratch", AS_OF, {}, own_board_runs=False, tests=True)
    found = found_by(old, part)
    tests = {key for key in old.manifest.nodes if key.startswith("test.")}
    assert {key for key in found["nodes"] if key.startswith("test.")} == tests != set()
    assert set(found["unit_tests"]) == set(old.manifest.unit_tests) != set()
    assert found["sources"]["source.hedge.ledger.leaderboard_runs"]["schema"] == "app"


@HOW
def test_a_mart_loses_its_foreign_keys_and_keeps_its_primary_key(
    old: ParsedProject, found_by: Found
) -> None:
    key = "model.hedge.leaderboard_entries"

    def kinds(part: Scratch) -> set[str]:
        constraints = found_by(old, part)["nodes"][key]["constraints"]
        return {constraint["type"] for constraint in constraints}

    assert kinds(Scratch("scratch", frozenset())) == {"primary_key", "foreign_key"}
    assert kinds(scratch.part(old.manifest, {key}, "scratch", AS_OF, {})) == {"primary_key"}
