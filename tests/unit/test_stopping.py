"""A process that is told to stop says so, whatever a library makes of it."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from hedge import stopping
from hedge.stopping import Stopped, signals_stop
from tests import PROJECT

SIGNALS = [
    (signal.SIGTERM, "stopped by SIGTERM", 143),
    (signal.SIGINT, "interrupted", 130),
]


def read_a_file(number: signal.Signals, error: BaseException | None) -> None:
    """A library that gets a signal while it reads, and raises an error of its own."""
    try:
        os.kill(os.getpid(), number)
        time.sleep(5)
    except BaseException:
        if error is None:
            raise
        raise error from None


@pytest.mark.parametrize(("number", "sentence", "status"), SIGNALS)
@pytest.mark.parametrize("error", [None, SystemExit(1), ValueError("a damaged file")])
def test_a_signal_leaves_the_block_as_a_stop(
    number: signal.Signals, sentence: str, status: int, error: BaseException | None
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, signals_stop():
        read_a_file(number, error)
    assert (str(stopped.value), stopped.value.exit_status) == (sentence, status)
    assert signal.getsignal(number) == before


def test_a_command_that_serves_until_ctrl_c_ends_well() -> None:
    with pytest.raises(SystemExit) as ended, signals_stop():
        read_a_file(signal.SIGINT, SystemExit(0))
    assert ended.value.code == 0
    with pytest.raises(Stopped), signals_stop():
        read_a_file(signal.SIGTERM, SystemExit(0))


def test_other_errors_leave_the_block_as_they_are() -> None:
    with pytest.raises(ValueError, match="a damaged file"), signals_stop():
        raise ValueError("a damaged file")


def test_a_process_of_the_background_ignores_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals_stop():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


#: What ends for nobody, and has started a process that does not either.
OBSTINATE = """
import subprocess, sys, time
from hedge import stopping

stopping.LONGEST = 0.3
with stopping.signals_stop():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    while True:
        try:
            print(child.pid, flush=True)
            time.sleep(600)
        except BaseException:
            pass
"""


def test_a_process_that_does_not_end_is_ended_with_what_it_has_started() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OBSTINATE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as process:
        child = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 143
        assert process.stderr.read() == (
            "hedge: stopped by SIGTERM; what was in hand did not end in 0 s\n"
        )
        child.wait(timeout=20)


def be_told() -> None:
    """Get a signal, and wait until the thread that reads it from a pipe has done so."""
    try:
        read_a_file(signal.SIGTERM, None)
    finally:
        deadline = time.monotonic() + 10
        while not stopping.is_told():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_process_that_ends_in_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "LONGEST", 0.1)
    ended: list[int] = []
    monkeypatch.setattr(stopping, "_end", ended.append)
    before = signal.set_wakeup_fd(-1)
    with pytest.raises(Stopped), signals_stop():
        be_told()
    # another block in this process, and what keeps a worker running, begin anew
    assert not stopping.is_told()
    assert signal.set_wakeup_fd(before) == -1
    assert "stopping" not in {each.name for each in threading.enumerate()}
    time.sleep(0.2)
    assert ended == []
