"""hedge webhooks: addresses to which a worker sends events."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, limit_option
from cli.output import instant, print_json, print_result, print_table, say
from hedge import webhooks
from hedge.errors import UsageError

app = typer.Typer(help="Webhooks: addresses to which a worker sends events.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of a webhook.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="An https address.")],
    event_type: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="A type of event; without it, all."),
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    json: JsonOption = False,
) -> None:
    """Make a webhook, which gets the events that are told from now on.

    The secret that signs what is sent is printed once.

    Example: hedge webhooks add https://example.org/hook --type tier.reached
    """
    with migrated_connection() as connection:
        number, secret = webhooks.create(connection, url, description or "", event_type or None)
    print_result(
        {"webhook_id": number, "secret": secret},
        f"webhook {number} is made; its secret, which is not shown again: {secret}",
        as_json=json,
    )


@app.command("list")
def list_webhooks(json: JsonOption = False) -> None:
    """List the webhooks, with how many events wait, have arrived, and were given up.

    Example: hedge webhooks list
    """
    with migrated_connection() as connection:
        found = webhooks.listed(connection)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("There is no webhook.")
    else:
        print_table(
            ["number", "address", "types", "waiting", "arrived", "given up", "last error"],
            [
                [
                    one.webhook_id,
                    one.url,
                    ", ".join(one.event_types or ["all"]),
                    one.waiting,
                    one.delivered,
                    one.failed,
                    one.last_error,
                ]
                for one in found
            ],
            right=(0, 3, 4, 5),
        )


@app.command()
def remove(number: NumberArgument) -> None:
    """Delete a webhook with its deliveries.

    Example: hedge webhooks remove 3
    """
    with migrated_connection() as connection:
        webhooks.remove(connection, number)
    say(f"webhook {number} is removed")


@app.command()
def deliveries(
    number: NumberArgument,
    failed: Annotated[bool, typer.Option("--failed", help="Only those given up.")] = False,
    limit: Annotated[int, limit_option("How many at most, newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """List what was sent to a webhook and what waits.

    Example: hedge webhooks deliveries 3 --failed
    """
    with migrated_connection() as connection:
        found = webhooks.deliveries(connection, number, "FAILED" if failed else None, limit=limit)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("Nothing was sent.")
    else:
        print_table(
            ["delivery", "event", "type", "state", "attempts", "next (UTC)", "answer", "error"],
            [
                [
                    one.delivery_id,
                    one.event_id,
                    one.event_type,
                    one.state,
                    one.attempts,
                    instant(one.next_attempt_at) if one.state == "WAITING" else None,
                    one.http_status,
                    one.error,
                ]
                for one in found
            ],
            right=(0, 1, 4, 6),
        )


@app.command()
def replay(
    number: NumberArgument,
    delivery: Annotated[
        list[int] | None, typer.Argument(metavar="DELIVERY", help="Numbers of deliveries.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that were given up.")] = False,
) -> None:
    """Have events sent to a webhook again, also those that have arrived.

    Example: hedge webhooks replay 3 1041
    Example: hedge webhooks replay 3 --failed
    """
    if bool(delivery) is failed:
        raise UsageError("name deliveries, or all that were given up with --failed")
    with migrated_connection() as connection:
        found = webhooks.replay(connection, number, delivery or None)
    say(f"{len(found)} to be sent again")
