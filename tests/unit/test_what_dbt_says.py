"""What the program dbt says and leaves is read: its JSON log, run_results.json and manifest.json.

tests/unit/dbt_output is what dbt wrote of tests/support/tiny_project.py; the tests of
tests/integration/test_both_runners_of_dbt.py record it.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hedge.dbt_runner import Invocation, Scratch, json_log, manifest, parsed_state, profile
from hedge.dbt_runner.interface import NodeInfo
from hedge.dbt_runner.server_errors import NOT_OF_THE_SERVER, sqlstate
from hedge.errors import RunFailed
from hedge.runs.dbt import Progress

OUTPUT = Path(__file__).parent / "dbt_output"
LOG = (OUTPUT / "log.ndjson").read_bytes().splitlines()


def described() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((OUTPUT / "manifest.json").read_text())
    return content


@pytest.fixture(scope="module")
def nodes() -> dict[str, json_log.NodeResult]:
    """The results of the recorded invocation, by id."""
    found = described()
    known = {**found["nodes"], **found["unit_tests"]}
    return {one.unique_id: one for one in json_log.results(OUTPUT, known)}


# -- results ---------------------------------------------------------------------------------


def test_a_node_that_was_built_has_rows_and_seconds(nodes: dict[str, json_log.NodeResult]) -> None:
    good = nodes["model.hedge.good"]
    assert (good.name, good.resource_type, good.status, good.rows) == (
        *("good", "model", "success"),
        3,
    )
    assert good.seconds > 0
    assert good.compiled_code.startswith("select n / 1 as n from ")
    assert good.compiled_code.endswith('"."tiny"."numbers"')
    assert not good.has_failed
    assert nodes["seed.hedge.numbers"].rows == 3


def test_an_error_has_its_text_and_the_file(nodes: dict[str, json_log.NodeResult]) -> None:
    divided = nodes["model.hedge.divided"]
    assert (divided.status, divided.file, divided.rows) == ("error", "models/divided.sql", None)
    assert divided.message.startswith("Database Error in model divided (models/divided.sql)\n")
    assert "division by zero" in divided.message
    assert divided.has_failed
    after = nodes["model.hedge.after"]
    assert (after.status, after.has_failed) == ("skipped", False)


def test_tests_pass_warn_or_fail(nodes: dict[str, json_log.NodeResult]) -> None:
    tests = {one.name: one for one in nodes.values() if "test" in one.resource_type}
    assert {name: one.status for name, one in tests.items()} == {
        "a_number_stays": "pass",
        "a_number_grows": "fail",
        "none_is_large": "fail",
        "none_is_odd": "warn",
        "none_is_zero": "pass",
    }
    assert {one.name for one in nodes.values() if one.has_failed} == {
        *("a_number_grows", "none_is_large", "divided"),
    }
    assert (tests["a_number_grows"].model, tests["none_is_large"].model) == ("doubled", "")
    assert "actual differs from expected" in tests["a_number_grows"].message


def test_an_invocation_without_artifacts_has_no_results(tmp_path: Path) -> None:
    assert list(json_log.results(tmp_path, {})) == []


def test_what_is_not_described_is_known_by_its_id(tmp_path: Path) -> None:
    """An inline query is in no manifest."""
    one = {"unique_id": "sql_operation.hedge.inline_query", "status": "success", "message": None}
    content = {"results": [one | {"compiled_code": "select 1", "adapter_response": {}}]}
    (tmp_path / "run_results.json").write_text(json.dumps(content))
    (found,) = json_log.results(tmp_path, {})
    assert (found.name, found.resource_type, found.compiled_code, found.message) == (
        *("inline_query", "sql_operation", "select 1"),
        "",
    )


def test_the_freshness_of_sources_is_read(tmp_path: Path) -> None:
    results = [
        {"unique_id": "source.hedge.raw.a", "status": "warn", "execution_time": 0.5},
        {"unique_id": "source.hedge.raw.b", "status": "runtime error", "error": "no table"},
    ]
    (tmp_path / "sources.json").write_text(json.dumps({"results": results}))
    a, b = json_log.results(tmp_path, {})
    assert (a.name, a.status, a.seconds, a.has_failed) == ("a", "warn", 0.5, False)
    assert (b.status, b.message, b.has_failed) == ("runtime error", "no table", True)


# -- the log ---------------------------------------------------------------------------------


def heard(*lines: bytes) -> tuple[json_log.Log, Progress, list[tuple[str, float, float | None]]]:
    told: list[tuple[str, float, float | None]] = []
    progress = Progress(lambda *now: told.append(now))
    log = json_log.Log(progress)
    for line in lines:
        log.read(line)
    return log, progress, told


def event(name: str, msg: str = "", **data: Any) -> bytes:
    info = {"name": name, "msg": msg, "invocation_id": "one"}
    return json.dumps({"info": info, "data": data}).encode()


def test_the_log_tells_id_and_progress() -> None:
    log, progress, told = heard(*LOG)
    assert len(progress.invocation or "") == 36
    # what was skipped has begun, too; unit tests are not counted
    assert told[0][0] in ("numbers", "seen")
    assert {total for _, _, total in told} == {9}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert {name for name, _, _ in told} >= {"good", "divided", "none_is_odd", "a_number_grows"}
    assert (log.error, log.parses_anew, log.others) == (None, None, [])


def test_marts_are_noted_as_the_ledger_has_them() -> None:
    progress = Progress()
    mart, view = NodeInfo("model.a", "a", "incremental"), NodeInfo("model.b", "b", "view")
    for node in (mart, view):
        progress.starts(node)
    # killed now, the mart was not written
    assert progress.marts == [{"name": "a", "state": "error", "rows": None, "seconds": 0.0}]
    progress.ends(mart, "success", 7, 0.12345)
    assert progress.marts == [{"name": "a", "state": "success", "rows": 7, "seconds": 0.123}]
    seeds = heard(*LOG)[1].marts
    assert [(one["name"], one["state"], one["rows"]) for one in seeds] == [
        ("numbers", "success", 3)
    ]


def test_an_error_of_the_whole_invocation_is_kept() -> None:
    log, _, _ = heard(event("MainEncounteredError", exc="Parsing Error\n  x"))
    assert log.error == "Parsing Error\n  x"
    log, _, _ = heard(event("MainEncounteredError", "Encountered an error"))
    assert log.error == "Encountered an error"


@pytest.mark.parametrize(
    "name", ["UnableToPartialParse", "ParsedFileLoadFailed", "PartialParsingNotEnabled"]
)
def test_it_is_noticed_that_what_was_parsed_is_not_taken(name: str) -> None:
    log, _, _ = heard(event(name, "because"), event("ConcurrencyLine", node_count=1))
    assert log.parses_anew == "because"


def test_what_was_parsed_is_only_taken_when_dbt_says_so() -> None:
    """It would build into the live schema what is meant for a scratch schema."""
    counted = event("ConcurrencyLine", node_count=1)
    assert heard(event("PartialParsingSkipParsing"), counted)[0].parses_anew is None
    assert heard(counted)[0].parses_anew == "it does not say so"


def test_lines_that_are_no_event_are_kept_for_an_error() -> None:
    lines = [b"Traceback (most recent call last):\n", b"\n", b"7\n", b'{"info": 1}\n', b"\xff\n"]
    log, progress, _ = heard(*lines)
    assert log.others == [
        *(line.decode(errors="replace").strip() for line in lines if line.strip())
    ]
    assert progress.invocation is None


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("canceling statement due to lock timeout", "55P03"),
        ("canceling statement due to statement timeout", "57014"),
        ("canceling statement due to user request", "57014"),
        ("canceling statement due to conflict with recovery", "40001"),
        ("terminating connection due to administrator command", "57P01"),
        ("the database system is starting up", "57P03"),
        ("deadlock detected\n  DETAIL:  Process 1 waits", "40P01"),
        ("could not extend file: No space left on device", "53100"),
        ("sorry, too many clients already", "53300"),
        ('connection to server at "::1", port 5432 failed: Connection refused', "08006"),
        ("server closed the connection unexpectedly", "08006"),
        ("connection already closed", "08006"),
        ("division by zero", NOT_OF_THE_SERVER),
        ("value too long for type character varying(3)", NOT_OF_THE_SERVER),
    ],
)
def test_errors_of_the_server_are_known_by_their_words(text: str, state: str) -> None:
    found = sqlstate(f"Database Error in model a (models/a.sql)\n  {text}\n  compiled code at x")
    assert found == state
    failure = RunFailed("it failed", [found])
    assert (failure.is_of_the_server, failure.is_of_data) == (state != "", state == "")


def test_what_is_no_error_of_the_database_has_no_sqlstate() -> None:
    assert sqlstate("Compilation Error in model a\n  deadlock detected") is None


# -- the project as data ---------------------------------------------------------------------


def test_a_manifest_is_read_and_kept() -> None:
    found = manifest.read(described())
    assert {node.name for node in found.nodes.values() if node.is_buildable} == {
        *("numbers", "good", "doubled", "seen", "divided", "after"),
    }
    assert found.views() == ["seen"]
    good = found.nodes["model.hedge.good"]
    assert (good.file, good.materialized, good.body) == ("models/good.sql", "table", good.raw_code)
    assert good.depends_on_nodes == found.parents("model.hedge.good") == ["seed.hedge.numbers"]
    assert found.parents("model.hedge.unknown") == []
    assert "model.hedge.good" in found.children["seed.hedge.numbers"]
    numbers = found.nodes["seed.hedge.numbers"]
    assert (len(numbers.body), numbers.raw_code, numbers.materialized) == (64, "", "seed")
    assert found.nodes["test.hedge.none_is_odd"].severity == "warn"
    assert found.nodes["test.hedge.none_is_large"].severity == "error"
    (one, other) = found.unit_tests.values()
    assert {one.model, other.model} == {"good", "doubled"}
    again = manifest.loaded(manifest.dumped(found))
    assert again == found
    assert again.children == found.children


def test_names_and_labels_are_no_configuration() -> None:
    def configured(**config: str) -> manifest.Node:
        content = described()["nodes"]["model.hedge.good"]
        return manifest.read(
            {
                "nodes": {"a": content | {"unrendered_config": config}},
                **{part: {} for part in ("unit_tests", "sources", "macros")},
            }
        ).nodes["a"]

    assert manifest.same_config(configured(schema="a", group="b"), configured(alias="c"))
    assert not manifest.same_config(configured(materialized="view"), configured())


# -- what the program finds as its last parse ------------------------------------------------


def test_variables_stand_in_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(
        "name: hedge\nvars: {a: 1, b: ä, hedge: {a: 2}}\nmodels: {x: &y {z: 1}, w: *y}\n"
    )
    text = parsed_state._project_file(
        Invocation([], tmp_path, tmp_path, "hedge", variables={"a": None, "c": ["d"]})
    )
    assert SimpleNamespace(**parsed_state.yaml.safe_load(text)) == SimpleNamespace(
        name="hedge",
        vars={"a": None, "b": "ä", "c": ["d"], "hedge": {"a": None, "c": ["d"]}},
        models={"x": {"z": 1}, "w": {"z": 1}},
    )


def test_a_part_of_a_project_keeps_models_seeds_and_tests_if_wanted() -> None:
    assert Scratch("s", frozenset()).kinds == ("model", "seed")
    assert Scratch("s", frozenset(), tests=True).kinds == ("model", "seed", "test")


def test_the_connection_is_hashed_as_dbt_does(tmp_path: Path) -> None:
    """dbt computes the hash of what it takes from the same profile."""
    import pprint
    from hashlib import sha256

    from dbt.adapters.postgres.connections import PostgresCredentials

    (tmp_path / "profiles.yml").write_text(
        "hedge: {outputs: {prod: {type: postgres, host: \"{{ env_var('H', 'localhost') }}\","
        " port: \"{{ env_var('P') | as_number }}\", user: me, password: secret, dbname: '1',"
        " schema: analytics, threads: 4, application_name: hedge-dbt}}}\n"
    )
    credentials = PostgresCredentials(
        host="localhost", port=5432, user="me", password="secret", database="1",
        schema="analytics", application_name="hedge-dbt",
    )  # fmt: skip
    expected = sha256(pprint.pformat(sorted(credentials.connection_info())).encode()).hexdigest()
    assert profile.hash_of(tmp_path, "prod", {"P": "5432"}) == expected
    assert profile.hash_of(tmp_path, "prod", {"P": "5432", "H": "elsewhere"}) != expected
