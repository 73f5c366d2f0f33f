"""hedge seeds: the lists and ladders of the project."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import complain, print_json, say
from hedge import settings
from hedge.errors import UsageError
from hedge.project import seed_checks
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


def _seed(name: str, known: dict[str, Path]) -> str:
    """The seed that a name or path stands for; a UsageError for an unknown one."""
    seed = Path(name).name.removesuffix(".csv")
    path = Path(name)
    if seed not in known:
        raise UsageError(f"the project has no seed {name}{did_you_mean(seed, known)}")
    if path.is_file() and not path.samefile(known[seed]):
        raise UsageError(f"{name} is not the file of the seed {seed}, which is {known[seed]}")
    return seed
