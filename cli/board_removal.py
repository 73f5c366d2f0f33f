"""hedge boards remove: a board that nobody wants to see again."""

from typing import Annotated

import typer

from cli.asking import require_yes
from cli.connection import migrated_connection
from cli.output import say
from hedge import board_removal, boards
from hedge.counting import counted


def remove(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The board.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete a board with its runs and entries. A board of the same key begins with nothing.

    To keep what players saw of it, end it instead: hedge boards edit KEY --inactive.

    Example: hedge boards remove miners --yes
    """
    with migrated_connection() as connection:
        boards.board(connection, key)
        question = f"Delete board {key} with its runs and entries?"
        if not yes:
            require_yes(question, f"board {key} was not deleted", does="deletes it")
        gone = board_removal.remove(connection, key)
    entries = counted(gone.board_entries, "entry", "entries")
    say(f"board {key} deleted, with {counted(gone.board_runs, 'run')} and {entries}")
