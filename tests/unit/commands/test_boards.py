"""hedge boards: the fields that options set, the periods that are run, and what is shown."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from hedge import boards
from hedge.boards import Board, BoardRun
from tests import Hedge
from tests.support import AS_OF
from tests.unit.commands import MAY, PERIOD, Calls

WINS = Board(
    key="wins",
    name="wins",
    category_key="pvp_competition",
    metric_source="onchain_pvp",
    metric_key="wins",
    time_window="MONTHLY",
)
ROW = {"ranking": "row", "last_key": "cluster_id"}
ADD = (
    *("wins", "--metric", "onchain_pvp.wins", "--window", "monthly"),
    *("--category", "pvp_competition"),
)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ([], {}),
        (["--name", "Wins", "--description", "W."], {"name": "Wins", "description": "W."}),
        (["--tiebreaker", "draws"], {"fallback_metric_key": "draws"}),
        (
            ["--tiebreaker", "onchain_quests.mining_quests"],
            {"fallback_metric_source": "onchain_quests", "fallback_metric_key": "mining_quests"},
        ),
        (["--max-entries", "1"], {"max_entries": 1}),
        (["--ranking", "row", "--last-key", "cluster_id"], ROW),
        (["--verified-only", "--private"], {"verified_only": True, "is_public": False}),
        (["--inactive"], {"is_active": False}),
        (["--everybody", "--public", "--active"], {}),
    ],
)
def test_the_options_of_a_board_are_its_fields(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, options: list[str], fields: dict[str, Any]
) -> None:
    wanted = dataclasses.replace(WINS, **fields)
    added = Calls().replace(monkeypatch, boards, "add", wanted)
    status, out, err = hedge("boards", "add", *ADD, *options)
    assert (status, err) == (0, "")
    assert out == "board wins created; compute it: hedge boards run wins\n"
    assert added == [((wanted,), {})]
    out = hedge("boards", "add", *ADD, *options, "--json")[1]
    assert json.loads(out) == dataclasses.asdict(wanted)


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (["--name", "Wins"], {"name": "Wins"}),
        (["--tiebreaker", ""], {"fallback_metric_source": None, "fallback_metric_key": None}),
        (["--metric", "a.b"], {"metric_source": "a", "metric_key": "b"}),
        (["--window", "daily", "--category", "c"], {"time_window": "DAILY", "category_key": "c"}),
        (["--inactive"], {"is_active": False}),
        (["--everybody", "--max-entries", "5"], {"verified_only": False, "max_entries": 5}),
    ],
)
def test_an_edit_changes_what_is_given_and_nothing_else(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, options: list[str], changes: dict[str, Any]
) -> None:
    edited = Calls().replace(monkeypatch, boards, "edit", WINS)
    status, out, _ = hedge("boards", "edit", "wins", *options)
    assert status == 0
    assert out.startswith("board wins changed: ")
    assert edited == [(("wins",), changes | {"unchecked": False})]


def test_ordering_keys_are_given_with_their_directions(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = Calls().replace(monkeypatch, boards, "edit", WINS)
    keys = ("onchain_pvp.wins", "onchain_pvp.best_win_streak ASC", "onchain_quests.mining_quests")
    given = [word for key in keys for word in ("--key", key)]
    assert hedge("boards", "edit", "wins", *given)[0] == 0
    ((_, changes),) = edited
    assert changes.pop("unchecked") is False
    assert {name: changes[name] for name in changes if not name.startswith("fourth_")} == {
        "metric_source": "onchain_pvp",
        "metric_key": "wins",
        "metric_direction": "desc",
        "fallback_metric_source": "onchain_pvp",
        "fallback_metric_key": "best_win_streak",
        "fallback_direction": "asc",
        "third_metric_source": "onchain_quests",
        "third_metric_key": "mining_quests",
        "third_direction": "desc",
    }
    # a key that the board had before is gone
    assert (changes["fourth_metric_source"], changes["fourth_metric_key"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--key", "onchain_pvp.wins", "--metric", "onchain_pvp.wins"],
            "--key names the metrics: leave --metric and --tiebreaker out",
        ),
        (["--key", "wins"], "'wins' is not a metric such as onchain_pvp.wins"),
        (
            ["--key", "onchain_pvp.wins"] * 5,
            "a board has one to four ordering keys, not 5",
        ),
    ],
)
def test_ordering_keys_that_cannot_be_are_refused(
    hedge: Hedge, options: list[str], sentence: str
) -> None:
    assert hedge("boards", "edit", "wins", *options) == (2, "", f"hedge: {sentence}\n")


@pytest.mark.parametrize("metric", ["wins", ".wins", "onchain_pvp.", ""])
def test_a_metric_has_a_source_and_a_key(hedge: Hedge, metric: str) -> None:
    status, _, err = hedge("boards", "edit", "wins", "--metric", metric)
    assert (status, err) == (2, f"hedge: '{metric}' is not a metric such as onchain_pvp.wins\n")


A_RUN = BoardRun(3, "wins", *MAY, "COMPLETE", AS_OF, 1, None, AS_OF, AS_OF)


@pytest.mark.parametrize(
    ("options", "keys", "named"),
    [
        (["wins"], ["wins"], {"mode": "CURRENT", "span": None, "as_of": None}),
        (["a", "b", "--previous"], ["a", "b"], {"mode": "PREVIOUS", "span": None, "as_of": None}),
        (["wins", *PERIOD], ["wins"], {"mode": "CURRENT", "span": MAY, "as_of": None}),
        (
            ["--due", "--as-of", "2026-06-01T12:00"],
            None,
            {"mode": "DUE", "span": None, "as_of": AS_OF},
        ),
    ],
)
def test_boards_are_run_for_the_period_that_is_named(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    keys: list[str] | None,
    named: dict[str, Any],
) -> None:
    many = dataclasses.replace(A_RUN, period_start=None, period_end=None, row_count=2)
    ran: list[tuple[list[str] | None, dict[str, Any]]] = []

    def run(keys: list[str] | None, report: object, **named: Any) -> list[BoardRun]:
        ran.append((keys, named))
        return [A_RUN, many]

    monkeypatch.setattr(boards, "run", run)
    _, out, _ = hedge("boards", "run", *options)
    assert out.splitlines() == [
        "wins: 1 entry for 2026-05-01 to 2026-06-01, run 3",
        "wins: 2 entries for all time, run 3",
    ]
    assert ran == [(keys, named)]
    assert len(json.loads(hedge("boards", "run", *options, "--json")[1])) == 2


def test_requested_runs_are_computed_and_nothing_due_is_said(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = Calls().replace(monkeypatch, boards, "run", [])
    pending = Calls().replace(monkeypatch, boards, "run_pending", [])
    assert hedge("boards", "run", "--pending")[:2] == (0, "No board is due.\n")
    assert (len(ran), len(pending)) == (0, 1)
    assert hedge("boards", "run", "--due", "--json")[1] == "[]\n"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["wins", "--due"],
        ["wins", "--pending"],
        ["--due", "--pending"],
        ["wins", "--from", "2026-05-01"],
        ["wins", "--to", "2026-05-01"],
        ["wins", "--previous", *PERIOD],
        ["--due", *PERIOD],
        ["--due", "--previous"],
        ["--pending", "--previous"],
        ["--pending", *PERIOD],
        ["--pending", "--as-of", "2026-05-01"],
    ],
)
def test_periods_that_contradict_each_other_are_refused(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    ran = Calls().replace(monkeypatch, boards, "run", [])
    pending = Calls().replace(monkeypatch, boards, "run_pending", [])
    status, out, err = hedge("boards", "run", *options)
    assert (status, out, ran, pending) == (2, "", [], [])
    assert err.startswith("hedge: ")


def test_a_board_is_shown_by_its_newest_run_or_the_one_that_is_named(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = dataclasses.replace(WINS, fallback_metric_key="matches_played")
    entry = boards.Entry(
        1,
        "busy",
        Decimal("1234.5"),
        Decimal(7),
        {"unit": "matches"},
        [Decimal("1234.5"), Decimal(7)],
    )
    monkeypatch.setattr(boards, "board", lambda *_: board)
    shown = Calls().replace(monkeypatch, boards, "complete_run", A_RUN)
    listed = Calls().replace(monkeypatch, boards, "entries", [entry])
    out = hedge("boards", "show", "wins")[1]
    assert [line.split() for line in out.splitlines()] == [
        row.split()
        for row in (
            "wins, 2026-05-01 to 2026-06-01 (run 3 as of 2026-06-01 12:00:00 UTC, 1 entries)",
            "rank cluster matches matches played",
            "1 busy 1,234.5 7",
        )
    ]
    hedge("boards", "show", "wins", "--run", "9", "--limit", "1")
    assert [one for one, _ in shown] == [("wins", None), ("wins", 9)]
    assert [one for one, _ in listed] == [(3, 20), (3, 1)]
    monkeypatch.setattr(boards, "entries", lambda *_: [])
    # a board that nobody is on has the unit of its metric, if that is still there
    for unit, heading in (("matches", "matches"), ("true as 1", "done"), (None, "score")):
        monkeypatch.setattr(boards, "unit", lambda *_, unit=unit: unit)
        lines = hedge("boards", "show", "wins")[1].splitlines()
        assert lines[1].split() == ["rank", "cluster", heading, "matches", "played"]
        assert lines[-1] == "Nobody has a score in this period."


def test_the_list_tells_what_a_board_is_and_its_newest_run(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = boards.ListedBoard(**vars(WINS) | {"is_active": False, "is_public": False})
    computed = dataclasses.replace(computed, newest_run=A_RUN, verified_only=True)
    never = boards.ListedBoard(**vars(WINS) | {"fallback_metric_key": "draws"})
    monkeypatch.setattr(boards, "listed_boards", lambda _: [computed, never])
    out = hedge("boards", "list")[1]
    assert [line.split() for line in out.splitlines()[1:]] == [
        row.split()
        for row in (
            "wins wins MONTHLY onchain_pvp.wins inactive, private, verified only"
            " 2026-05-01 to 2026-06-01 COMPLETE 1",
            "wins wins MONTHLY onchain_pvp.wins draws never computed",
        )
    ]
    assert json.loads(hedge("boards", "list", "--json")[1])[1]["newest_run"] is None
    monkeypatch.setattr(boards, "listed_boards", lambda _: [])
    assert "There are no boards yet" in hedge("boards", "list")[1]
    assert hedge("boards", "list", "--json")[1] == "[]\n"


def test_pruning_needs_a_number(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned = Calls().replace(monkeypatch, boards, "prune", 4)
    assert hedge("boards", "prune", "--keep", "0")[1] == "4 runs dropped\n"
    assert json.loads(hedge("boards", "prune", "--keep", "1", "--json")[1]) == {"dropped": 4}
    assert [arguments for arguments, _ in pruned] == [(0,), (1,)]
    for options in ([], ["--keep", "-1"]):
        assert hedge("boards", "prune", *options)[0] == 2
