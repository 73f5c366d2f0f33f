"""hedge catalogue: the boards and seasons that the game begins with."""

import typer

from cli.options import JsonOption
from cli.output import print_json, say
from hedge import catalogue as installed
from hedge import database

app = typer.Typer(help="The boards and seasons that the game begins with.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The boards and seasons that the game begins with."""


@app.command()
def install(json: JsonOption = False) -> None:
    """Make the boards, seasons and weights of the catalogue that are missing.

    What exists stays as it is.

    Example: hedge catalogue install
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        made = installed.install(connection)
    if json:
        print_json(made)
        return
    for name in [*made.seasons, *made.boards]:
        say(f"{name} made")
    if not made.seasons and not made.boards:
        say("The catalogue is installed already.")
