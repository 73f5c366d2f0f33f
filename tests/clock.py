"""Run a command at another time of the year: `python -m tests.clock 12-31T23:59:58 COMMAND ..`.

The command and the processes that it starts, PostgreSQL included, see the next such instant (UTC)
as the time at which they start. libfaketime of Debian's package faketime shifts their clocks.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def seconds_until(month_day_time: str, now: datetime) -> int:
    """The whole seconds from now to the next instant of a form like 12-31T23:59:58, in UTC."""
    for year in (now.year, now.year + 1):
        instant = datetime.fromisoformat(f"{year}-{month_day_time}+00:00")
        if instant > now:
            return int((instant - now).total_seconds())
    raise ValueError(month_day_time)


def main(month_day_time: str, *command: str) -> None:
    """Replace this process by the command."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        sys.exit("no libfaketime on this machine: apt-get install faketime")
    shift = seconds_until(month_day_time, datetime.fromtimestamp(time.time(), UTC))
    shifted = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME": f"+{shift}s",
        # Times of files stay real, or a file that was just written would be too old.
        "NO_FAKE_STAT": "1",
    }
    os.execvpe(command[0], list(command), os.environ | shifted)


if __name__ == "__main__":
    main(*sys.argv[1:])
