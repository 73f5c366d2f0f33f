"""The worker process beside `hedge serve`: started again when it ends, and stopped with it."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator

import structlog

from hedge import child_processes
from hedge.stopping import is_told

log = structlog.get_logger("cli.supervision")
#: Seconds before a worker that has ended is started again: first, and at most. Each time that it
#: ends within LONG of its start, the pause doubles.
PAUSE, LONGEST_PAUSE, LONG = 1.0, 30.0, 60.0
COMMAND = (sys.executable, "-m", "cli", "worker")


@contextlib.contextmanager
def worker_process(is_wanted: bool = True) -> Iterator[None]:
    """Keep a worker process running while the block runs, if it is wanted, and then stop it."""
    if not is_wanted:
        yield
        return
    stopping = threading.Event()
    first = _start()
    thread = threading.Thread(target=_keep_running, args=[first, stopping], name="worker")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(COMMAND, env=child_processes.environment())


def _keep_running(process: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    """Start the worker anew whenever it ends, until it is to stop: it is told so together with the
    server, which first waits for open responses."""
    pause = PAUSE
    while True:
        seconds = 0.0
        while process.poll() is None and not stopping.wait(0.2) and not is_told():
            seconds += 0.2
        if stopping.is_set() or is_told():
            process.terminate()
            process.wait()
            return
        pause = PAUSE if seconds > LONG else min(2 * pause, LONGEST_PAUSE)
        log.error("the worker ended and is started again", status=process.returncode, pause=pause)
        if stopping.wait(pause):
            return
        process = _start()
