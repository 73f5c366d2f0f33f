"""hedge init: an editable copy of the dbt project."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import print_json, say
from hedge.project import template
from hedge.project.template import TO_MERGE, Created, Updated

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="The folder to write to; by default the current one.",
        show_default=False,
    ),
]
Update = Annotated[
    bool,
    typer.Option(
        "--update",
        help="Update an older project to this version of Hedge; files that you changed are kept.",
    ),
]


def init(folder: Folder = Path(), update: Update = False, json: JsonOption = False) -> None:
    """Write a dbt project to edit: models, macros, seeds, tests and an example for CI.

    Commands that read edits (new, preview, etl deploy) use HEDGE_PROJECT, else
    the project in the current folder or above it, else that of the package.

    Example: hedge init my-game
    """
    folder = folder.expanduser().resolve()
    if update:
        updated = template.update(folder)
        print_json(updated) if json else _print_update(updated)
    else:
        created = template.create(folder)
        print_json(created) if json else _print_created(created)


def _print_created(created: Created) -> None:
    say(f"{len(created.files)} files of Hedge {created.version} are in {created.folder}.")
    if Path(created.folder) != Path.cwd():
        say(f"Next:  cd {created.folder}")
        say("       hedge demo            a demo world, if the database has no facts yet")
    else:
        say("Next:  hedge demo            a demo world, if the database has no facts yet")
    say("       edit seeds/challenge_tiers.csv or a model in models/metrics")
    say("       hedge preview         what the edit would change, and for whom")
    say("       hedge etl deploy      build the edited definitions, then hedge etl full")


def _print_update(updated: Updated) -> None:
    for label, paths in (
        ("written", updated.written),
        ("deleted, because Hedge no longer has it", updated.deleted),
        ("kept, though Hedge no longer has it, because you changed it", updated.kept),
        (f"to merge with the file with the suffix {TO_MERGE} beside it", updated.to_merge),
    ):
        for path in paths:
            say(f"{path}: {label}")
    changed = updated.written or updated.deleted or updated.kept
    if updated.to_merge:
        say(
            f"{updated.folder}: merge {len(updated.to_merge)} files by hand, and delete those with "
            "the suffix; until then, hedge preview and hedge etl deploy refuse the project"
        )
    elif changed or updated.version_before != updated.version:
        say(f"{updated.folder} is a project for Hedge {updated.version} now.")
        say("Next:  hedge preview, hedge etl deploy, hedge etl full")
    else:
        say(f"{updated.folder} is a project for Hedge {updated.version} already.")
