"""hedge preview: what it prints in words, as JSON and as a page, and when it fails."""

import dataclasses
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from cli.main import main
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
from tests.support import AS_OF, days_ago

Command = Callable[..., tuple[int, str, str]]

FOUND = Preview(
    AS_OF,
    ["challenge_tiers", "challenges"],
    7,
    Totals(challenges_changed=1, tiers_lost=3, unlocks_lost=2, points_won=Decimal("1.5")),
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
            unlocks_lost=2,
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
def hedge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command as a person does; returns exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hedge", "preview", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Preview]:
    """What the comparison will find, which a test can replace."""
    given = [FOUND]
    monkeypatch.setattr(preview, "make", lambda report: given[0])
    return given


def test_what_would_change_is_shown(hedge: Command, found: list[Preview]) -> None:
    status, out, err = hedge()
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    for row in (
        "challenge_tiers, challenges edited: what would change as of 2026-06-01 12:00:00 UTC",
        "challenge values change unit tiers up down unlocks won lost",
        "<script>alert(1)</script> 1,234 -2,500.5 levels 0 3 0 2",
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
        "challenges_changed 1, tiers_lost 3, unlocks_lost 2, points_won 1.5",
    ):
        assert row.split() in rows, row


def test_the_clusters_that_change_tier_stand_to_the_right(
    hedge: Command, found: list[Preview]
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
    hedge: Command, found: list[Preview]
) -> None:
    found[0] = Preview(AS_OF, ["challenges"], 3)
    assert hedge()[:2] == (
        0,
        "challenges edited, and no number changes (as of 2026-06-01 12:00:00 UTC).\n",
    )
    found[0] = Preview()
    assert hedge("--fail-if", "clusters_changed > 0") == (
        0,
        "Nothing is edited: the project equals the deployed project.\n",
        "",
    )


def test_json_is_printed_also_where_a_condition_fails(hedge: Command, found: list[Preview]) -> None:
    status, out, err = hedge("--json", "--fail-if", "unlocks_lost > 0")
    assert (status, err) == (1, "hedge: the preview fails: unlocks_lost > 0\n")
    printed = json.loads(out)
    assert printed["totals"] == dataclasses.asdict(FOUND.totals) | {"points_won": "1.5"}
    assert printed["challenges"][0]["challenge_key"] == "hero_riser"
    assert hedge("--json") == (0, out, "")


@pytest.mark.parametrize(
    ("conditions", "true"),
    [
        (["unlocks_lost > 2"], []),
        (["unlocks_lost >= 2"], ["unlocks_lost >= 2"]),
        (["unlocks_won > 0", "tiers_lost < 1"], []),
        (["unlocks_won > 0", "tiers_lost > 1"], ["tiers_lost > 1"]),
        (["tiers_lost > 1", "points_won = 1.5"], ["tiers_lost > 1", "points_won = 1.5"]),
    ],
)
def test_any_condition_that_holds_fails_the_command(
    hedge: Command, found: list[Preview], conditions: list[str], true: list[str]
) -> None:
    options = [word for condition in conditions for word in ("--fail-if", condition)]
    status, out, err = hedge(*options)
    assert status == (1 if true else 0)
    assert err == (f"hedge: the preview fails: {' and '.join(true)}\n" if true else "")
    # what is wrong can be read all the same
    assert "tiers_lost 3" in out


def test_the_page_is_written_also_where_a_condition_fails_and_escapes_names(
    hedge: Command, found: list[Preview], tmp_path: Path
) -> None:
    page = tmp_path / "preview.html"
    status, _, _ = hedge("--html", str(page), "--fail-if", "unlocks_lost > 0")
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
    hedge: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(report: object) -> None:
        raise HedgeError("the edit cannot be built")

    monkeypatch.setattr(preview, "make", fail)
    assert hedge("--json") == (1, "", "hedge: the edit cannot be built\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unlocks_lots > 0", "no total unlocks_lots"),
        ("unlocks_lost >> 0", "'unlocks_lost >> 0' is not NAME OP NUMBER"),
        ("unlocks_lost > many", "'unlocks_lost > many'"),
        ("__class__ > 0", "no total __class__"),
        ("", "''"),
    ],
)
def test_a_bad_condition_is_one_sentence_that_names_it(
    hedge: Command, text: str, words: str
) -> None:
    status, _, err = hedge("--fail-if", text)
    assert status == 2
    assert words in err
    assert err.count("\n") == 1


def test_conditions_compare_totals() -> None:
    totals = changes.Totals(unlocks_lost=3, points_won=Decimal("1.5"))
    for text, truth in {
        "unlocks_lost > 3": False,
        "unlocks_lost>=3": True,
        "unlocks_lost = 3": True,
        "unlocks_lost != 3": False,
        "points_won < 1.6": True,
        "points_won <= -1": False,
    }.items():
        assert changes.condition(text)(totals) is truth
    with pytest.raises(UsageError):
        changes.condition("points_won < 1; drop")
