"""A process that is told to stop says so, whatever a library makes of it."""

import os
import signal
import time

import pytest

from hedge.stopping import Stopped, signals_stop

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
