"""hedge env: what is listed and dropped."""

import json

import pytest

from hedge import environments
from hedge.environments import Environment
from tests import Hedge
from tests.support import AS_OF
from tests.unit.commands import Calls

FOUND = [
    Environment("ci_7", "runner", None, AS_OF, AS_OF, 114, 12_345_678),
    Environment("dev_ada", "ada", 200, AS_OF, AS_OF, 3, 0),
]


def test_environments_are_listed(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    Calls().replace(monkeypatch, environments, "listed", FOUND)
    lines = [" ".join(line.split()) for line in hedge("env", "list")[1].splitlines()]
    assert lines == [
        "environment owner models clusters size last used",
        "ci_7 runner 114 all 12.3 MB 2026-06-01 12:00:00",
        "dev_ada ada 3 200 0.0 MB 2026-06-01 12:00:00",
    ]
    assert json.loads(hedge("env", "list", "--json")[1])[1] == {
        "name": "dev_ada",
        "owner": "ada",
        "clusters": 200,
        "created_at": AS_OF.isoformat(),
        "last_used_at": AS_OF.isoformat(),
        "models": 3,
        "size": 0,
    }


def test_one_is_dropped_or_those_that_are_idle(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = Calls().replace(monkeypatch, environments, "drop")
    assert hedge("env", "drop", "dev_ada") == (0, "dropped: dev_ada\n", "")
    assert json.loads(hedge("env", "drop", "ci_7", "--json")[1]) == {"dropped": ["ci_7"]}
    assert [arguments for arguments, _ in dropped] == [("dev_ada",), ("ci_7",)]
    idle = Calls().replace(monkeypatch, environments, "drop_idle", ["a", "b"])
    assert hedge("env", "drop", "--idle", "14") == (0, "dropped: a, b\n", "")
    assert [arguments for arguments, _ in idle] == [(14,)]
    Calls().replace(monkeypatch, environments, "drop_idle", [])
    assert hedge("env", "drop", "--idle", "14")[1] == "no environment is idle that long\n"


@pytest.mark.parametrize("arguments", [[], ["dev_ada", "--idle", "3"]])
def test_a_name_or_a_number_of_days_is_needed(hedge: Hedge, arguments: list[str]) -> None:
    status, _, errors = hedge("env", "drop", *arguments)
    assert (status, errors) == (2, "hedge: name an environment, or give --idle DAYS\n")
