"""hedge preview: what it prints in words, as JSON and as a page, and when it fails."""

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from hedge import settings
from hedge.analysis import changes, preview
from hedge.analysis.changes import (
    BoardChange,
    ChallengeChange,
    Mover,
    PlaceChange,
    Preview,
    SeasonChange,
    TierMove,
    Totals,
)
from hedge.errors import HedgeError, UsageError
from hedge.project import files
from tests import Hedge
from tests.support import AS_OF, days_ago

FOUND = Preview(
    AS_OF,
    ["challenge_tiers", "challenges"],
    7,
    Totals(challenges_changed=1, tiers_lost=3, unlocks_not_reached=2, points_won=Decimal("1.5")),
    [
        ChallengeChange(
            challenge_key="hero_riser",
            challenge="<script>alert(1)</script>",
            unit="levels",
            values_changed=1234,
            change=Decimal("-2500.5"),
            largest_gain=Decimal(0),
            largest_loss=Decimal(70),
            rolling_values_changed=0,
            rolling_tiers_changed=0,
            tiers_won=0,
            tiers_lost=3,
            unlocks_won=0,
            unlocks_withheld=1,
            unlocks_not_reached=2,
            clusters_moved=1,
            moves=[TierMove("COMMON", "NONE", 3), TierMove("RARE", "COMMON", 1)],
            movers=[Mover("busy", Decimal(170), Decimal(100), "COMMON", "NONE")],
        )
    ],
    [
        BoardChange(
            "wins",
            "Wins of the month",
            days_ago(31.5),
            days_ago(0.5),
            [
                PlaceChange(1, "busy", Decimal(9), 1, "rival", Decimal("9.5")),
                PlaceChange(2, "rival", Decimal(8), None, None, None),
            ],
        )
    ],
    [SeasonChange("spring", "Spring", 4, Decimal("1.5"), Decimal(0), 2, 1)],
)


@pytest.fixture
def hedge(hedge: Hedge) -> Hedge:
    """Runs hedge preview."""
    return partial(hedge, "preview")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Preview]:
    """What the comparison will find, which a test can replace."""
    given = [FOUND]
    monkeypatch.setattr(preview, "make", lambda report: given[0])
    return given


def test_what_would_change_is_shown(hedge: Hedge, found: list[Preview]) -> None:
    status, out, err = hedge()
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    for row in (
        "challenge_tiers, challenges edited: what would change as of 2026-06-01 12:00:00 UTC",
        "challenge values change unit tiers up down unlocks won withheld not reached",
        "<script>alert(1)</script> 1,234 -2,500.5 levels 0 3 0 1 2",
        "<script>alert(1)</script>: clusters that change tier",
        "from / to none Common",
        "Common 3",
        "Rare 1",
        "<script>alert(1)</script>: the largest changes, in levels",
        "busy 170 Common 100",
        "Wins of the month (wins), 2026-05-01 to 2026-06-01",
        "1 busy 9 1 rival 9.5",
        "2 rival 8",
        "Spring: 1.5 points won and 0 lost by 4 clusters, 2 levels won and 1 lost",
        "2 unlocks that stand are not reached with the edit; they stay. If a deploy handed them "
        "out wrongly, hedge etl undo revokes them.",
        "challenges_changed 1, tiers_lost 3, unlocks_not_reached 2, points_won 1.5",
    ):
        assert row.split() in rows, row


def test_an_edit_is_watched_and_one_that_cannot_be_built_is_told(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Preview | HedgeError] = [FOUND, HedgeError("it does not parse"), Preview()]

    def make(report: object) -> Preview:
        outcome = made.pop(0)
        if isinstance(outcome, HedgeError):
            raise outcome
        return outcome

    def saves(project: Path, pause: float) -> Iterator[None]:
        yield from [None] * 3
        raise KeyboardInterrupt

    monkeypatch.setattr(preview, "make", make)
    monkeypatch.setattr(files, "saves", saves)
    status, out, err = hedge("--watch", "--fail-if", "tiers_lost > 2")
    assert (status, made) == (130, [])
    assert "Wins of the month" in out
    assert out.endswith("No definition is edited: runs read what is deployed already.\n")
    waiting = f"Waiting for a file of {settings.project()} to be saved; ctrl-c ends."
    assert err.splitlines() == [
        "hedge: the preview fails: tiers_lost > 2",
        waiting,
        "hedge: it does not parse",
        waiting,
        waiting,
    ]


def test_what_an_edit_hands_out_is_said_with_the_way_back(
    hedge: Hedge, found: list[Preview]
) -> None:
    assert "hands out" not in hedge()[1]
    found[0] = dataclasses.replace(FOUND, totals=Totals(unlocks_won=1234))
    out = hedge()[1]
    assert "hands out 1,234 unlocks, which stay" in out
    assert "hedge etl undo takes back a deploy with its unlocks" in out
    assert "not reached with the edit" not in out


def test_of_many_changes_the_largest_are_shown_and_how_many_there_are(
    hedge: Hedge, found: list[Preview], tmp_path: Path
) -> None:
    page = tmp_path / "preview.html"
    assert hedge("--html", str(page))[0] == 0
    assert "largest changes<" in page.read_text()
    (challenge,) = FOUND.challenges
    more = dataclasses.replace(challenge, challenge="Riser", clusters_moved=1100)
    found[0] = dataclasses.replace(FOUND, challenges=[more])
    assert "Riser: the 1 largest of 1,100 changes, in levels" in hedge("--html", str(page))[1]
    assert "largest changes, 1 of 1100<" in page.read_text()


def test_the_clusters_that_change_tier_stand_to_the_right(
    hedge: Hedge, found: list[Preview]
) -> None:
    """Each number ends where the name of its tier does."""
    lines = hedge()[1].splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("from / to"))
    assert [line.rstrip() for line in lines[place : place + 3]] == [
        "from / to  none  Common",
        "Common        3",
        "Rare                  1",
    ]


def test_an_edit_that_changes_no_number_and_no_edit_at_all_are_said(
    hedge: Hedge, found: list[Preview]
) -> None:
    found[0] = Preview(AS_OF, ["challenges"], 3)
    assert hedge()[:2] == (
        0,
        "challenges edited, and no number changes (as of 2026-06-01 12:00:00 UTC).\n",
    )
    found[0] = Preview()
    assert hedge("--fail-if", "clusters_changed > 0") == (
        0,
        "No definition is edited: runs read what is deployed already.\n",
        "",
    )


def test_json_is_printed_also_where_a_condition_fails(hedge: Hedge, found: list[Preview]) -> None:
    status, out, err = hedge("--json", "--fail-if", "unlocks_not_reached > 0")
    assert (status, err) == (1, "hedge: the preview fails: unlocks_not_reached > 0\n")
    printed = json.loads(out)
    assert printed["totals"] == dataclasses.asdict(FOUND.totals) | {"points_won": "1.5"}
    assert printed["challenges"][0]["challenge_key"] == "hero_riser"
    assert hedge("--json") == (0, out, "")


@pytest.mark.parametrize(
    ("conditions", "true"),
    [
        (["unlocks_not_reached > 2"], []),
        (["unlocks_not_reached >= 2"], ["unlocks_not_reached >= 2"]),
        (["unlocks_won > 0", "tiers_lost < 1"], []),
        (["unlocks_won > 0", "tiers_lost > 1"], ["tiers_lost > 1"]),
        (["tiers_lost > 1", "points_won = 1.5"], ["tiers_lost > 1", "points_won = 1.5"]),
    ],
)
def test_any_condition_that_holds_fails_the_command(
    hedge: Hedge, found: list[Preview], conditions: list[str], true: list[str]
) -> None:
    options = [word for condition in conditions for word in ("--fail-if", condition)]
    status, out, err = hedge(*options)
    assert status == (1 if true else 0)
    assert err == (f"hedge: the preview fails: {' and '.join(true)}\n" if true else "")
    # what is wrong can be read all the same
    assert "tiers_lost 3" in out


def test_the_page_is_written_also_where_a_condition_fails_and_escapes_names(
    hedge: Hedge, found: list[Preview], tmp_path: Path
) -> None:
    page = tmp_path / "preview.html"
    status, _, _ = hedge("--html", str(page), "--fail-if", "unlocks_not_reached > 0")
    assert status == 1
    html = page.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "http" not in html
    for shown in ("busy", "rival", "Wins of the month", "Spring", "1,234", "Common", "1.5"):
        assert shown in html
    status, _, err = hedge("--html", str(tmp_path))
    assert (status, err) == (2, f"hedge: {tmp_path} cannot be written: Is a directory\n")


def test_a_preview_that_cannot_be_made_says_why(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(report: object) -> None:
        raise HedgeError("the edit cannot be built")

    monkeypatch.setattr(preview, "make", fail)
    assert hedge("--json") == (1, "", "hedge: the edit cannot be built\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unlocks_lost > 0", "no total unlocks_lost"),
        ("unlocks_not_reached >> 0", "'unlocks_not_reached >> 0' is not NAME OP NUMBER"),
        ("unlocks_not_reached > many", "'unlocks_not_reached > many'"),
        ("__class__ > 0", "no total __class__"),
        ("", "''"),
    ],
)
def test_a_bad_condition_is_one_sentence_that_names_it(hedge: Hedge, text: str, words: str) -> None:
    status, _, err = hedge("--fail-if", text)
    assert status == 2
    assert words in err
    assert err.count("\n") == 1


def test_conditions_compare_totals() -> None:
    totals = changes.Totals(unlocks_not_reached=3, points_won=Decimal("1.5"))
    for text, truth in {
        "unlocks_not_reached > 3": False,
        "unlocks_not_reached>=3": True,
        "unlocks_not_reached = 3": True,
        "unlocks_not_reached != 3": False,
        "points_won < 1.6": True,
        "points_won <= -1": False,
    }.items():
        assert changes.condition(text)(totals) is truth
    with pytest.raises(UsageError):
        changes.condition("points_won < 1; drop")
