"""hedge new: files to begin from."""

from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import print_json, say
from hedge import database
from hedge.analysis.scaffold import NewMetricSource, new_metric_source

app = typer.Typer(help="Files to begin from.", no_args_is_help=True)


@app.callback()
def new() -> None:
    """Files to begin from."""


@app.command("metric-source")
def metric_source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, in snake_case.")],
    table: Annotated[str, typer.Option(metavar="TABLE", help="The raw table it counts.")],
    json: JsonOption = False,
) -> None:
    """Write a metric source that counts the facts of a raw table, to go on from.

    The model, its YAML with a unit test that passes, its name in dbt_project.yml and its row in
    seeds/metrics.csv.

    Example: hedge new metric-source guild_raids --table hunting_encounters
    """
    with database.connect() as connection:
        made = new_metric_source(connection, name, table)
    print_json(made) if json else _show(made)


def _show(made: NewMetricSource) -> None:
    source, key = made.metric_source, made.metric_key
    say(f"{source} counts {made.reads} as {key}. Written:")
    for file in made.files:
        say(f"  {file}")
    say(f"Columns to filter and count by: {', '.join(made.columns) or 'none'}.")
    say(
        "Next: say what counts in the model, its YAML and its row of seeds/metrics.csv, then make\n"
        "a challenge and its rungs, with your own words, categories and thresholds:\n"
        f"  seeds/challenges.csv       {source},CATEGORY,Its name,What to do.,COUNT,{source},{key},"
        "true,99,trophy,TAG\n"
        f"  seeds/challenge_tiers.csv  {source},BASIC,Basic,1,1,false\n"
        "and look: hedge etl deploy, hedge etl full, "
        f"hedge tiers calibrate {source}. docs/analysts.md goes on from here."
    )
