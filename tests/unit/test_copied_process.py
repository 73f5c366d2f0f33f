"""Work in a copy of this process (hedge.copied_process)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from hedge import copied_process
from hedge.errors import HedgeError, RunFailed
from tests.support.processes import is_alive, wait_until

#: Begins work that takes a minute in a copy, and is in the block meanwhile.
PARENT = """
import os, pathlib, sys, time
from hedge import copied_process
def work():
    pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(60)
with copied_process.working(work):
    time.sleep(60)
"""


def test_the_result_of_the_copy_comes_back() -> None:
    loaded = {"loaded": "before"}
    with copied_process.working(lambda: (os.getpid(), loaded["loaded"])) as result:
        loaded["loaded"] = "changed since"
        process, seen = result()
    assert process != os.getpid()
    assert seen == "before"


def test_both_work_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the file that the other writes."""

    def write_and_wait(own: str, other: str) -> bool:
        (tmp_path / own).touch()
        wait_until((tmp_path / other).exists)
        return True

    with copied_process.working(lambda: write_and_wait("copy", "original")) as result:
        assert write_and_wait("original", "copy")
        assert result()


def test_an_error_of_the_copy_is_raised_here_as_it_was() -> None:
    def fail() -> NoReturn:
        raise RunFailed("onchain_pvp failed: division by zero", ["22012"], 7)

    with (
        pytest.raises(RunFailed, match=r"^onchain_pvp failed: division by zero$") as raised,
        copied_process.working(fail) as result,
    ):
        result()
    assert raised.value.is_of_data
    assert raised.value.run_id == 7


def test_a_copy_that_is_killed_is_an_error_and_no_endless_wait() -> None:
    with (
        pytest.raises(HedgeError, match="ended with status -9 before its work was done"),
        copied_process.working(lambda: os.kill(os.getpid(), signal.SIGKILL)) as result,
    ):
        result()


def test_a_copy_ends_with_the_block(tmp_path: Path) -> None:
    said = tmp_path / "said"

    def work() -> None:
        said.write_text(str(os.getpid()))
        time.sleep(60)

    with copied_process.working(work):
        wait_until(lambda: said.exists() and said.read_text())
    assert not psutil.pid_exists(int(said.read_text()))


def test_a_copy_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(said)]) as parent:
        wait_until(lambda: said.exists() and said.read_text())
        parent.kill()
    copy = int(said.read_text())
    wait_until(lambda: not is_alive(copy))
