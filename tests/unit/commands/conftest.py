"""The command `hedge`, called in this process without a database."""

import contextlib
import sys
from collections.abc import Iterator

import pytest

from cli.main import main
from hedge import database
from tests.unit.commands import CONNECTION, Hedge


@pytest.fixture
def hedge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hedge:
    """Runs the command as a person does; returns exit status, output and errors."""

    @contextlib.contextmanager
    def connect() -> Iterator[object]:
        yield CONNECTION

    monkeypatch.setattr(database, "connect", connect)
    monkeypatch.setattr(database, "require_migrated", lambda _: None)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hedge", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run
