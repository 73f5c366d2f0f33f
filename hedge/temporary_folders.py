"""Temporary folders that are removed also where the process that made them was killed.

A process that is killed cannot remove its folder. It holds a lock on a file in it for as long as it
lives, so that the next process which needs such a folder finds those that nobody uses any more.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

log = logging.getLogger("hedge")

#: The file in a folder whose lock says that the folder is in use.
IN_USE = ".in-use"


@contextlib.contextmanager
def folder(prefix: str, end: Callable[[Path], object] | None = None) -> Iterator[Path]:
    """A new folder whose name begins with a prefix; it is removed when the block ends.

    Those with this prefix that processes of this user have left are removed first. end is called
    with each of them before, to end what still runs in it.
    """
    sweep(prefix, end)
    with (
        tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as made,
        (Path(made) / IN_USE).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(made)


def sweep(prefix: str, end: Callable[[Path], object] | None = None) -> None:
    """Remove the folders with a prefix that processes of this user have made and left. One that
    cannot be removed is named in a warning."""
    for left in sorted(Path(tempfile.gettempdir()).glob(f"{prefix}*")):
        try:
            # Another user may have made one with such a name.
            if left.is_symlink() or left.stat().st_uid != os.getuid():
                continue
            with (left / IN_USE).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if end is not None:
                    end(left)
                shutil.rmtree(left)
        except (FileNotFoundError, BlockingIOError):
            # It is being made or removed, or is in use.
            continue
        except Exception as error:
            log.warning("the folder %s is in use by nobody and stays: %s", left, error)
