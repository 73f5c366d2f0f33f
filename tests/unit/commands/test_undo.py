"""hedge etl undo: what it says before it does anything, and that it asks."""

import json
import sys
from typing import Any

import pytest

import cli.undo
from hedge import deploying, runs
from hedge.runs.undo import GrantedUnlocks, LiveDefinitions, Undo, UndoPlan
from tests import Hedge
from tests.support import AS_OF, days_ago
from tests.unit.commands import Calls

PLAN = UndoPlan(
    to=None,
    restored=LiveDefinitions("a" * 64, days_ago(9), "ada@host"),
    undone=[
        LiveDefinitions("b" * 64, days_ago(2), "bob@host"),
        LiveDefinitions("unknown", days_ago(1), None),
    ],
    unlocks=[GrantedUnlocks("arena_victor", "Arena Victor", 1103, 1, 70)],
    boards=2,
    goes_on=False,
    returned_to=1,
    since_run=2,
    undone_names=["b" * 64, "unknown"],
)
DONE = Undo(3, "a" * 64, 7, 8, 1100, 2, 4)


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls that undo something."""
    Calls().replace(monkeypatch, runs, "plan_undo", PLAN)
    return Calls().replace(monkeypatch, deploying, "undo", DONE)


def test_what_it_does_is_listed_first_and_what_it_did_is_said(hedge: Hedge, undone: Calls) -> None:
    status, out, err = hedge("etl", "undo", "--yes")
    assert status == 0
    lines = [" ".join(line.split()) for line in err.splitlines()]
    assert lines == [
        "goes back to the definitions aaaaaaaaaaaa, live since 2026-05-23 12:00:00 UTC, deployed "
        "by ada@host",
        "undoes bbbbbbbbbbbb, live since 2026-05-30 12:00:00 UTC, deployed by bob@host",
        "undoes unknown, live since 2026-05-31 12:00:00 UTC, of dbt by hand",
        "which granted these unlocks; those that the full run does not reach are revoked:",
        "challenge tiers Founder's Marks clusters",
        "Arena Victor 1,103 1 70",
        "board periods computed since then: 2; hedge boards run --due computes them again",
    ]
    assert out == (
        "undo 3: the definitions aaaaaaaaaaaa are live again (run 7), every cluster is computed "
        "(run 8), 1100 unlocks revoked, 4 rewards taken back\n"
    )
    assert [arguments for arguments, _ in undone] == [(PLAN, None)]
    assert [options for _, options in undone] == [{"compute": True}]
    hedge("etl", "undo", "--yes", "--no-compute")
    assert undone[1][1] == {"compute": False}


def test_options_are_handed_on_and_the_result_is_json(
    hedge: Hedge, undone: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = Calls().replace(monkeypatch, runs, "plan_undo", PLAN)
    status, out, _ = hedge(
        "etl", "undo", "--yes", "--to", "aa", "--as-of", "2026-06-01T12:00Z", "--json"
    )
    assert status == 0
    assert json.loads(out)["revoked"] == 1100
    assert [arguments for arguments, _ in planned] == [("aa",)]
    assert [arguments for arguments, _ in undone] == [(PLAN, AS_OF)]


def test_nothing_is_undone_without_an_answer(
    hedge: Hedge, undone: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    status, _, err = hedge("etl", "undo")
    assert status == 2
    assert err.endswith("hedge: nothing was undone: --yes undoes without a question\n")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    answers = iter((False, True))

    def answer(*_: Any, **__: Any) -> bool:
        return next(answers)

    monkeypatch.setattr(cli.undo.typer, "confirm", answer)
    status, _, err = hedge("etl", "undo")
    assert (status, err.splitlines()[-1]) == (2, "hedge: nothing was undone")
    assert undone == []
    assert hedge("etl", "undo")[0] == 0
    assert len(undone) == 1
