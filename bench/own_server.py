"""An embedded server for one measurement alone."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hedge import database


@contextlib.contextmanager
def own_server() -> Iterator[Path]:
    """Let the block use an embedded server of its own, which the first statement starts. Yields its
    HEDGE_HOME, in which files can be put; all of it is removed when the block ends."""
    home = tempfile.mkdtemp(prefix="hedge-bench-")
    os.environ["HEDGE_HOME"] = home
    os.environ.pop("HEDGE_DATABASE_URL", None)
    try:
        yield Path(home)
    finally:
        os.environ.pop("HEDGE_DATABASE_URL", None)
        database.stop()
        shutil.rmtree(home)
