"""hedge seeds: the lists and ladders of the project."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import complain, print_json, say
from hedge import kept_files, settings
from hedge.errors import UsageError
from hedge.project import seed_checks, seed_format
from hedge.project.seed_format import Formatted
from hedge.suggestions import did_you_mean

app = typer.Typer(help="The lists and ladders of the project.", no_args_is_help=True)


# With a callback `check` stays a command of its own; typer runs a single command as the group.
@app.callback()
def seeds() -> None:
    """The lists and ladders of the project."""


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE...]", help="Seeds or their files; by default all seeds."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check the seeds of the project: form, headers, values, keys and references.

    It reads files only; hedge preview and hedge etl deploy begin with the same checks. The exit
    status is 1 where there is a fault.

    Example: hedge seeds check seeds/metrics.csv
    """
    project = settings.project()
    known = seed_checks.seed_names(project)
    chosen = {_seed(name, known) for name in names or ()}
    found = seed_checks.faults(project)
    if names:
        found = [fault for fault in found if Path(fault.file).stem in chosen]
    if json:
        print_json(found)
    else:
        for line in seed_checks.listed(found):
            complain(line)
    if found:
        raise typer.Exit(1)
    if not json:
        what = ", ".join(sorted(chosen)) if names else f"the {len(known)} seeds"
        say(f"{what} of {project}: no fault")


@app.command("format")
def format_(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE...]", help="Seeds or their files; by default all seeds."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")
    ] = False,
) -> None:
    """Rewrite seeds that a spreadsheet has saved, where only one thing can be meant.

    What cannot be read with certainty stays as it is, and is printed as by hedge seeds check; the
    exit status is 1 then.

    Example: hedge seeds format --dry-run
    """
    project = settings.project()
    known = seed_checks.seed_names(project)
    chosen = [_seed(name, known) for name in names or ()]
    found = list(seed_format.formatted(project, chosen))
    for one in found:
        say(f"{one.file}: {'; '.join(one.changes)}")
        if dry_run:
            say("".join(_difference(one)).rstrip("\n"))
        else:
            kept_files.write(one.path.resolve(), one.content)
    if not found:
        say("nothing to rewrite")
    if dry_run:
        return
    left = [
        fault
        for fault in seed_checks.faults(project)
        if not chosen or Path(fault.file).stem in chosen
    ]
    for line in seed_checks.listed(left):
        complain(line)
    if left:
        raise typer.Exit(1)


def _difference(one: Formatted) -> Iterator[str]:
    """The lines of a seed that change, as a unified difference."""
    return difflib.unified_diff(
        one.before.splitlines(keepends=True),
        one.after.splitlines(keepends=True),
        one.file,
        one.file,
        n=0,
    )


def _seed(name: str, known: dict[str, Path]) -> str:
    """The seed that a name or path stands for; a UsageError for an unknown one."""
    seed = Path(name).name.removesuffix(".csv")
    path = Path(name)
    if seed not in known:
        raise UsageError(f"the project has no seed {name}{did_you_mean(seed, known)}")
    if path.is_file() and not path.samefile(known[seed]):
        raise UsageError(f"{name} is not the file of the seed {seed}, which is {known[seed]}")
    return seed
