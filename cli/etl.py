"""hedge etl: deploy the SQL, compute, and list the runs."""

from collections.abc import Callable, Sequence
from json import dumps
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import LARGEST_DAYS, AsOf, JsonOption, limit_option, refuse_without_effect
from cli.output import (
    Report,
    complain,
    end_of_run,
    print_json,
    print_result,
    print_table,
    progress,
    say,
)
from cli.undo import undo
from hedge import buckets, pruning, runs, settings
from hedge.counting import counted
from hedge.errors import HedgeError
from hedge.queue import asking
from hedge.runs import Run

app = typer.Typer(help="Deploy the SQL, compute, and list the runs.", no_args_is_help=True)

app.command()(undo)

CausedBy = Annotated[
    list[str] | None,
    typer.Option(
        "--caused-by", metavar="ID", help="The X-Request-Id of the API request behind the run."
    ),
]

NoCompute = Annotated[
    bool,
    typer.Option("--no-compute", help="Compute and check nothing; the run ledger says so."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Deploy although the numbers of many players move.")
]


@app.command()
def deploy(no_compute: NoCompute = False, yes: Yes = False, json: JsonOption = False) -> None:
    """Check the project and put it live. Needed after every change of the SQL.

    Example: hedge etl deploy
    """
    # Only a deploy needs this.
    from hedge import deploying

    _run(lambda report: deploying.deploy(report, compute=not no_compute, confirmed=yes), json)


@app.command()
def full(
    as_of: AsOf = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="How many buckets are computed at once.")
    ] = 1,
    caused_by: CausedBy = None,
    json: JsonOption = False,
) -> None:
    """Compute every cluster, then pass the data tests (not with --as-of). Schedule it daily.

    Example: hedge etl full --as-of 2026-11-01T00:00Z
    """
    if jobs > 1:
        with migrated_connection() as connection:
            if buckets.number(connection) == 1:
                complain(
                    f"{jobs} jobs have no effect, because the clusters are not divided: "
                    "hedge db buckets N divides them"
                )
    _decode()
    _run(
        lambda report: runs.full(as_of, report, caused_by or (), jobs),
        json,
        # The rows of a run as of the past are older than those of the runs after it.
        then=None if as_of else _pass_data_tests,
    )


@app.command("test")
def show_data_tests(json: JsonOption = False) -> None:
    """Pass dbt's data tests over the live tables, as a full run does at its end.

    Exits with 1 where one finds what must not be.

    Example: hedge etl test
    """
    with progress() as report:
        found = runs.pass_data_tests(report)
    if json:
        print_json(found)
    else:
        print_table(
            ["data test", "state", "rows", "seconds", "the first row, or the error"],
            [
                [
                    one.name,
                    one.state,
                    one.failures,
                    one.seconds,
                    one.message or (one.sample and dumps(one.sample[0])) or None,
                ]
                for one in found
            ],
            right=[2, 3],
        )
    if runs.faults_of(found):
        raise typer.Exit(1)


@app.command()
def incremental(as_of: AsOf = None, caused_by: CausedBy = None, json: JsonOption = False) -> None:
    """Compute the clusters that changed since the last run. Schedule it every ten minutes.

    Example: hedge etl incremental
    """
    _decode()
    _run(lambda report: runs.incremental(as_of, report, caused_by or ()), json)


@app.command()
def cluster(
    clusters: Annotated[list[str], typer.Argument(metavar="CLUSTER...")],
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Compute the named clusters now. A worker does it where one is alive, since it has dbt loaded.

    Example: hedge etl cluster demo-busy demo-rival
    """

    def compute(report: Report) -> Run:
        if as_of is None:
            with migrated_connection() as connection:
                if done := asking.compute(connection, clusters, _tell_of_worker):
                    return done
        return runs.cluster(clusters, as_of, report)

    _run(compute, json)


@app.command()
def status(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="[RUN]", help="The number of one run.")
    ] = None,
    limit: Annotated[int, limit_option("The number of runs to list.")] = 10,
    json: JsonOption = False,
) -> None:
    """List the newest runs of the run ledger, or show one with its tables and its whole error.

    Example: hedge etl status --limit 3
    Example: hedge etl status 17
    """
    if number is not None:
        refuse_without_effect(context, "with the number of a run", "--limit")
        _show(number, json)
        return
    with migrated_connection() as connection:
        found = runs.ledger(connection, limit)
    if json:
        print_json(found)
        return
    if not found:
        say("There is no run yet: hedge etl deploy, and then hedge etl full.")
        return
    _print_runs(found)


def _show(number: int, json: bool) -> None:
    """Show one run: its row of the list, what it did with each table, and all of its error."""
    with migrated_connection() as connection:
        run = runs.run_of_number(connection, number)
    if json:
        print_json(run)
        return
    _print_runs([run])
    if run.models:
        say("")
        print_table(
            ["table", "state", "seconds", "rows"],
            [[model.name, model.state, model.seconds, model.rows] for model in run.models],
            right=[2, 3],
        )
    if run.error and "\n" in run.error:
        say(f"\n{run.error}")


def _print_runs(found: Sequence[Run]) -> None:
    print_table(
        ["run", "kind", "clusters", "as of", "state", "seconds", "rows", "error or note"],
        [
            [
                run.run_id,
                run.kind,
                "all" if run.scope_size is None else run.scope_size,
                f"{run.as_of:%Y-%m-%d %H:%M:%S}",
                run.state,
                None if run.seconds is None else round(run.seconds, 1),
                sum(model.rows or 0 for model in run.models),
                run.error.splitlines()[0] if run.error else run.note,
            ]
            for run in found
        ],
        right=[0, 2, 5, 6],
    )


@app.command()
def prune(
    days: Annotated[
        int, typer.Option(min=1, max=LARGEST_DAYS, help="The number of days of rows to keep.")
    ] = pruning.KEPT_DAYS,
    board_runs: Annotated[
        int, typer.Option(min=0, help="The number of runs of each board to keep.")
    ] = pruning.KEPT_BOARD_RUNS,
    json: JsonOption = False,
) -> None:
    """Delete old runs, rejected rows, events, definitions, environments, board runs, jobs of the
    queue, backfills and reorganizations, as a worker does each night. Schedule it where there is
    none.

    Events are kept for 30 days at most. The newest runs, which an incremental run starts from, and
    the ten definitions that were live last, which an undo can go back to, are kept.

    Example: hedge etl prune --days 30
    """
    with migrated_connection() as connection:
        dropped = pruning.prune(connection, days, board_runs)
    sentence = (
        f"{dropped['runs']} runs, {dropped['rejected_rows']} rejected rows, {dropped['events']} "
        f"events, {dropped['board_runs']} board runs, {dropped['jobs']} jobs, "
        f"{dropped['chain_records']} records of chains and the files of "
        f"{dropped['projects']} definitions dropped"
    )
    if dropped["environments"]:
        sentence += f", and the environments {', '.join(dropped['environments'])}"
    print_result(dropped, sentence, as_json=json)


def _tell_of_worker(sentence: str) -> None:
    """Say why no worker does what was asked; the result is what is printed."""
    complain(f"hedge: {sentence}")


def _decode() -> None:
    """Decode what followers have stored; runs of named clusters need no decoder."""
    from hedge.chain.decoding import decode_before_a_run

    decode_before_a_run()


def _pass_data_tests(report: Report) -> None:
    """Pass the data tests and say which find something. The run has succeeded all the same."""
    try:
        faults = runs.faults_of(runs.pass_data_tests(report))
    except HedgeError as error:
        faults = str(error)
    if faults:
        complain(f"hedge: {faults}; hedge etl test shows the rows")


def _run(
    run: Callable[[Report], Run], json: bool, then: Callable[[Report], None] | None = None
) -> None:
    """Run, do what comes then, and print what was computed."""
    with progress() as report:
        done = run(report)
        if then:
            then(report)
    if json:
        print_json(done)
        end_of_run(done)
        return
    if done.kind == "DEPLOY":
        # A deploy of the project of another folder would otherwise go unnoticed.
        scope = f"the definitions of {settings.project()}"
    elif done.scope_size is None:
        scope = "every cluster"
    else:
        scope = counted(done.scope_size, "cluster")
    say(
        f"{done.kind.lower()} run {done.run_id}: {scope} as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC, "
        f"{sum(model.rows or 0 for model in done.models)} rows in {done.seconds:.1f} s"
        + (f", {done.note}" if done.note else "")
    )
    end_of_run(done)
