"""Edits of the definitions of a project."""

import re
from pathlib import Path


def replace_in(file: Path, pattern: str, new: str) -> None:
    """Replace what matches a pattern, wherever it does; ^ and $ are the ends of a line."""
    text, count = re.subn(pattern, new, file.read_text(), flags=re.MULTILINE)
    assert count, (file, pattern)
    file.write_text(text)


def declare(project: Path, *lines: str) -> None:
    """Write the declarations of renames."""
    (project / "seeds" / "renames.csv").write_text(
        "".join(f"{line}\n" for line in ("kind,old_name,new_name", *lines))
    )


def rename_challenge(project: Path, old: str = "win_streak", new: str = "winning_streak") -> None:
    """A challenge gets another key, which nothing declares."""
    for seed in ("challenges", "challenge_tiers"):
        replace_in(project / "seeds" / f"{seed}.csv", f"^{old},", f"{new},")


def rename_all(project: Path) -> None:
    """Win Streak, a tier of it and its metric get other keys in one edit, which declares them."""
    rename_challenge(project)
    for file in ("seeds/challenges.csv", "seeds/metrics.csv", "seeds/mastery_weights.csv"):
        replace_in(project / file, "best_win_streak", "longest_run")
    for file in ("onchain_pvp.sql", "onchain_pvp.yml", "meta_profile.yml"):
        replace_in(project / "models" / "metrics" / file, "best_win_streak", "longest_run")
    replace_in(
        project / "seeds" / "challenge_tiers.csv",
        "winning_streak,BASIC,Basic",
        "winning_streak,STARTER,Starter",
    )
    declare(
        project,
        "challenge,win_streak,winning_streak",
        "tier,winning_streak.BASIC,winning_streak.STARTER",
        "metric,onchain_pvp.best_win_streak,onchain_pvp.longest_run",
    )
