"""hedge boards export and apply, hedge seasons export and apply: what lives in the database as
files that are reviewed."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from cli.asking import require_yes
from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import instant, number, print_json, print_table, say
from hedge import catalogue
from hedge.catalogue import Change

To = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write the files into.")]
From = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that has the files.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and end.")]
Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask before what players see the results of changes.")
]


def export_boards(folder: To, json: JsonOption = False) -> None:
    """Write all boards into FOLDER/leaderboard_defs.csv, to keep under version control.

    Example: hedge boards export catalogue
    """
    _export(catalogue.export_boards, folder, json)


def apply_boards(
    folder: From, dry_run: DryRun = False, yes: Yes = False, json: JsonOption = False
) -> None:
    """Make the boards those of FOLDER/leaderboard_defs.csv, after showing what changes.

    Boards that the file does not name become inactive; nothing is deleted. It asks before a board
    with entries is changed. Repeated, it changes nothing.

    Example: hedge boards apply catalogue --dry-run
    """
    _apply(catalogue.plan_boards, catalogue.apply_boards, "board", folder, dry_run, yes, json)


def export_seasons(folder: To, json: JsonOption = False) -> None:
    """Write all seasons into FOLDER/seasons.csv, and their weights into season_weights.csv.

    Example: hedge seasons export catalogue
    """
    _export(catalogue.export_seasons, folder, json)


def apply_seasons(
    folder: From, dry_run: DryRun = False, yes: Yes = False, json: JsonOption = False
) -> None:
    """Make the seasons and weights those of seasons.csv and season_weights.csv in FOLDER, after
    showing what changes.

    Seasons that the file does not name become inactive; nothing is deleted. It asks before a season
    with points is changed. Repeated, it changes nothing.

    Example: hedge seasons apply catalogue --dry-run
    """
    _apply(catalogue.plan_seasons, catalogue.apply_seasons, "season", folder, dry_run, yes, json)


def _export(
    export: Callable[[psycopg.Connection, Path], list[Path]], folder: Path, json: bool
) -> None:
    with migrated_connection() as connection:
        written = [str(file) for file in export(connection, folder)]
    if json:
        print_json({"files": written})
        return
    for file in written:
        say(f"{file} written")


def _apply(
    plan: Callable[[psycopg.Connection, Path], list[Change]],
    apply: Callable[[psycopg.Connection, Path, Sequence[Change]], None],
    what: str,
    folder: Path,
    dry_run: bool,
    yes: bool,
    json: bool,
) -> None:
    with migrated_connection() as connection:
        changes = plan(connection, folder)
        if not json:
            _print_changes(changes, what, folder)
        if changes and not dry_run:
            _confirm(changes, what, yes)
            apply(connection, folder, changes)
    if json:
        print_json({"changes": changes, "applied": bool(changes) and not dry_run})
    elif changes:
        counts = Counter(change.action for change in changes)
        done = ", ".join(
            f"{counts[action]} {action}"
            for action in ("created", "changed", "archived")
            if counts[action]
        )
        say(f"{done}: nothing was written (--dry-run)" if dry_run else done)


def _print_changes(changes: Sequence[Change], what: str, folder: Path) -> None:
    if not changes:
        say(f"Nothing changes: the {what}s are those of {folder}.")
        return
    rows: list[list[object]] = []
    for change in changes:
        if change.action == "created":
            rows.append([change.key, change.action, "name", None, change.name])
        for index, field in enumerate(change.fields):
            is_first = index == 0 and change.action != "created"
            rows.append(
                [
                    change.key if is_first else None,
                    change.action if is_first else None,
                    field.name,
                    _shown(field.before),
                    _shown(field.after),
                ]
            )
    print_table([what, "", "", "before", "after"], rows)


def _shown(value: Any) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant(value)
    return number(value) if isinstance(value, Decimal | int) else value


def _confirm(changes: Sequence[Change], what: str, yes: bool) -> None:
    """Ask before boards with entries, or seasons with points, are changed; UsageError for no."""
    results = {"board": "entries", "season": "points"}[what]
    seen = [one.key for one in changes if one.has_results and one.action != "created"]
    if yes or not seen:
        return
    told = f"{', '.join(seen)}: players see {results} of {'it' if len(seen) == 1 else 'them'}"
    require_yes(f"{told}. Apply this?", f"{told}: nothing was written", does="applies")
