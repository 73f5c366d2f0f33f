"""hedge etl: bring the SQL live, compute, and look at the runs."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.options import AsOf, JsonOption
from cli.output import print_json, print_table, progress, say
from hedge import database, runs, settings
from hedge.runs import Run

app = typer.Typer(help="Bring the SQL live, compute, and look at the runs.", no_args_is_help=True)

CausedBy = Annotated[
    list[str] | None,
    typer.Option("--caused-by", metavar="ID", help="The request of the API that asked for it."),
]


@app.command()
def deploy(json: JsonOption = False) -> None:
    """Make or update seeds and views, and tables that are missing. After every change of SQL.

    Example: hedge etl deploy
    """
    _show(lambda report: runs.deploy(report), json)


@app.command()
def full(as_of: AsOf = None, caused_by: CausedBy = None, json: JsonOption = False) -> None:
    """Compute everything for every cluster. Daily.

    Example: hedge etl full --as-of 2026-11-01T00:00Z
    """
    _show(lambda report: runs.full(as_of, report, caused_by or ()), json)


@app.command()
def incremental(as_of: AsOf = None, caused_by: CausedBy = None, json: JsonOption = False) -> None:
    """Compute the clusters that something happened to since the last run. Every ten minutes.

    Example: hedge etl incremental
    """
    _show(lambda report: runs.incremental(as_of, report, caused_by or ()), json)


@app.command()
def cluster(
    clusters: Annotated[list[str], typer.Argument(metavar="CLUSTER...")],
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute the named clusters, now.

    Example: hedge etl cluster demo-busy demo-rival
    """
    _show(lambda report: runs.cluster(clusters, as_of, report), json)


@app.command()
def status(
    limit: Annotated[int, typer.Option(min=1, help="How many runs to show.")] = 10,
    json: JsonOption = False,
) -> None:
    """Show the newest runs of the ledger.

    Example: hedge etl status --limit 3
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = runs.ledger(connection, limit)
    if json:
        print_json(found)
        return
    print_table(
        ["run", "kind", "clusters", "as of", "state", "seconds", "rows", "error"],
        [
            [
                run.run_id,
                run.kind,
                "all" if run.scope_size is None else run.scope_size,
                f"{run.as_of:%Y-%m-%d %H:%M:%S}",
                run.state,
                None if run.seconds is None else round(run.seconds, 1),
                sum(model.rows or 0 for model in run.models),
                run.error and run.error.splitlines()[0],
            ]
            for run in found
        ],
        right=[0, 2, 5, 6],
    )


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=1, help="How many days are kept.")] = 90,
    json: JsonOption = False,
) -> None:
    """Drop old rows of the ledger and old rejected rows; the newest runs that count stay.

    Example: hedge etl prune --days 30
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        dropped = runs.prune(connection, days)
    print_json(dropped) if json else say(
        f"{dropped['runs']} runs and {dropped['rejected_rows']} rejected rows dropped"
    )


def _show(run: Callable[..., Run], json: bool) -> None:
    with progress() as report:
        done = run(report)
    if json:
        print_json(done)
        return
    if done.kind == "DEPLOY":
        # a deploy from the wrong folder would otherwise go unnoticed
        scope = f"the definitions of {settings.project()}"
    elif done.scope_size is None:
        scope = "every cluster"
    else:
        scope = "1 cluster" if done.scope_size == 1 else f"{done.scope_size} clusters"
    say(
        f"{done.kind.lower()} run {done.run_id}: {scope} as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC, "
        f"{sum(model.rows or 0 for model in done.models)} rows in {done.seconds:.1f} s"
    )
