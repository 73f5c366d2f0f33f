"""The temporary files of a session in memory: the server's data, checkouts, profiles of browsers.

A database is a thousand files, and a session makes and drops more than a thousand databases. On a
disk, the kernel takes longer for the files than PostgreSQL for what it computes
(docs/performance.md). What is in memory outlives the processes that a test kills, as on a disk.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from hedge import temporary_folders

#: Where files are in memory on Linux.
MEMORY = Path("/dev/shm")
#: More than two workers have needed; a container may have 64 MB.
NEEDED_BYTES = 4 * 1024**3


@contextlib.contextmanager
def temporary_files(memory: Path = MEMORY, needed_bytes: int = NEEDED_BYTES) -> Iterator[None]:
    """Make a folder in memory the place of temporary files, of this process and of those that it
    starts, until the block ends; the default place where TMPDIR names one or memory is short."""
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        yield
        return
    free = min(shutil.disk_usage(memory).free, psutil.virtual_memory().available)
    with contextlib.ExitStack() as stack:
        if free >= needed_bytes:
            stack.callback(_use, tempfile.tempdir)
            _use(str(memory))
            folder = stack.enter_context(temporary_folders.folder("hedge-tests-"))
            # the account of a server, and that of a pooler, make files in it too
            folder.chmod(0o1777)
            _use(str(folder))
            stack.callback(os.environ.pop, "TMPDIR")
            os.environ["TMPDIR"] = str(folder)
        yield


def _use(folder: str | None) -> None:
    """Let this process make temporary files in a folder."""
    tempfile.tempdir = folder
