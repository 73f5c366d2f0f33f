"""What shells ask of the command: completion, suggestions, and no colours where none are wanted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests import PROJECT

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("hedge bo", {"boards"}),
        ("hedge boards ex", {"export"}),
        ("hedge boards show --li", {"--limit"}),
        ("hedge boards zz", set()),
    ],
)
def test_a_shell_completes_commands_and_options(words: str, completed: set[str]) -> None:
    found = CliRunner().invoke(
        app,
        prog_name="hedge",
        env={
            "_HEDGE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
    )
    assert set(found.stdout.split()) == completed


def test_completion_is_installed_for_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    told = CliRunner().invoke(app, ["--install-completion", "bash"], prog_name="hedge")
    assert told.exit_code == 0, told.output
    (script,) = tmp_path.glob("**/hedge.sh")
    assert "_HEDGE_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()


@pytest.mark.parametrize(
    ("typed", "meant"), [(["etll"], "etl"), (["boards", "lst"], "list"), (["etl", "ful"], "full")]
)
def test_a_command_that_is_mistyped_is_suggested(typed: list[str], meant: str) -> None:
    found = CliRunner().invoke(app, typed, prog_name="hedge")
    assert found.exit_code == 2
    assert f"Did you mean '{meant}'?" in found.output


@pytest.mark.parametrize("forbidden", [True, False])
def test_no_colour_is_written_where_none_is_wanted(forbidden: bool) -> None:
    code = (
        "from cli.output import console, errors;"
        "console.print('[green]good[/]'); errors.print('[red]bad[/]')"
    )
    written = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={"FORCE_COLOR": "1", "TERM": "xterm-256color", "PATH": "/usr/bin"}
        | ({"NO_COLOR": "1"} if forbidden else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    for text in (written.stdout, written.stderr):
        assert bool(COLOUR.search(text)) != forbidden
