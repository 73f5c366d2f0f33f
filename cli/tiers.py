"""hedge tiers: thresholds of ladders, measured against the players there are."""

from decimal import Decimal
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import complain, instant, number, print_json, print_table, say
from hedge import database
from hedge.analysis import calibration
from hedge.analysis.calibration import Calibration

app = typer.Typer(help="Thresholds of ladders, measured against the players.", no_args_is_help=True)


@app.callback()
def tiers() -> None:
    """Thresholds of ladders, measured against the players."""


@app.command()
def calibrate(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="The challenge's key.")],
    targets: Annotated[
        str | None,
        typer.Option(
            metavar="T,T..",
            help="The share of the population to stay below each rung; .40,.70,.90,.97.",
        ),
    ] = None,
    population: Annotated[
        str,
        typer.Option(
            metavar="WHO",
            help="all; nonzero, with a value above zero; active, who acted in the last 180 days.",
        ),
    ] = "all",
    thresholds: Annotated[
        str | None,
        typer.Option(metavar="N,N..", help="Look at these thresholds; nothing is suggested."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Suggest thresholds for a challenge's ladder, beside those that stand. Writes nothing.

    A ladder of five rungs keeps its first threshold; the targets set the other four.

    Example: hedge tiers calibrate arena_victor --population active
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = calibration.calibrate(
            connection,
            challenge,
            population,
            None if targets is None else calibration.parse_targets(targets),
            None if thresholds is None else calibration.parse_thresholds(thresholds),
        )
    print_json(found) if json else _show(found)


def _show(found: Calibration) -> None:
    """The spread, both ladders side by side, warnings, and the rows to paste."""
    spread, unit = found.spread, found.ladder.unit or ""
    print_table(
        [*(f"p{one.fraction * 100:.0f}" for one in spread.percentiles), "largest"],
        [[*(number(one.value) for one in spread.percentiles), number(spread.largest)]],
        right=range(len(spread.percentiles) + 1),
        title=f"{found.ladder.challenge} in {unit}: {spread.clusters} clusters "
        f"({found.population}), {spread.clusters_above_zero} above zero, "
        f"as of {instant(spread.as_of)} UTC",
    )
    say("")
    heading = "given" if found.targets is None else "suggested"
    targets = found.targets or [None] * len(found.thresholds)
    rungs = [
        ["below", "", _share(found.standing_shares, 0), "", "", _share(found.shares, 0)],
        *(
            [
                rung.display_name,
                number(rung.threshold),
                _share(found.standing_shares, nth),
                "" if target is None else f"p{target * 100:f}".rstrip("0").rstrip("."),
                number(threshold),
                _share(found.shares, nth),
            ]
            for nth, (rung, target, threshold) in enumerate(
                zip(found.ladder.rungs, targets, found.thresholds, strict=True), 1
            )
        ),
    ]
    print_table(
        ["rung", "standing", "on it", "target", heading, "on it"], rungs, right=[1, 2, 3, 4, 5]
    )
    for warning in found.warnings:
        complain(f"warning: {warning}")
    if found.seed_rows:
        say("\nFor seeds/challenge_tiers.csv, in place of the rows that stand:\n")
        for row in found.seed_rows:
            say(row)


def _share(shares: list[calibration.TierShare], rung: int) -> str:
    return f"{shares[rung].share * Decimal(100):.1f} %" if shares else ""
