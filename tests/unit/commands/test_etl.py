"""hedge etl: which run a command begins, and what it says of runs."""

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from hedge import buckets, deploying, pruning, runs
from hedge.errors import HedgeError
from hedge.queue import asking
from hedge.runs import DataTest, Model, Run
from tests import Hedge
from tests.support import AS_OF
from tests.unit.commands import Calls

MODELS = [
    Model("cluster_metrics", "success", 1000, 0.5, 0.25),
    Model("seed", "success", None, 0.1, None),
]
RUN = Run(
    run_id=7,
    kind="FULL",
    scope_size=None,
    as_of=AS_OF,
    state="SUCCESS",
    started_at=AS_OF,
    finished_at=AS_OF + timedelta(seconds=61.25),
    models=MODELS,
    error=None,
    note=None,
)


@pytest.mark.parametrize(
    ("arguments", "name", "call"),
    [
        (["full"], "full", (None, (), 1)),
        (["full", "--jobs", "3"], "full", (None, (), 3)),
        (["incremental"], "incremental", (None, ())),
        (
            ["full", "--as-of", "2026-06-01T12:00", "--caused-by", "a", "--caused-by", "b"],
            "full",
            (AS_OF, ["a", "b"], 1),
        ),
        (
            ["incremental", "--as-of", "2026-06-01T14:00+02:00", "--caused-by", "a"],
            "incremental",
            (AS_OF, ["a"]),
        ),
        (["cluster", "busy", "idle"], "cluster", (["busy", "idle"], None)),
        (["cluster", "busy", "--as-of", "2026-06-01T12:00Z"], "cluster", (["busy"], AS_OF)),
    ],
)
def test_a_command_begins_the_run_of_its_name(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str, call: tuple
) -> None:
    called = Calls().replace(monkeypatch, runs, name, RUN)
    # no worker computes it
    monkeypatch.setattr(asking, "compute", lambda *_: None)
    monkeypatch.setattr(buckets, "number", lambda _: 3)
    tests = Calls().replace(monkeypatch, runs, "pass_data_tests", [])
    assert hedge("etl", *arguments)[0] == 0
    assert [found for found, _ in called] == [call]
    # the rows of a run as of the past are older than those of later runs
    assert len(tests) == (arguments[0] == "full" and "--as-of" not in arguments)
    printed = json.loads(hedge("etl", *arguments, "--json")[1])
    assert (printed["run_id"], printed["as_of"]) == (7, "2026-06-01T12:00:00+00:00")
    assert printed["models"][1] == {
        **{"name": "seed", "state": "success", "rows": None, "seconds": 0.1, "began": None}
    }


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ([], {"compute": True, "confirmed": False}),
        (["--yes"], {"compute": True, "confirmed": True}),
        (["--no-compute"], {"compute": False, "confirmed": False}),
    ],
)
def test_a_deploy_is_checked_unless_told_otherwise(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, options: list[str], keywords: dict[str, bool]
) -> None:
    called = Calls().replace(monkeypatch, deploying, "deploy", RUN)
    assert hedge("etl", "deploy", *options)[0] == 0
    assert [found for _, found in called] == [keywords]


@pytest.mark.parametrize(
    ("kind", "scope_size", "words"),
    [
        ("FULL", None, "full run 7: every cluster as of"),
        ("INCREMENTAL", 0, "incremental run 7: 0 clusters as of"),
        ("CLUSTER", 1, "cluster run 7: 1 cluster as of"),
        ("CLUSTER", 2, "cluster run 7: 2 clusters as of"),
        ("DEPLOY", 0, "deploy run 7: the definitions of /"),
    ],
)
def test_a_run_says_what_it_computed(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, kind: str, scope_size: int | None, words: str
) -> None:
    run = dataclasses.replace(RUN, kind=kind, scope_size=scope_size)
    monkeypatch.setattr(runs, "full", lambda *_: run)
    _, out, _ = hedge("etl", "full", "--as-of", "2026-06-01")
    assert out.startswith(words)
    assert out.endswith("as of 2026-06-01 12:00:00 UTC, 1000 rows in 61.2 s\n")


def data_test(name: str, state: str, **values: Any) -> DataTest:
    found = {"failures": 0, "sample": [], "message": None} | values
    return DataTest(name, ["a"], state, seconds=0.25, checked_at=AS_OF, **found)


FOUND = [
    data_test("no_such_table", "ERROR", message="there is none"),
    data_test("a_rank_falls", "FAIL", failures=1200, sample=[{"rank": 2}, {"rank": 3}]),
    data_test("a_value_is_old", "WARN", failures=1, sample=[{"value": 1}]),
    data_test("all_is_well", "PASS"),
]


def test_data_tests_are_a_table_and_faults_are_the_exit_status(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    Calls().replace(monkeypatch, runs, "pass_data_tests", FOUND)
    status, out, _ = hedge("etl", "test")
    assert status == 1
    assert [line.split() for line in out.splitlines()] == [
        row.split()
        for row in (
            "data test state rows seconds the first row, or the error",
            "no_such_table ERROR 0 0.25 there is none",
            'a_rank_falls FAIL 1200 0.25 {"rank": 2}',
            'a_value_is_old WARN 1 0.25 {"value": 1}',
            "all_is_well PASS 0 0.25",
        )
    ]
    Calls().replace(monkeypatch, runs, "pass_data_tests", FOUND[2:])
    status, out, _ = hedge("etl", "test", "--json")
    assert status == 0
    assert [one["name"] for one in json.loads(out)] == ["a_value_is_old", "all_is_well"]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (FOUND[2:], ""),
        (
            FOUND[1:],
            "hedge: 1 data test finds what must not be: a_rank_falls; hedge etl test shows the"
            " rows\n",
        ),
        (
            FOUND,
            "hedge: 2 data tests find what must not be: no_such_table, a_rank_falls; hedge etl"
            " test shows the rows\n",
        ),
        (HedgeError("no room"), "hedge: no room; hedge etl test shows the rows\n"),
    ],
    ids=["none", "one", "two", "error"],
)
def test_a_full_run_that_succeeded_says_what_data_tests_find(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    found: list[DataTest] | HedgeError,
    sentence: str,
) -> None:
    def passed(_: object) -> list[DataTest]:
        if isinstance(found, HedgeError):
            raise found
        return found

    monkeypatch.setattr(runs, "full", lambda *_: RUN)
    monkeypatch.setattr(runs, "pass_data_tests", passed)
    status, out, err = hedge("etl", "full")
    assert (status, err) == (0, sentence)
    assert out.startswith("full run 7: every cluster")


def test_the_ledger_is_a_table(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = dataclasses.replace(
        RUN, kind="CLUSTER", scope_size=3, state="FAILED", error="first line\nsecond", models=[]
    )
    begun = dataclasses.replace(RUN, state="RUNNING", finished_at=None, models=[])
    noted = dataclasses.replace(RUN, kind="DEPLOY", scope_size=0, note="not computed")
    listed = Calls().replace(monkeypatch, runs, "ledger", [RUN, failed, begun, noted])
    _, out, _ = hedge("etl", "status")
    assert [line.split() for line in out.splitlines()] == [
        row.split()
        for row in (
            "run kind clusters as of state seconds rows error or note",
            "7 FULL all 2026-06-01 12:00:00 SUCCESS 61.2 1000",
            "7 CLUSTER 3 2026-06-01 12:00:00 FAILED 61.2 0 first line",
            "7 FULL all 2026-06-01 12:00:00 RUNNING 0",
            "7 DEPLOY 0 2026-06-01 12:00:00 SUCCESS 61.2 1000 not computed",
        )
    ]
    hedge("etl", "status", "--limit", "3")
    assert [arguments for arguments, _ in listed] == [(10,), (3,)]
    assert hedge("etl", "status", "--limit", "0")[0] == 2


def test_one_run_is_shown_with_its_tables_and_its_whole_error(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = dataclasses.replace(RUN, state="FAILED", error="first line\nCONTEXT:  the statement")
    asked = Calls().replace(monkeypatch, runs, "run_of_number", failed)
    status, out, err = hedge("etl", "status", "7")
    assert (status, err, asked[0][0]) == (0, "", (7,))
    assert out.endswith("\nfirst line\nCONTEXT:  the statement\n")
    lines = [line.split() for line in out.splitlines()]
    assert ["table", "state", "seconds", "rows"] in lines
    assert json.loads(hedge("etl", "status", "7", "--json")[1])["error"] == failed.error


def test_the_ledger_is_pruned_after_90_days(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"runs": 2, "rejected_rows": 3, "projects": 4, "events": 5, "environments": []}
    found |= {"board_runs": 6, "jobs": 7, "chain_records": 8}
    pruned = Calls().replace(monkeypatch, pruning, "prune", found)
    words = (
        "2 runs, 3 rejected rows, 5 events, 6 board runs, 7 jobs, 8 records of chains and the files"
        " of 4 definitions"
    )
    assert hedge("etl", "prune")[1] == f"{words} dropped\n"
    assert json.loads(hedge("etl", "prune", "--days", "1", "--json")[1])["runs"] == 2
    assert hedge("etl", "prune", "--board-runs", "0")[0] == 0
    assert [arguments for arguments, _ in pruned] == [(90, 60), (1, 60), (90, 0)]
    assert hedge("etl", "prune", "--days", "0")[0] == 2
    found["environments"] = ["dev_ada", "ci_7"]
    assert hedge("etl", "prune")[1] == f"{words} dropped, and the environments dev_ada, ci_7\n"
