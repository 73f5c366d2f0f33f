"""Temporary folders: removed by the process that made them, or by the next one that needs some."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedge import temporary_folders

#: Makes a folder, says which, and waits.
HOLDS_ONE = """
import sys
from hedge import temporary_folders
with temporary_folders.folder("left-") as made:
    print(made, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def other() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process, and the folder that it has made."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_a_folder_is_removed_at_its_end_also_after_an_error() -> None:
    def fail() -> None:
        with temporary_folders.folder("mine-") as made:
            found.append(made)
            (made / "file").write_text("text")
            raise ZeroDivisionError

    found: list[Path] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert found[0].name.startswith("mine-")
    assert not found[0].exists()


def test_what_a_killed_process_has_left_is_ended_and_removed_and_nothing_else(
    other: tuple[subprocess.Popen[str], Path], temporary: Path
) -> None:
    process, left = other
    for name in ("left-by-hand", "of-others-1"):
        (temporary / name).mkdir()
    (temporary / "of-others-1" / temporary_folders.IN_USE).touch()
    (temporary / "left-link").symlink_to(left)
    ended: list[Path] = []
    with temporary_folders.folder("left-", ended.append):
        # it is in use
        assert left.is_dir()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert left.is_dir()
    with temporary_folders.folder("left-", ended.append) as made:
        assert not left.exists()
        assert made.is_dir()
    assert ended == [left]
    assert {one.name for one in temporary.iterdir()} == {
        "left-by-hand",
        "of-others-1",
        "left-link",
    }


def test_one_that_cannot_be_ended_stays_and_is_named(
    temporary: Path, caplog: pytest.LogCaptureFixture
) -> None:
    left = temporary / "left-1"
    left.mkdir()
    (left / temporary_folders.IN_USE).touch()

    def end(folder: Path) -> None:
        raise PermissionError("not yours")

    with temporary_folders.folder("left-", end):
        pass
    assert left.is_dir()
    assert "left-1 is in use by nobody and stays: not yours" in caplog.text
