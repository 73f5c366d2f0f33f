"""Run a command at another time of the year: `python -m tests.clock 12-31T23:59:58 COMMAND ..`.

The command and the processes that it starts, PostgreSQL included, see the next such instant (UTC)
as the time at which they start. They load shifted_clock.c, which the C compiler of the machine
translates. libfaketime is no choice: in 0.9.10, the version of Debian 12, a thread of Python that
waits for half a second waits for as long as the clock is shifted, and where its option leaves that
clock alone, time.sleep fails (its issues 390 and 426).
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

#: The environment variable that shifted_clock.c reads.
SHIFT = "HEDGE_CLOCK_SHIFT"


def seconds_until(month_day_time: str, now: datetime) -> int:
    """The whole seconds from now to the next instant of a form like 12-31T23:59:58, in UTC."""
    for year in (now.year, now.year + 1):
        instant = datetime.fromisoformat(f"{year}-{month_day_time}+00:00")
        if instant > now:
            return int((instant - now).total_seconds())
    raise ValueError(month_day_time)


def main(month_day_time: str, *command: str) -> int:
    """Run the command; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="hedge-clock-") as folder:
        # The server is of another account if this process is of root.
        Path(folder).chmod(0o755)
        library = Path(folder, "shifted_clock.so")
        source = Path(__file__).with_name("shifted_clock.c")
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source], check=True
        )
        # The clock of this process may be shifted already.
        shift = int(os.environ.get(SHIFT, 0))
        shift += seconds_until(month_day_time, datetime.fromtimestamp(time.time(), UTC))
        shifted = {"LD_PRELOAD": str(library), SHIFT: str(shift)}
        return subprocess.run(command, env=os.environ | shifted).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
