"""The commands of the command line, as Typer has made them."""

from functools import cache
from typing import Any

import typer

from cli.main import app


@cache
def commands_and_groups() -> dict[tuple[str, ...], Any]:
    """Each command and group by its path, of which that of `hedge` itself is empty."""
    found: dict[tuple[str, ...], Any] = {(): typer.main.get_command(app)}
    below = [()]
    for path in below:
        for name, child in getattr(found[path], "commands", {}).items():
            found[*path, name] = child
            below.append((*path, name))
    return found


@cache
def commands() -> dict[tuple[str, ...], Any]:
    """Each command by its path."""
    return {
        path: command
        for path, command in commands_and_groups().items()
        if not hasattr(command, "commands")
    }
