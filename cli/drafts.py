"""The states of boards and seasons, and the checks before a draft goes live."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import column, given_for, instant, period, print_json, print_table, say
from hedge import boards, seasons
from hedge.counting import counted
from hedge.drafts import Place, ReachedReward
from hedge.units import unit_name

State = Annotated[
    str | None,
    typer.Option(
        metavar="STATE",
        help="draft (for admins only), live, or retired (computed no more); live unless told"
        " otherwise.",
    ),
]
Unchecked = Annotated[
    bool, typer.Option("--unchecked", help="Let a draft go live although something is missing.")
]


def check_board(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of the board.")],
    json: JsonOption = False,
) -> None:
    """Show what must be known of a board before it goes live, and what is missing.

    Example: hedge boards check miners
    """
    with migrated_connection() as connection:
        found = boards.check(connection, key)
    if json:
        print_json(found)
        return
    if found.run_id is not None and found.as_of is not None:
        in_all_time = ""
        if found.population is not None:
            in_all_time = f"; {counted(found.population, 'cluster')} have a value in all time"
        _print_first(
            found.first,
            unit_name(found.unit or "score"),
            f"Board {key}, {period(found.period_start, found.period_end)}, run {found.run_id} as of"
            f" {instant(found.as_of)} UTC: {counted(found.ranked or 0, 'entry', 'entries')}"
            f"{in_all_time}",
        )
    _say_what_is_missing(f"board {key}", f"hedge boards edit {key}", found.state, found.missing)


def check_season(
    season: Annotated[str, typer.Argument(metavar="SEASON", help="The id of the season.")],
    json: JsonOption = False,
) -> None:
    """Show what must be known of a season before it goes live, and what is missing.

    Example: hedge seasons check winter
    """
    with migrated_connection() as connection:
        found = seasons.check(connection, season)
    if json:
        print_json(found)
        return
    as_of = f" as of {instant(found.as_of)} UTC" if found.as_of else ""
    _print_first(
        found.first,
        "points",
        f"Season {season}{as_of}: {counted(found.population, 'cluster')} with points, of"
        f" {counted(found.challenges, 'challenge')}",
    )
    if any(one.clusters for one in found.levels):
        print_table(
            ["level", "points", "clusters"],
            [
                [one.level, points, one.clusters]
                for one, points in zip(
                    found.levels, column(one.points_required for one in found.levels), strict=True
                )
            ],
            right=[0, 1, 2],
        )
    if found.rewards:
        print_table(
            ["reward", "of", "for", "clusters now"],
            [[one.reward_key, one.name, _for(one), one.clusters] for one in found.rewards],
            right=[3],
        )
    _say_what_is_missing(
        f"season {season}", f"hedge seasons edit {season}", found.state, found.missing
    )


def _print_first(first: Sequence[Place], unit: str, title: str) -> None:
    print_table(
        ["rank", "cluster", unit],
        [
            [one.rank, one.cluster_id, value]
            for one, value in zip(first, column(one.value for one in first), strict=True)
        ],
        right=[0, 2],
        title=title,
    )


def _for(one: ReachedReward) -> str:
    return given_for(one.kind, one.level, one.rank_from, one.rank_to, one.leaderboard_key)


def _say_what_is_missing(what: str, edit: str, state: str, missing: Sequence[str]) -> None:
    for sentence in missing:
        say(f"missing: {sentence}")
    if state == "draft" and not missing:
        say(f"Nothing is missing; {what} goes live by {edit} --state live")
    elif state != "draft":
        say(f"{what[0].upper()}{what[1:]} is {state}.")
