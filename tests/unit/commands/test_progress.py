"""hedge progress: the table and the four classes."""

from decimal import Decimal

import pytest

from hedge import progress
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
        challenge("Arena", 4, last_computed_at=AS_OF - DAY),
        challenge("Hunts", 1234, tier="NONE", next_tier=None, next_threshold=None),
    ]
    asked = Calls().replace(monkeypatch, progress, "of_cluster", found)
    classes = {name: name in done for name in ("Dragoon", "Sage")}
    Calls().replace(monkeypatch, progress, "legendary_classes", classes)
    status, out, err = hedge("progress", "busy")
    assert (status, err, asked) == (0, "", [(("busy",), {})])
    # as of the oldest of them
    assert [text.rstrip() for text in out.splitlines()] == [
        "busy (as of 2026-05-31 12:00:00 UTC)",
        "challenge  value  unit     tier   next      at  last 180 days  tier then",
        "Arena          4  matches  Basic  Advanced  15              3  Basic",
        "Hunts      1,234  matches                                   3  Basic",
        "",
        f"Summoner of Legends: {line}",
    ]
