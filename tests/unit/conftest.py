"""A project to edit, where there is no database."""

from pathlib import Path

import pytest

from tests.support import copy_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited. There is no database."""
    copy_project(tmp_path)
    monkeypatch.setenv("HEDGE_PROJECT", str(tmp_path))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    return tmp_path
