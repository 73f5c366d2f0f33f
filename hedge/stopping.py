"""The end of a process: SIGTERM as an exception, so that a command that is told to stop puts in
order what it began, and an end without a search for garbage."""

import contextlib
import gc
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Stopped(KeyboardInterrupt):
    """The process was told to stop by SIGTERM; whatever ends properly after ctrl-c does so, too."""

    #: What a shell reports of a process that SIGTERM has ended.
    exit_status = 128 + signal.SIGTERM


@contextlib.contextmanager
def sigterm_stops() -> Iterator[None]:
    """Raise Stopped in the block when the process gets SIGTERM; it leaves the block as Stopped
    also where a library has made an exit of it."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may say what a signal does.
        yield
        return
    stops: list[Stopped] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stops.append(Stopped("stopped by SIGTERM"))
        raise stops[-1]

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except SystemExit:
        if stops:
            raise stops[0] from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def end_without_garbage_collection() -> None:
    """Let the process that is about to end do so soon: Python would look for garbage in all that
    dbt has loaded, which takes a second."""
    gc.freeze()
