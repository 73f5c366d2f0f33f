"""Both Runners of dbt say the same of the same project, and leave the same in the database.

With HEDGE_RECORD_PUBLISHED=1 the first test writes what the program says, which the tests of
tests/unit/test_what_dbt_says.py read.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from hedge import kept_files, runs
from hedge.dbt_runner import Result, Scratch, json_log
from hedge.errors import HedgeError
from hedge.runs import dbt
from tests import PROJECT, Hedge
from tests.support import (
    ACTIVE_SESSIONS,
    BUSY,
    add_cluster,
    break_view,
    copy_project,
    edit,
    hunt,
    put,
    pvp_match,
    start_slow_run,
    tiny_project,
    wait_for,
)

RECORDED = PROJECT / "tests" / "unit" / "dbt_output"

pytestmark = pytest.mark.ci


class Heard:
    """What a listener hears, in an order that does not depend on threads."""

    def __init__(self) -> None:
        self.invocation = ""
        self.selected: list[int] = []
        self.started: set[str] = set()
        self.ended: dict[str, tuple[str, str, str, int | None]] = {}

    def begins(self, invocation: str) -> None:
        assert not self.invocation
        self.invocation = invocation

    def counts(self, nodes: int) -> None:
        self.selected.append(nodes)

    def starts(self, node: Any) -> None:
        self.started.add(node.unique_id)

    def ends(self, node: Any, status: str, rows: int | None, seconds: float) -> None:
        assert seconds >= 0
        self.ended[node.unique_id] = (node.name, node.materialized, status, rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One HEDGE_HOME for all, so that the project is parsed once by each."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(params=["in-process", "subprocess"])
def how(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, home: Path, deployed: object
) -> str:
    monkeypatch.setenv("HEDGE_DBT", request.param)
    monkeypatch.setenv("HEDGE_HOME", str(home / request.param))
    return request.param


@pytest.fixture
def schema(deployed: psycopg.Connection) -> Iterator[str]:
    deployed.execute("create schema tiny")
    yield "tiny"
    deployed.execute("drop schema tiny cascade")


def build(folder: Path, schema: str, **options: Any) -> tuple[dbt.Parsed, Heard, Result]:
    """Build the tiny project in a schema."""
    parsed, heard = dbt.parse(tiny_project.write(folder)), Heard()
    part = Scratch(
        schema,
        frozenset(key for key, node in parsed.manifest.nodes.items() if node.is_buildable),
        tests=True,
    )
    result = dbt.invoke(["build"], folder, parsed, heard, scratch=part, **options)
    return parsed, heard, result


def test_everything_that_can_become_of_a_node(
    how: str,
    deployed: psycopg.Connection,
    schema: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A test that fails, or only warns, an error of PostgreSQL, and what is skipped for it. A
    variable is longer than the 128 kB that Linux takes in one argument."""
    lines: list[bytes] = []
    read = json_log.Log.read
    monkeypatch.setattr(
        json_log.Log, "read", lambda log, line: (lines.append(line), read(log, line))[1]
    )
    artifacts = tmp_path / "artifacts"
    parsed, heard, result = build(
        tmp_path / "project", schema, variables={"divisor": 1, "names": MANY}, artifacts=artifacts
    )
    found = {one.unique_id: one for one in result.nodes}
    assert {key: one.status for key, one in found.items()} == EXPECTED
    assert not result.success
    assert result.error is None
    assert {key: found[key].rows for key in ("model.hedge.good", "seed.hedge.numbers")} == {
        "model.hedge.good": 3,
        "seed.hedge.numbers": 3,
    }
    divided = found["model.hedge.divided"]
    assert "division by zero" in divided.message
    assert (divided.name, divided.resource_type, divided.file) == (
        "divided",
        "model",
        "models/divided.sql",
    )
    grows = found["unit_test.hedge.doubled.a_number_grows"]
    assert (grows.name, grows.resource_type, grows.model, grows.file) == (
        "a_number_grows",
        "unit_test",
        "doubled",
        "models/_unit_tests.yml",
    )
    assert result.sqlstates == (["22012"] if how == "in-process" else [""])
    assert len(heard.invocation) == 36
    # dbt does not count unit tests
    assert heard.selected == [len([key for key in EXPECTED if not key.startswith("unit_test.")])]
    assert {key: ended[2] for key, ended in heard.ended.items()} == EXPECTED
    assert heard.ended["model.hedge.good"] == ("good", "table", "success", 3)
    assert heard.started == set(EXPECTED)
    assert deployed.execute("select n from tiny.good order by n").fetchall() == [(1,), (2,), (3,)]
    assert deployed.execute("select number from tiny.seen").fetchone() == (len(MANY),)
    assert parsed.manifest.nodes["model.hedge.seen"].materialized == "view"
    if how == "subprocess" and os.environ.get("HEDGE_RECORD_PUBLISHED"):
        _record(lines, artifacts)


MANY = [f"cluster-{number:010d}" for number in range(10_000)]
EXPECTED = {
    "seed.hedge.numbers": "success",
    "model.hedge.good": "success",
    "model.hedge.seen": "success",
    "model.hedge.divided": "error",
    "model.hedge.after": "skipped",
    "model.hedge.doubled": "skipped",
    "unit_test.hedge.good.a_number_stays": "pass",
    "unit_test.hedge.doubled.a_number_grows": "fail",
    "test.hedge.none_is_large": "fail",
    "test.hedge.none_is_odd": "warn",
    "test.hedge.none_is_zero": "pass",
}


@pytest.mark.full
def test_a_project_that_does_not_parse_has_one_sentence(how: str, tmp_path: Path) -> None:
    folder = tiny_project.write(tmp_path / "project", good="select * from {{ ref('numberz') }}")
    with pytest.raises(HedgeError) as failure:
        dbt.parse(folder)
    assert str(failure.value) == (
        "the project does not parse: models/good.sql:1: Model 'model.hedge.good' (models/good.sql)"
        " depends on a node named 'numberz' which was not found; did you mean numbers?"
    )


@pytest.mark.full
def test_both_describe_a_project_alike(
    deployed: object, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project of this checkout, and each with a file by which it goes on."""
    found = []
    for runner in ("in-process", "subprocess"):
        monkeypatch.setenv("HEDGE_DBT", runner)
        monkeypatch.setenv("HEDGE_HOME", str(home / runner))
        found.append(dbt.parse(PROJECT))
    one, other = found
    assert len(one.manifest.nodes) > 150
    for part in ("nodes", "unit_tests", "sources", "macros"):
        for key, found in getattr(one.manifest, part).items():
            assert found == getattr(other.manifest, part)[key]
    assert one.manifest == other.manifest
    assert one.manifest.children == other.manifest.children
    assert kept_files.kept(one.file) is not None


# -- a sample of what the acceptance suite passes with HEDGE_DBT=subprocess ------------------


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_DBT", "subprocess")


@pytest.fixture
def busy(connection: psycopg.Connection) -> psycopg.Connection:
    """A cluster with a win and a hunt."""
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY), hunt(BUSY))
    return connection


WON = "select value from analytics.challenge_progress where challenge_key = 'arena_victor'"


def test_a_run_with_a_source_that_fails_computes_the_others(
    program: None, busy: psycopg.Connection, hedge: Hedge
) -> None:
    break_view(busy, "onchain_pvp", "wins")
    status, _, told = hedge("etl", "incremental")
    assert status == 4
    assert "onchain_pvp cannot be computed for cluster busy: division by zero" in told
    (run,) = runs.ledger(busy, 1)
    assert run.state == "PARTIAL"
    written = {model.name: (model.state, model.rows) for model in run.models}
    assert written["cluster_metrics"][0] == "success"
    assert written["challenge_progress"][0] == "success"
    assert busy.execute(WON.replace("arena_victor", "hunters_triumph")).fetchone() == (1,)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.full)]
)
def test_a_command_that_is_stopped_takes_the_program_with_it(
    program: None, busy: psycopg.Connection, number: signal.Signals
) -> None:
    """Within a second, with the statement that computes; also where the command cannot say so."""
    process = start_slow_run(busy)
    (program_dbt,) = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if any(part.endswith("/dbt") for part in child.cmdline()) and child.name() != "sh"
    ]
    began = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    if number == signal.SIGTERM:
        # a second on a machine that does nothing else
        assert time.monotonic() - began < 2
        assert (process.returncode, told) == (143, b"hedge: stopped by SIGTERM\n")
        assert busy.execute(ACTIVE_SESSIONS).fetchone() == (0,)
        (run,) = runs.ledger(busy, 1)
        assert (run.state, run.error) == ("CANCELLED", "stopped by SIGTERM")
        assert [(one.name, one.state) for one in run.models] == [("cluster_metrics", "error")]
    wait_for(busy, f"select ({ACTIVE_SESSIONS}) = 0")
    assert time.monotonic() - began < 3
    program_dbt.wait(timeout=3)


def test_a_deploy_of_an_edit(
    program: None,
    busy: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hedge: Hedge,
) -> None:
    project = copy_project(tmp_path / "project")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    of_wins = "sum(wins)::bigint as wins"
    edit(project / "models/metrics/onchain_pvp.sql", of_wins, f"1 * {of_wins}")
    assert hedge("etl", "deploy", "--yes")[2] == ""
    assert "1 * " in busy.execute("select pg_get_viewdef('analytics.onchain_pvp')").fetchone()[0]


def _record(lines: list[bytes], artifacts: Path) -> None:
    """Write what the program has said: of its log what is not meant for debugging, and the events
    that are read; its results; and what it says of their nodes."""
    RECORDED.mkdir(exist_ok=True)
    events = [json.loads(line) for line in lines]
    # the parse before has another id
    last = events[-1]["info"]["invocation_id"]
    events = [event for event in events if event["info"]["invocation_id"] == last]
    told = [
        event
        for event in events
        if event["info"]["level"] != "debug"
        or event["info"]["name"] in ("NodeStart", "NodeFinished", "PartialParsingSkipParsing")
    ]
    content = "".join(json.dumps(event) + "\n" for event in told)
    (RECORDED / "log.ndjson").write_text(content)
    results = json.loads((artifacts / "run_results.json").read_text())
    del results["args"]
    (RECORDED / "run_results.json").write_text(json.dumps(results, indent=1) + "\n")
    manifest = json.loads((artifacts / "manifest.json").read_text())
    described = {
        part: {key: one for key, one in manifest[part].items() if one["package_name"] == "hedge"}
        for part in ("nodes", "unit_tests", "sources", "macros")
    }
    (RECORDED / "manifest.json").write_text(json.dumps(described, indent=1) + "\n")
