"""The seed of renames: each mistake is named with its line."""

from pathlib import Path

import pytest

from hedge.project import seed_checks
from tests.support import copy_project


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("challenge,streak,win_streak", None),
        ("tier,win_streak.STARTER,win_streak.BASIC", None),
        ("metric,onchain_pvp.streak,onchain_pvp.best_win_streak", None),
        (
            "challenge,streak,winn_streak",
            "seeds/challenges.csv has no challenge winn_streak: name what streak is called now, "
            "or delete the line; did you mean win_streak?",
        ),
        (
            "tier,win_streak.STARTER,win_streak.BASICS",
            "seeds/challenge_tiers.csv has no tier win_streak.BASICS: name what "
            "win_streak.STARTER is called now, or delete the line; did you mean win_streak.BASIC?",
        ),
        (
            "metric,onchain_pvp.streak,pvp.wins",
            "seeds/metrics.csv has no metric pvp.wins: name what onchain_pvp.streak is called "
            "now, or delete the line; did you mean onchain_pvp.wins?",
        ),
        (
            "challenge,win_streak,win_streak",
            "the challenge win_streak is renamed to itself: delete the line",
        ),
        (
            "challenge,pvp.win,win_streak",
            "'pvp.win' is no name of a challenge, which is written as KEY",
        ),
        (
            "tier,BASIC,win_streak.BASIC",
            "'BASIC' is no name of a tier, which is written as CHALLENGE_KEY.TIER_CODE",
        ),
        (
            "metric,onchain_pvp.streak,onchain_pvp.best.streak",
            "'onchain_pvp.best.streak' is no name of a metric, which is written as "
            "METRIC_SOURCE.METRIC_KEY",
        ),
        (
            "tier,arena_victor.STARTER,win_streak.BASIC",
            "the tier arena_victor.STARTER becomes one of another challenge, win_streak.BASIC: "
            "name the challenge in both as it is called now",
        ),
        ("board,a,b", "kind is 'board', not one of challenge, tier, metric"),
    ],
    ids=range(12),
)
def test_a_rename_leads_to_what_exists(tmp_path: Path, line: str, expected: str | None) -> None:
    project = copy_project(tmp_path / "copy")
    (project / "seeds" / "renames.csv").write_text(f"kind,old_name,new_name\n{line}\n")
    found = [str(fault) for fault in seed_checks.faults(project)]
    assert found == ([] if expected is None else [f"seeds/renames.csv:2: {expected}"])
