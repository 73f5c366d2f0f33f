"""Processes that end with the one that started them, and the worker that is kept running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cli import supervision
from hedge import child_processes
from tests.support.processes import is_alive, wait_until

#: Watches its parent, and says who it is. It ends only by a signal.
CHILD = """
import os, pathlib, sys, time
from hedge import child_processes
child_processes.end_with_parent()
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {'PARENT_PROCESS_OF_HEDGE' in os.environ}")
time.sleep(60)
"""
#: Starts such a child, and does nothing more.
PARENT = """
import subprocess, sys, time
from hedge import child_processes
command = [sys.executable, "-c", sys.argv[2], sys.argv[1]]
subprocess.Popen(command, env=child_processes.environment())
time.sleep(60)
"""
#: The same with multiprocessing, as granian does it.
PARENT_OF_A_FORK = """
import multiprocessing, sys, time
process = multiprocessing.get_context("fork").Process(target=exec, args=[sys.argv[2]])
process.start()
time.sleep(60)
"""


@pytest.mark.parametrize("parent", [PARENT, PARENT_OF_A_FORK], ids=["child", "fork"])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, parent: str) -> None:
    said = tmp_path / "said"
    with subprocess.Popen([sys.executable, "-c", parent, str(said), CHILD]) as process:
        wait_until(lambda: said.exists() and said.read_text())
        child, has_variable = said.read_text().split()
        # a child of the child has another parent
        assert has_variable == "False"
        time.sleep(2 * child_processes.PAUSE)
        assert is_alive(int(child))
        process.kill()
    wait_until(lambda: not is_alive(int(child)))


def test_a_child_that_does_not_end_by_itself_is_ended(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + CHILD.replace(
        "child_processes.end", "child_processes.GRACE = 0.1; child_processes.end"
    )
    said = tmp_path / "said"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(said), stubborn]) as process:
        wait_until(lambda: said.exists() and said.read_text())
        process.kill()
    child = int(said.read_text().split()[0])
    wait_until(lambda: not is_alive(child))


def test_a_process_that_no_process_of_hedge_started_watches_nobody(tmp_path: Path) -> None:
    said = tmp_path / "said"
    without = PARENT.replace(", env=child_processes.environment()", "")
    with subprocess.Popen([sys.executable, "-c", without, str(said), CHILD]) as process:
        wait_until(lambda: said.exists() and said.read_text())
        child = int(said.read_text().split()[0])
        process.kill()
    time.sleep(3 * child_processes.PAUSE)
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


def test_a_worker_that_ends_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starts = tmp_path / "starts"
    # The first two end at once, the third one stays.
    code = (
        "import sys, time; file = open(sys.argv[1], 'a+'); file.write('x'); file.flush();"
        "file.seek(0); time.sleep(60) if len(file.read()) > 2 else sys.exit(7)"
    )
    monkeypatch.setattr(supervision, "COMMAND", (sys.executable, "-c", code, str(starts)))
    monkeypatch.setattr(supervision, "PAUSE", 0.05)
    with supervision.worker_process():
        wait_until(lambda: starts.exists() and len(starts.read_text()) == 3)
        # the server of the tests is a child, too
        (running,) = (
            child for child in psutil.Process().children() if str(starts) in child.cmdline()
        )
    assert not is_alive(running.pid)
    printed = capsys.readouterr().out
    assert printed.count("the worker ended and is started again") == 2
    assert "pause=0.1" in printed
    assert "pause=0.2" in printed
    assert "status=7" in printed


def test_no_worker_is_started_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "COMMAND", ("no-such-program",))
    with supervision.worker_process(False):
        pass
    with pytest.raises(FileNotFoundError), supervision.worker_process():
        pass
