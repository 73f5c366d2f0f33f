"""hedge seasons: the fields that options set, weights of files, and what is shown."""

import dataclasses
import json
from decimal import Decimal

import pytest

from hedge import completeness, seasons
from hedge.completeness import CompleteTo
from hedge.runs import Model
from hedge.seasons import Season
from tests import Hedge
from tests.support import AS_OF
from tests.unit.commands import MAY, PERIOD, Calls
from tests.unit.commands.test_etl import RUN

LISTED = seasons.ListedSeason("may", "May", *MAY, is_current=True, weights=2)


def test_the_options_of_a_season_are_its_fields(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Season("may", "As it is stored", *MAY)
    added = Calls().replace(monkeypatch, seasons, "add", stored)
    assert hedge("seasons", "add", "may", *PERIOD)[0] == 0
    options = ["--name", "May", "--scoring", "lifetime", "--active"]
    printed = json.loads(hedge("seasons", "add", "may", *PERIOD, *options, "--json")[1])
    assert printed["name"] == "As it is stored"
    assert [one for (one,), _ in added] == [
        Season("may", "may", *MAY, is_active=False, scoring="SEASON"),
        Season("may", "May", *MAY, is_active=True, scoring="LIFETIME"),
    ]


def test_an_edit_changes_what_is_given_and_nothing_else(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = Calls().replace(monkeypatch, seasons, "edit", Season("may", "May", *MAY))
    hedge("seasons", "edit", "may", "--inactive", "--scoring", "season", "--to", "2026-06-01")
    _, out, _ = hedge("seasons", "edit", "may", "--name", "May", "--from", "2026-05-01")
    assert out == "season may changed: name, starts_at\n"
    checked = {"unchecked": False}
    assert edited == [
        (("may",), checked | {"is_active": False, "scoring": "SEASON", "ends_at": MAY[1]}),
        (("may",), checked | {"name": "May", "starts_at": MAY[0]}),
    ]
    none = (2, "", "hedge: no field of season may to change is given\n")
    assert hedge("seasons", "edit", "may") == none


def test_weights_are_set_only_from_a_file(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [{"challenge_key": "arena_victor", "weight": "2.5"}]
    weight = seasons.Weight("arena_victor", "Arena Victor", Decimal("2.5"), "wins")
    read = Calls().replace(monkeypatch, seasons, "read_weights", given)
    put = Calls().replace(monkeypatch, seasons, "put_weights")
    listed = Calls().replace(monkeypatch, seasons, "weights", [weight])
    _, out, _ = hedge("seasons", "weights", "may")
    assert out.splitlines()[1].split() == ["arena_victor", "Arena", "Victor", "2.5", "wins"]
    assert put == []
    hedge("seasons", "weights", "may", "w.csv")
    hedge("seasons", "weights", "may", "w.csv", "--only", "--json")
    assert put == [(("may", given), {"only": False}), (("may", given), {"only": True})]
    assert [one for one, _ in read] == [("w.csv",)] * 2
    refused = (2, "", "hedge: --only needs a file of weights\n")
    assert hedge("seasons", "weights", "may", "--only") == refused
    assert len(listed) == 3
    monkeypatch.setattr(seasons, "weights", lambda *_: [])
    assert hedge("seasons", "weights", "may")[1].startswith("Season may has no weights yet")


def test_a_season_is_run(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model("season_progress", "success", 12, 0.5, 0.1)
    run = dataclasses.replace(RUN, models=[*RUN.models, model])
    ran = Calls().replace(monkeypatch, seasons, "run", (LISTED, run))
    assert hedge("seasons", "run", "may", "--as-of", "2026-06-01T12:00")[1] == (
        "season may: 12 clusters changed as of 2026-06-01 12:00:00 UTC, run 7 in 61.2 s\n"
    )
    assert json.loads(hedge("seasons", "run", "--json")[1])["season"] == "may"
    assert [one for one, _ in ran] == [("may", AS_OF), (None, None)]


def test_the_ranking_of_a_season_is_shown(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seasons, "season", lambda *_: LISTED)
    monkeypatch.setattr(completeness, "of_progress", lambda *_: [])
    ranked = Calls().replace(monkeypatch, seasons, "ranking", [])
    assert hedge("seasons", "show", "may")[1].endswith("No cluster has points yet.\n")
    assert hedge("seasons", "show", "may", "--limit", "1", "--json")[1] == "[]\n"
    assert [one for one, _ in ranked] == [("may", 20), ("may", 1)]
    first = seasons.RankedCluster(1, "busy", Decimal("1234.5"), 3, AS_OF, AS_OF)
    monkeypatch.setattr(seasons, "ranking", lambda *_: [first])
    assert hedge("seasons", "show", "may")[1].splitlines()[0] == (
        "May, 2026-05-01 to 2026-06-01 (as of 2026-06-01 12:00:00 UTC)"
    )
    assert "busy" in hedge("seasons", "show", "may")[1]


@pytest.mark.parametrize(
    ("threshold", "words"), [(Decimal(50), "\n25.5 points to the next level.\n"), (None, None)]
)
def test_the_points_of_a_cluster_are_shown(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, threshold: Decimal | None, words: str | None
) -> None:
    standing = seasons.SeasonProgress("busy", Decimal("24.5"), 1, threshold, AS_OF, AS_OF)
    share = seasons.Share("a", "A", Decimal(2), "wins", points=Decimal(24))
    monkeypatch.setattr(seasons, "season", lambda *_: LISTED)
    known: list[CompleteTo] = []
    asked = Calls().replace(monkeypatch, completeness, "of_progress", known)
    monkeypatch.setattr(seasons, "of_cluster", lambda *_: standing)
    monkeypatch.setattr(seasons, "shares", lambda *_: [share])
    out = hedge("seasons", "show", "may", "--cluster", "busy")[1]
    title, _, row, *_ = out.splitlines()
    assert title == "May: busy has 24.5 points and level 1 as of 2026-06-01 12:00:00 UTC"
    assert row.split() == ["A", "24", "2", "wins"]
    assert out.endswith(words) if words else "to the next level" not in out
    printed = json.loads(hedge("seasons", "show", "may", "--cluster", "busy", "--json")[1])
    assert (printed["standing"]["points"], printed["challenges"][0]["points"]) == ("24.5", 24)
    known.append(CompleteTo(1088, "METIS", 7, None, 0))
    out = hedge("seasons", "show", "may", "--cluster", "busy")[1]
    assert out.endswith("Complete to block 7 of METIS.\n")
    assert [one for one, _ in asked] == [("may",)] * 3


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "current"),
        ({"is_current": False, "is_active": True}, "active"),
        ({"is_current": False}, "inactive"),
    ],
)
def test_seasons_are_listed(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, fields: dict[str, bool], word: str
) -> None:
    found = [dataclasses.replace(LISTED, **fields)]
    monkeypatch.setattr(seasons, "all_seasons", lambda _: found)
    row = f"may May 2026-05-01 2026-06-01 SEASON {word} 2"
    assert hedge("seasons", "list")[1].splitlines()[1].split() == row.split()
    assert len(json.loads(hedge("seasons", "list", "--json")[1])) == 1
    found.clear()
    assert "There are no seasons yet" in hedge("seasons", "list")[1]
    assert hedge("seasons", "list", "--json")[1] == "[]\n"
