"""hedge settings: every setting with its value and where that came from."""

import os

import typer

from cli.options import JsonOption
from cli.output import complain, print_json, print_table
from hedge import settings


def show(json: JsonOption = False) -> None:
    """List the settings, with secrets masked, and where each value came from. The exit status is 1
    where the service would refuse to start.

    Example: hedge settings
    """
    found, unknown = settings.listed(), settings.unknown(os.environ)
    faults = [fault for one in found for fault in one.faults]
    if json:
        print_json({"settings": found, "faults": faults, "unknown": unknown})
    else:
        print_table(
            ["setting", "value", "from"], [[one.name, one.value, one.source] for one in found]
        )
        for sentence in (*faults, *unknown):
            complain(f"hedge: {sentence}")
    if faults:
        raise typer.Exit(1)
