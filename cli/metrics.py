"""hedge metrics: what the deployed metrics are, and what uses them."""

from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import number, print_json, print_spread, print_table, say
from hedge.analysis import metrics
from hedge.analysis.metrics import DescribedMetric

app = typer.Typer(help="The deployed metrics.", no_args_is_help=True)


@app.command("list")
def list_metrics(json: JsonOption = False) -> None:
    """List the metrics with their units and how much uses them.

    Example: hedge metrics list
    """
    with migrated_connection() as connection:
        found = metrics.all_metrics(connection)
    if json:
        print_json(found)
        return
    print_table(
        ["metric", "kind", "unit", "window", "challenges", "boards", "scores"],
        [
            [
                metric.name,
                metric.kind,
                metric.unit,
                metric.window_behaviour,
                len(metric.challenges) or None,
                len(metric.boards) or None,
                len(metric.scores) or None,
            ]
            for metric in found
        ],
        right=[4, 5, 6],
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="KEY", help="A metric such as onchain_pvp.wins.")],
    json: JsonOption = False,
) -> None:
    """Show a metric: definition, unit, what uses it, where it is defined, its distribution.

    Example: hedge metrics show onchain_pvp.wins
    """
    with migrated_connection() as connection:
        found = metrics.described(connection, name)
    print_json(found) if json else _show(found)


def _show(found: DescribedMetric) -> None:
    metric, spread = found.metric, found.spread
    say(f"{metric.name}: {metric.definition}")
    say(f"unit        {metric.unit}")
    say(f"kind        {metric.kind}, {metric.window_behaviour}")
    for label, names in (
        ("challenges", metric.challenges),
        ("boards", metric.boards),
        ("weighed in", metric.scores),
    ):
        say(f"{label:<12}{', '.join(names) or 'none'}")
    say(f"defined in  {found.model}, {found.contract}")
    if spread is None:
        say("Nothing was computed yet: hedge etl full")
        return
    say("")
    print_spread(spread, f"{spread.clusters} clusters")
    say("")
    print_table(
        ["from", "below", "clusters", "share"],
        [
            [
                number(bucket.from_value),
                number(bucket.below_value),
                bucket.clusters,
                f"{bucket.share * 100:.1f} %",
            ]
            for bucket in found.histogram
        ],
        right=[0, 1, 2, 3],
    )
