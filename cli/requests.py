"""hedge requests: what waits for a worker, and what cannot be served."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, limit_option
from cli.output import instant, print_json, print_table, say
from hedge.errors import UsageError
from hedge.queue import requests

app = typer.Typer(help="Requests for runs, which a worker serves.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of a request.")]


@app.command("list")
def list_requests(
    limit: Annotated[int, limit_option("How many at most, oldest first.")] = 100,
    json: JsonOption = False,
) -> None:
    """List the requests that no run has served yet, with the error of their last run.

    A PARKED request is not tried again by itself. The next full or incremental run serves it too.

    Example: hedge requests list
    """
    with migrated_connection() as connection:
        found = requests.unserved(connection, limit=limit)
    if json:
        print_json([dataclasses.asdict(request) for request in found])
    elif not found:
        say("No request waits.")
    else:
        print_table(
            [
                "number",
                "state",
                "kind",
                "cluster",
                "requested (UTC)",
                "failed",
                "next (UTC)",
                "error",
            ],
            [
                [
                    request.request_id,
                    request.state,
                    request.kind,
                    request.cluster_id,
                    instant(request.requested_at),
                    request.attempts,
                    instant(request.next_attempt_at) if request.state == "WAITING" else None,
                    request.error,
                ]
                for request in found
            ],
            right=(0, 5),
        )


@app.command()
def retry(
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="The number of a request.")
    ] = None,
    all_parked: Annotated[bool, typer.Option("--all", help="All that are parked.")] = False,
) -> None:
    """Let a request be tried again at once, with all of its attempts.

    Example: hedge requests retry 1327
    Example: hedge requests retry --all
    """
    if (number is None) is not all_parked:
        raise UsageError("name one request, or all that are parked with --all")
    with migrated_connection() as connection:
        found = requests.retry(connection, number)
    say(f"{len(found)} to be tried again" if all_parked else f"request {number} is tried again")


@app.command()
def drop(number: NumberArgument) -> None:
    """Delete a request that no run shall serve. Nothing else is deleted.

    Example: hedge requests drop 1327
    """
    with migrated_connection() as connection:
        requests.drop(connection, number)
    say(f"request {number} is dropped")
