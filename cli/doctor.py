"""hedge doctor: what is wrong with the database, and what to do."""

from typing import Annotated

import typer

from cli.options import JsonOption, refuse_without_effect
from cli.output import print_json, print_table, progress, say
from hedge import database
from hedge import doctor as doctors
from hedge.errors import listed


def doctor(
    context: typer.Context,
    checks: Annotated[
        list[str] | None, typer.Argument(metavar="[CHECK]...", help="Only these checks.")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many clusters are computed anew.")
    ] = 20,
    show_list: Annotated[bool, typer.Option("--list", help="List the checks.")] = False,
    json: JsonOption = False,
) -> None:
    """Check the database: what is wrong with it, and what to do. Nothing that is live is changed.

    The exit status is 1 where something is wrong. What could not be checked is no failure.

    Example: hedge doctor
    Example: hedge doctor marts --sample 200
    Example: hedge doctor --list
    """
    chosen = doctors.chosen(checks or [])
    if show_list:
        refuse_without_effect(context, "with --list", "--sample")
        rows = [{"name": check.name, "looks_at": check.looks_at} for check in chosen]
        if json:
            print_json(rows)
        else:
            print_table(["check", "looks at"], [list(row.values()) for row in rows])
        return
    if not any(check.takes_sample for check in chosen):
        takers = [check.name for check in doctors.chosen([]) if check.takes_sample]
        refuse_without_effect(context, f"without the check {' or '.join(takers)}", "--sample")
    with database.connect() as connection, progress() as report:
        results = doctors.examine(connection, checks or [], sample=sample, report=report)
    if json:
        print_json(results)
    else:
        for result in results:
            _say(result)
    if any(result.state == "WRONG" for result in results):
        raise typer.Exit(1)


def _say(result: doctors.Result) -> None:
    say(f"{result.state:<12} {result.name}: {result.looks_at}")
    for sentence in listed(result.findings):
        say(f"{'':<12} {sentence}")
    if result.state == "WRONG":
        say(f"{'':<12} what to do: {result.cure}")
