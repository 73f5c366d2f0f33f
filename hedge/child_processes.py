"""Processes that end with the one that started them, however that ends.

A process that is killed cannot stop its children. They would go on serving, beside those of the
process that is started in its place. So each child watches its parent.
"""

import multiprocessing
import os
import signal
import threading
import time

#: The environment variable that names the parent to a child.
_PARENT = "PARENT_PROCESS_OF_HEDGE"
#: Seconds between two looks at the parent.
PAUSE = 0.5
#: Seconds that a child has to end by itself once its parent is gone.
GRACE = 10


def environment() -> dict[str, str]:
    """The environment for a child of this process that calls end_with_parent."""
    return {**os.environ, _PARENT: str(os.getpid())}


def end_with_parent() -> None:
    """Send SIGTERM to this process when its parent has ended, and end it ten seconds later.

    The parent is the process that started this one with multiprocessing, or else that called
    environment(). Nothing is watched where neither is so, as in a command of the shell.
    """
    # The children of this process have another parent.
    named = os.environ.pop(_PARENT, None)
    started_by = multiprocessing.parent_process()
    parent = started_by.pid if started_by else named and int(named)
    if parent:
        threading.Thread(target=_watch, args=[parent], name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    # A process whose parent has ended gets another one.
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
