"""The end of a process: signals as exceptions, so that a command that is told to stop puts in
order what it began, and an end without a search for garbage."""

import contextlib
import gc
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Stopped(KeyboardInterrupt):
    """The process was told to stop by a signal; whatever ends properly after ctrl-c does so, too.

    exit_status is what a shell reports of a process that the signal has ended.
    """

    def __init__(self, sentence: str, number: int = signal.SIGTERM) -> None:
        """Keep the number of the signal beside the sentence."""
        super().__init__(sentence)
        self.exit_status = 128 + number


#: What a person reads of a process that a signal has ended.
_SENTENCES = {signal.SIGTERM: "stopped by SIGTERM", signal.SIGINT: "interrupted"}


@contextlib.contextmanager
def signals_stop() -> Iterator[None]:
    """Raise Stopped in the block when the process gets SIGTERM or SIGINT. It leaves the block as
    Stopped also where a library has made an exit or an error of it: some catch everything while
    they read a file, and report that the file is damaged."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may say what a signal does.
        yield
        return
    stops: list[Stopped] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stops.append(Stopped(_SENTENCES[signal.Signals(number)], number))
        raise stops[-1]

    # A shell lets what it starts in the background ignore ctrl-c.
    numbers = [each for each in _SENTENCES if signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    except BaseException as error:
        # A command that serves until ctrl-c has ended well then.
        is_end = isinstance(error, SystemExit) and not error.code
        if stops and not (is_end and stops[0].exit_status == 128 + signal.SIGINT):
            raise stops[0] from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_without_garbage_collection() -> None:
    """Let the process that is about to end do so soon: Python would look for garbage in all that
    dbt has loaded, which takes a second."""
    gc.freeze()
