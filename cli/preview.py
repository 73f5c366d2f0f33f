"""hedge preview: what the edits of the project would change when deployed."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from cli.html_report import write_report
from cli.options import JsonOption
from cli.output import (
    complain,
    instant,
    number,
    period,
    print_json,
    print_table,
    progress,
    say,
    tier_name,
)
from hedge import settings
from hedge.analysis import changes
from hedge.analysis import preview as engine
from hedge.analysis.changes import (
    BoardChange,
    ChallengeChange,
    Preview,
    RewardChange,
    SeasonChange,
    Totals,
)
from hedge.errors import HedgeError
from hedge.project import files

FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        metavar="'NAME OP NUMBER'",
        help="Exit with 1 when this holds for the totals: 'unlocks_won > 100'. Can be repeated.",
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write a self-contained HTML report."),
]


Watch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Compare again whenever a file of the project is saved, until ctrl-c."
    ),
]

#: How long the files of a project are left alone before they are looked at again, in seconds.
PAUSE = 0.2


def preview(
    fail_if: FailIf = None, html: Html = None, json: JsonOption = False, watch: Watch = False
) -> None:
    """Compare the project with the deployed project. The live tables are only read.

    Example: hedge preview --fail-if 'unlocks_won > 100' --html preview.html
    """
    conditions = {text: changes.condition(text) for text in fail_if or ()}
    if not watch:
        _preview_once(conditions, html, json=json)
        return
    project = settings.project()
    for _ in files.saves(project, PAUSE):
        try:
            _preview_once(conditions, html, json=json)
        except HedgeError as error:
            complain(f"hedge: {error}")
        complain(f"Waiting for a file of {project} to be saved; ctrl-c ends.")


def _preview_once(
    conditions: dict[str, Callable[[Totals], bool]], html: Path | None, *, json: bool
) -> None:
    """Make a preview, print it, and raise a HedgeError where a condition is true of its totals."""
    with progress() as report:
        found = engine.make(report)
    if html is not None:
        write_report(
            "preview.html",
            html,
            preview=found,
            totals=dataclasses.asdict(found.totals),
            effects=EFFECTS,
        )
    if json:
        print_json(found)
    else:
        print_preview(found)
    if true := [text for text, is_true in conditions.items() if is_true(found.totals)]:
        raise HedgeError(f"the preview fails: {' and '.join(true)}")


def print_preview(found: Preview) -> None:
    """Print a preview for people."""
    for note in found.notes:
        say(note)
    if not found.changed:
        if not found.notes:
            say("No definition is edited: runs read what is deployed already.")
        return
    edited = ", ".join(found.changed)
    if found.changes_nothing:
        but = "no other number changes" if found.notes else "no number changes"
        say(f"{edited} edited, and {but} (as of {instant(found.as_of)} UTC).")
        return
    say(f"{edited} edited: what would change as of {instant(found.as_of)} UTC\n")
    if found.challenges:
        _print_challenges(found.challenges)
    for challenge in found.challenges:
        _print_challenge(challenge)
    for board in found.boards:
        _print_board(board)
    for season in found.seasons:
        _print_season(season)
    if found.rewards:
        _print_rewards(found.rewards)
    _print_unlocks(found.totals)
    totals = dataclasses.asdict(found.totals)
    say(", ".join(f"{name} {number(value)}" for name, value in totals.items() if value))


def _print_challenges(challenges: list[ChallengeChange]) -> None:
    print_table(
        [
            *("challenge", "values", "change", "unit", "tiers up", "down"),
            *("unlocks won", "withheld", "not reached"),
        ],
        [
            [
                challenge.challenge,
                number(challenge.values_changed),
                signed(challenge.change),
                challenge.unit,
                number(challenge.tiers_won),
                number(challenge.tiers_lost),
                number(challenge.unlocks_won),
                number(challenge.unlocks_withheld),
                number(challenge.unlocks_not_reached),
            ]
            for challenge in challenges
        ],
        right=[1, 2, 4, 5, 6, 7, 8],
    )
    say("")


def _print_challenge(challenge: ChallengeChange) -> None:
    if challenge.moves:
        tiers = list(dict.fromkeys(move.tier_after for move in challenge.moves))
        clusters = {(move.tier_before, move.tier_after): move.clusters for move in challenge.moves}
        print_table(
            ["from / to", *(tier_name(tier) or "none" for tier in tiers)],
            [
                [tier_name(before) or "none", *(clusters.get((before, after)) for after in tiers)]
                for before in dict.fromkeys(move.tier_before for move in challenge.moves)
            ],
            right=range(1, len(tiers) + 1),
            title=f"{challenge.challenge}: clusters that change tier",
        )
        say("")
    if challenge.movers:
        print_table(
            ["cluster", "before", "", "after", ""],
            [
                [
                    mover.cluster_id,
                    number(mover.value_before),
                    tier_name(mover.tier_before),
                    number(mover.value_after),
                    tier_name(mover.tier_after),
                ]
                for mover in challenge.movers
            ],
            right=[1, 3],
            title=f"{challenge.challenge}: {_largest(challenge)}, in {challenge.unit}",
        )
        say("")


def _largest(challenge: ChallengeChange) -> str:
    """What the list of movers is: all changes, or the largest of so many."""
    shown = len(challenge.movers)
    if challenge.clusters_moved == shown:
        return "the largest changes"
    return f"the {shown} largest of {number(challenge.clusters_moved)} changes"


def _print_unlocks(totals: Totals) -> None:
    """Say what becomes of unlocks, which a later edit does not take back."""
    if totals.unlocks_won:
        say(
            f"The next run hands out {number(totals.unlocks_won)} unlocks, which stay when the "
            "edit is taken out again; hedge etl undo takes back a deploy with its unlocks."
        )
    if totals.unlocks_not_reached:
        say(
            f"{number(totals.unlocks_not_reached)} unlocks that stand are not reached with the "
            "edit; they stay. If a deploy handed them out wrongly, hedge etl undo revokes them."
        )


def _print_board(board: BoardChange) -> None:
    print_table(
        ["rank", "before", "score", "rank", "after", "score"],
        [
            [
                place.rank_before,
                place.cluster_before,
                number(place.score_before),
                place.rank_after,
                place.cluster_after,
                number(place.score_after),
            ]
            for place in board.places
        ],
        right=[0, 2, 3, 5],
        title=f"{board.name} ({board.board}), {period(board.period_start, board.period_end)}",
    )
    say("")


def _print_season(season: SeasonChange) -> None:
    say(
        f"{season.name}: {number(season.points_won)} points won and "
        f"{number(season.points_lost)} lost by {number(season.clusters)} clusters, "
        f"{number(season.levels_won)} levels won and {number(season.levels_lost)} lost\n"
    )


#: What an edit does to a reward, in words.
EFFECTS = {
    "entitled": "the next run entitles",
    "withheld": "the next run does not entitle any more",
    "kept": "stays, and would not be reached",
    "rank won": "has the rank now",
    "rank lost": "has the rank no more",
}


def _print_rewards(rewards: list[RewardChange]) -> None:
    print_table(
        ["season", "reward", "because of the edit", "clusters", "who"],
        [
            [
                one.season_id,
                one.name,
                EFFECTS[one.effect],
                number(one.clusters),
                one.who,
            ]
            for one in rewards
        ],
        right=[3],
    )
    say("")


def signed(value: Decimal) -> str:
    """A difference with its sign; 0 has none."""
    return f"{value:+,f}" if value else "0"
