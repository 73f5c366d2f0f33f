"""A command loads what it needs: how long it takes to begin is counted in modules, because seconds
depend on what else the machine does."""

import subprocess
import sys

import pytest
import typer

from cli.main import app
from tests import PROJECT

OF_SERVICES = {"dbt", "granian", "httpcore", "litestar", "procrastinate", "structlog"}
#: What takes longest to load of what some commands need.
HEAVY = OF_SERVICES | {"jinja2", "regex", "hedge.boards", "hedge.deploying", "hedge.chain"}
#: How many modules a new process has that loads a command, those of Python included. Each command
#: had 708 when it loaded all others.
MOST = {"etl": 530, "progress": 450, "requests": 530, "preview": 564}


def loaded_by(*modules: str) -> list[str]:
    """The modules of a process that loads some."""
    return subprocess.run(
        [sys.executable, "-c", f"import {', '.join(modules)}, sys; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_no_command_loads_a_library_that_only_services_need() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    loaded = loaded_by("cli.main", *{f"cli.{name}" for name in commands if name not in NAMED})
    assert "hedge.queue.requests" in loaded
    assert OF_SERVICES.isdisjoint(loaded)


#: Commands whose modules have other names.
NAMED = {"serve": "service", "worker": "service"}


def test_the_command_line_loads_no_command() -> None:
    loaded = loaded_by("cli.main")
    assert [name for name in loaded if name.startswith("cli.")] == [
        "cli.commands",
        "cli.output",
        "cli.main",
    ]
    assert HEAVY.isdisjoint(loaded)


@pytest.mark.parametrize("command", MOST)
def test_a_command_loads_no_more_than_it_needs(command: str) -> None:
    loaded = loaded_by("cli.main", f"cli.{command}")
    assert len(loaded) <= MOST[command]


def test_a_run_is_begun_without_what_other_commands_need() -> None:
    assert HEAVY.isdisjoint(loaded_by("cli.main", "cli.etl"))
