"""hedge progress: the table and the four classes."""

from decimal import Decimal

import pytest

from hedge import completeness, progress
from hedge.completeness import CompleteTo
from hedge.progress import ChallengeProgress
from tests import Hedge
from tests.support import AS_OF, DAY
from tests.unit.commands import Calls


def challenge(name: str, value: int, **columns: object) -> ChallengeProgress:
    """Progress in a challenge whose next tier is at 15."""
    row = {
        "category": "pvp_competition",
        "challenge_key": name.lower(),
        "challenge": name,
        "value": Decimal(value),
        "unit": "matches",
        "tier": "BASIC",
        "unlocked": True,
        "next_tier": "ADVANCED",
        "next_threshold": Decimal(15),
        "rolling_value": Decimal(3),
        "rolling_tier": "BASIC",
        "last_computed_at": AS_OF,
        "verified_to": AS_OF,
        "is_out_of_date": False,
    }
    return ChallengeProgress(**row | columns)


@pytest.mark.parametrize(
    ("done", "line"),
    [
        ("", "none summoned, Dragoon, Sage missing"),
        ("Sage", "Sage summoned, Dragoon missing"),
        ("Dragoon, Sage", "Dragoon, Sage summoned"),
    ],
)
def test_the_progress_of_a_cluster_is_a_table(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, done: str, line: str
) -> None:
    found = [
        challenge("Arena", 4),
        challenge("Hunts", 1234, tier="NONE", next_tier=None, next_threshold=None),
    ]
    asked = Calls().replace(monkeypatch, progress, "of_cluster", found)
    classes = {name: name in done for name in ("Dragoon", "Sage")}
    Calls().replace(monkeypatch, progress, "legendary_classes", classes)
    Calls().replace(
        monkeypatch, completeness, "of_progress", [CompleteTo(1088, "METIS", 7, AS_OF, 0)]
    )
    status, out, err = hedge("progress", "busy")
    assert (status, err, asked) == (0, "", [(("busy",), {})])
    assert [text.rstrip() for text in out.splitlines()] == [
        "busy (as of 2026-06-01 12:00:00 UTC)",
        "challenge  value  unit     tier   next      at  last 180 days  tier then",
        "Arena          4  matches  Basic  Advanced  15              3  Basic",
        "Hunts      1,234  matches                                   3  Basic",
        "",
        f"Summoner of Legends: {line}",
        "Complete to block 7 of METIS, 2026-06-01 12:00 UTC.",
    ]


def test_a_value_that_is_out_of_date_has_its_own_instant(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        challenge("Arena", 4, verified_to=AS_OF - DAY, is_out_of_date=True),
        challenge("Hunts", 12),
    ]
    Calls().replace(monkeypatch, progress, "of_cluster", found)
    Calls().replace(monkeypatch, progress, "legendary_classes", {})
    Calls().replace(monkeypatch, completeness, "of_progress", [])
    status, out, _ = hedge("progress", "busy")
    assert status == 0
    title, heading, arena, hunts, *_ = (text.rstrip() for text in out.splitlines())
    assert title == "busy (as of 2026-06-01 12:00:00 UTC)"
    assert heading.endswith("tier then  out of date: as of")
    assert arena.endswith("Basic      2026-05-31 12:00:00")
    assert hunts.endswith("Basic")
