"""hedge tiers: thresholds of ladders, compared with the values of the players."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, Numbers
from cli.output import complain, number, print_json, print_spread, print_table, progress, say
from hedge.analysis import calibration, edited_values
from hedge.analysis.calibration import Calibration

app = typer.Typer(help="Thresholds of ladders.", no_args_is_help=True)


# With a callback `calibrate` stays a command of its own; typer runs a single command as the group.
@app.callback()
def tiers() -> None:
    """Thresholds of ladders."""


@app.command()
def calibrate(
    name: Annotated[
        str,
        typer.Argument(metavar="KEY", help="A challenge, or a metric such as onchain_pvp.wins."),
    ],
    targets: Annotated[
        Numbers | None,
        typer.Option(
            metavar="T,T..",
            parser=calibration.parse_targets,
            help="The fraction of the population to stay below each tier;"
            " by default .40,.70,.90,.97, and of five tiers .20 below them.",
        ),
    ] = None,
    population: Annotated[
        str,
        typer.Option(
            metavar="WHO",
            help="all; nonzero: with a value above zero; active: who acted in the last 180 days.",
        ),
    ] = calibration.POPULATION,
    thresholds: Annotated[
        Numbers | None,
        typer.Option(
            metavar="N,N..",
            parser=calibration.parse_thresholds,
            help="Evaluate these thresholds instead of suggesting any.",
        ),
    ] = None,
    edited: Annotated[
        bool,
        typer.Option("--edited", help="Compute the values from the edited project in any case."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Suggest thresholds for the ladder of a challenge beside the present ones. Writes nothing.

    Suggested thresholds always rise: where several targets meet the same value, they are the next
    larger readable numbers, and a warning says so. The values of a challenge that is not deployed,
    and of a metric, are computed from the edited project.

    Example: hedge tiers calibrate arena_victor --population active
    """
    with migrated_connection() as connection, progress() as report:
        found = edited_values.calibrate(
            connection, name, population, targets, thresholds, edited=edited, report=report
        )
    print_json(found) if json else _show(found)


def _show(found: Calibration) -> None:
    """Print the percentiles, both ladders side by side, warnings, and the rows for the seed."""
    if found.is_edited:
        say("Computed from the edited project, which is not deployed.")
    print_spread(
        found.spread,
        f"{found.ladder.challenge} in {found.ladder.unit or ''}: {found.spread.clusters} clusters"
        f" ({found.population})",
    )
    say("")
    heading = "given" if found.targets is None else "suggested"
    targets: Sequence[Decimal | None] = found.targets or [None] * len(found.thresholds)
    rows = [
        ["below", "", _share(found.standing_shares, 0), "", "", _share(found.shares, 0)],
        *(
            [
                tier.display_name,
                number(tier.threshold),
                _share(found.standing_shares, nth),
                "" if target is None else f"p{target * 100:f}".rstrip("0").rstrip("."),
                number(threshold),
                _share(found.shares, nth),
            ]
            for nth, (tier, target, threshold) in enumerate(
                zip(found.ladder.rungs, targets, found.thresholds, strict=True), 1
            )
        ),
    ]
    standing = "edited" if found.is_edited else "deployed"
    headings = ["tier", standing, "share", "target", heading, "share"]
    if not found.standing_shares:
        # a metric has no ladder to compare with
        headings, *rows = [[line[0], *line[3:]] for line in (headings, *rows)]
    print_table(headings, rows, right=range(1, len(headings)))
    for warning in found.warnings:
        complain(f"warning: {warning}")
    if found.seed_rows:
        place = "in place of the rows of this challenge"
        if found.ladder.challenge_key == calibration.NEW_CHALLENGE:
            place = "with the key of your challenge"
        say(f"\nFor seeds/challenge_tiers.csv, {place}:\n")
        for row in found.seed_rows:
            say(row)


def _share(shares: list[calibration.TierShare], tier: int) -> str:
    """The share of the population in a tier, counted from 1; 0 is below the first tier."""
    return f"{shares[tier].share * Decimal(100):.1f} %" if shares else ""
