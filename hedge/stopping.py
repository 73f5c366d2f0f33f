"""The end of a process: signals as exceptions, so that a command that is told to stop puts in
order what it began, a limit of the time that this takes, and an end without a search for garbage.
"""

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import psutil

#: Seconds after which a process that was told to stop has ended, whatever it waits for: a server
#: that hangs answers no request to cancel a statement either.
LONGEST = 9.0

#: Set where the process was told to stop, also while its main thread cannot be interrupted.
_told = threading.Event()


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


def is_told() -> bool:
    """Whether a signal has told this process to stop, in a block of signals_stop."""
    return _told.is_set()


@contextlib.contextmanager
def signals_stop() -> Iterator[None]:
    """Raise Stopped in the block when the process gets SIGTERM or SIGINT. It leaves the block as
    Stopped also where a library has made an exit or an error of it: some catch everything while
    they read a file, and report that the file is damaged.

    A process that is still in the block after LONGEST seconds, or in which a library handles the
    signals instead, ends with the same exit status, a sentence and all that it has started.
    """
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
        with _ended_in_time():
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


@contextlib.contextmanager
def _ended_in_time() -> Iterator[None]:
    """End this process LONGEST seconds after a signal that tells it to stop, unless the block has
    ended by then.

    Python calls the handler of a signal between two steps of the main thread, which may be in a
    library that waits. What writes into this pipe is called at once.
    """
    ended = threading.Event()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def watch() -> None:
        while (number := os.read(reading, 1)[0]) and number not in _SENTENCES:
            pass
        if number:
            _told.set()
            if not ended.wait(LONGEST):
                _end(number)

    thread = threading.Thread(target=watch, name="stopping", daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        ended.set()
        os.write(writing, b"\0")
        thread.join()
        # What the process runs after the block was not told to stop.
        _told.clear()
        os.close(writing)
        os.close(reading)


def _end(number: int) -> None:
    """End this process and its children, but no server of PostgreSQL: in a container, where this is
    the first process, the embedded server is a child of it."""
    sentence = _SENTENCES[signal.Signals(number)]
    # Python's streams have locks, which the main thread may hold.
    os.write(2, f"hedge: {sentence}; what was in hand did not end in {LONGEST:.0f} s\n".encode())
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if not child.name().startswith("postgres"):
                child.kill()
    os._exit(128 + number)


def end_without_garbage_collection() -> None:
    """Let the process that is about to end do so soon: Python would look for garbage in all that
    dbt has loaded, which takes a second."""
    gc.freeze()
