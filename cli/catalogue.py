"""hedge catalogue: the boards and seasons that come with Hedge."""

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import print_json, say
from hedge import catalogue as installed

app = typer.Typer(help="The boards and seasons that come with Hedge.", no_args_is_help=True)


# With a callback `install` stays a command of its own; typer runs a single command as the group.
@app.callback()
def catalogue() -> None:
    """The boards and seasons that come with Hedge."""


@app.command()
def install(json: JsonOption = False) -> None:
    """Create the boards, seasons and weights of the catalogue that are missing.

    Boards and seasons that exist are not changed.

    Example: hedge catalogue install
    """
    with migrated_connection() as connection:
        created = installed.install(connection)
    if json:
        print_json(created)
        return
    for name in [*created.seasons, *created.boards]:
        say(f"{name} created")
    if not created.seasons and not created.boards:
        say("The catalogue is installed already.")
