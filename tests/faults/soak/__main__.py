"""A soak: some minutes of random actions and disasters, and then a computation from nothing.

    python -m tests.faults.soak --minutes 30 --seed 1

Workers, the HTTP server and commands are the real ones, in processes of their own. All choices are
made by one random.Random: the same seed repeats the sequence of actions. How far each one has come
when the next one happens differs from run to run. HEDGE_TEST_SERVER names the programs of another
PostgreSQL than the embedded one. The exit status is 0, or 1 with the first differences.
"""

import argparse
import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults.soak.ending import ending
from tests.faults.soak.running import Soak, running


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and print what happened; returns the exit status."""
    parser = argparse.ArgumentParser(description="A soak; see docs/faults.md.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    other = os.environ.get("HEDGE_TEST_SERVER")
    with running(options.seed, Path(other) if other else None) as soak:
        soak.run(options.minutes * 60)
        ending(soak)
        report(soak, options.minutes)
    return 1 if soak.faults else 0


def report(soak: Soak, minutes: float) -> None:
    """Print how often what happened, and the faults."""
    with soak.control() as connection:
        (version,) = connection.execute("show server_version").fetchone() or ("?",)
    print(f"seed {soak.seed}, {minutes:g} minutes, PostgreSQL {version}")
    outcomes = {f"  commands {how}": number for how, number in soak.commands.ended.items()}
    for what, number in itertools.chain(sorted(soak.counts.items()), outcomes.items()):
        print(f"{number:6}  {what}")
    if soak.faults:
        print(f"{len(soak.faults)} faults; {soak.folder} has all outputs; the first:")
        for fault in soak.faults[:20]:
            print(f"- {fault}")
    else:
        print("nothing was lost: all is equal to a computation from nothing")


if __name__ == "__main__":
    sys.exit(main())
