"""What a preview of an exclusion prints: who moves, in tables."""

from collections.abc import Sequence
from typing import Any

from cli.output import instant, number, print_table, say, tier_name
from hedge.exclusions.moves import ExclusionPreview


def print_moves(found: ExclusionPreview) -> None:
    """Print a preview of an exclusion for people."""
    said = "counts again for" if found.is_end else "would be excluded from"
    say(f"{found.subject} {said} {found.target}: who moves, as of {instant(found.as_of)} UTC\n")
    if found.changes_nothing:
        say("Nobody moves.")
        return
    _print(
        "values",
        found.values_changed,
        ["cluster", "challenge", "before", "tier", "after", "tier", "unit"],
        [
            [
                one.cluster_id,
                one.challenge,
                number(one.value_before),
                tier_name(one.tier_before),
                number(one.value_after),
                tier_name(one.tier_after),
                one.unit or "",
            ]
            for one in found.values
        ],
        [2, 4],
    )
    _print(
        "ranks on boards",
        found.ranks_changed,
        ["board", "cluster", "rank", "score", "new rank", "score"],
        [
            [
                one.board,
                one.cluster_id,
                one.rank_before,
                number(one.score_before),
                one.rank_after,
                number(one.score_after),
            ]
            for one in found.ranks
        ],
        [2, 3, 4, 5],
    )
    _print(
        "points of seasons",
        found.points_changed,
        ["season", "cluster", "points", "level", "points after", "level"],
        [
            [
                one.season_id,
                one.cluster_id,
                number(one.points_before),
                one.level_before,
                number(one.points_after),
                one.level_after,
            ]
            for one in found.points
        ],
        [2, 3, 4, 5],
    )
    _print(
        "rewards that would be taken back",
        len(found.rewards),
        ["number", "season", "reward", "cluster", "state", "because"],
        [
            [
                one.reward_id,
                one.season_id,
                f"{number(one.quantity)} x {one.name}",
                one.cluster_id,
                one.state.lower(),
                one.reason,
            ]
            for one in found.rewards
        ],
        [0],
    )


def _print(
    what: str, total: int, head: list[str], rows: Sequence[Sequence[Any]], right: list[int]
) -> None:
    """Print a table, if it has rows, with a title that says of how many they are the first."""
    if rows:
        shown = number(total) if total == len(rows) else f"{len(rows)} of {number(total)}"
        print_table(head, rows, right=right, title=f"{what} ({shown})")
        say("")
