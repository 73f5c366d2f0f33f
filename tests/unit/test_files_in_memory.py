"""The temporary files of a session are in memory where there is enough of it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import in_memory


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody has named a place, and the default one is a folder of the test."""
    default = tmp_path / "default"
    default.mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(default))
    return default


def test_they_are_there_and_also_those_of_other_processes_until_the_end(
    tmp_path: Path, elsewhere: Path
) -> None:
    with in_memory.temporary_files(tmp_path, 0):
        here = Path(tempfile.gettempdir())
        assert here.parent == tmp_path
        asked = [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"]
        there = Path(subprocess.run(asked, capture_output=True, text=True).stdout.strip())
        assert (there.parent, there.is_dir()) == (here, True)
        assert here.stat().st_mode & 0o777 == 0o777
    assert not here.exists()
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == (str(elsewhere), None)


def test_what_a_killed_session_has_left_is_removed(tmp_path: Path) -> None:
    holds = (
        "import os, pathlib, tests.in_memory\n"
        f"with tests.in_memory.temporary_files(pathlib.Path({str(tmp_path)!r}), 0):\n"
        "    os.abort()"
    )
    ended = subprocess.run([sys.executable, "-c", holds], capture_output=True)
    assert ended.returncode < 0
    (left,) = tmp_path.glob("hedge-tests-*")
    with in_memory.temporary_files(tmp_path, 0):
        assert not left.exists()


@pytest.mark.parametrize("named", [True, False], ids=["TMPDIR names a place", "too little memory"])
def test_they_stay_where_they_are(
    named: bool, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:
        monkeypatch.setenv("TMPDIR", str(elsewhere))
    with in_memory.temporary_files(tmp_path, 0 if named else 1 << 80):
        assert tempfile.gettempdir() == str(elsewhere)
        assert os.environ.get("TMPDIR") == (str(elsewhere) if named else None)
