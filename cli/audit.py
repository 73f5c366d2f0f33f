"""hedge audit: who changed what of boards, seasons, weights, rewards and challenges."""

from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, limit_option
from cli.output import instant, print_json, print_table, say
from hedge import audit as audited
from hedge.audit import DefinitionChange


def audit(
    key: Annotated[
        str | None,
        typer.Argument(metavar="[KEY]", help="A board, a season or a challenge; by default all."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help=f"Only those of a kind: {', '.join(audited.KINDS)}."),
    ] = None,
    limit: Annotated[int, limit_option("How many at most, the newest.")] = 50,
    json: JsonOption = False,
) -> None:
    """Show who changed boards, seasons, weights, rewards and challenges, when, and the difference.

    Challenges change by deploys; the others by commands, the API and its pages.

    Example: hedge audit winter
    Example: hedge audit --kind challenge
    """
    with migrated_connection() as connection:
        found = audited.changes(connection, kind, key, limit=limit)
    if json:
        print_json(found)
    elif not found:
        say("No such change is noted.")
    else:
        print_table(
            ["change", "when (UTC)", "by", "of", "what", "before", "after"],
            [row for one in found for row in _rows(one)],
            right=[0],
        )


def _rows(one: DefinitionChange) -> list[list[object]]:
    """A row for each field that differs; of what was added, one row."""
    what = f"{one.kind} {one.key}" + (f" {one.part}" if one.part else "")
    by = one.changed_by if one.run_id is None else f"deploy {one.run_id}, {one.changed_by}"
    head = [one.change_id, instant(one.changed_at), by, what]
    if one.operation != "changed":
        return [[*head, one.operation, None, None]]
    rows = one.differences
    return [[*(head if place == 0 else [None] * 4), *row] for place, row in enumerate(rows)]
