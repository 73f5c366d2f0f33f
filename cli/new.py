"""hedge new: scaffolds of files to edit."""

from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import print_json, say
from hedge import database
from hedge.analysis.scaffold import NewMetricSource, new_metric_source

app = typer.Typer(help="Scaffolds of files to edit.", no_args_is_help=True)


# With a callback `metric-source` stays a command of its own; typer runs a single command as the
# group.
@app.callback()
def new() -> None:
    """Scaffolds of files to edit."""


@app.command("metric-source")
def metric_source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, in snake_case.")],
    table: Annotated[
        str, typer.Option(metavar="TABLE", help="The raw table whose facts it counts.")
    ],
    json: JsonOption = False,
) -> None:
    """Write a metric source that counts the facts of a raw table, as a start for editing.

    It writes the model, its YAML with a unit test that passes, its name in dbt_project.yml and its
    row in seeds/metrics.csv.

    Example: hedge new metric-source guild_raids --table hunting_encounters
    """
    with database.connect() as connection:
        written = new_metric_source(connection, name, table)
    print_json(written) if json else _show(written)


def _show(written: NewMetricSource) -> None:
    source, key = written.metric_source, written.metric_key
    say(f"{source} counts {written.reads} as {key}. Written:")
    for file in written.files:
        say(f"  {file}")
    say(f"Columns to filter and count by: {', '.join(written.columns) or 'none'}.")
    say(
        "Next: define what counts in the model, its YAML and its row of seeds/metrics.csv, then add"
        "\na challenge and its tiers, with your own words, category and thresholds:\n"
        f"  seeds/challenges.csv       {source},CATEGORY,Its name,What to do.,COUNT,{source},{key},"
        "true,99,trophy,TAG\n"
        f"  seeds/challenge_tiers.csv  {source},BASIC,Basic,1,1,false\n"
        "Then: hedge etl deploy, hedge etl full, "
        f"hedge tiers calibrate {source}. docs/analysts.md describes the next steps."
    )
