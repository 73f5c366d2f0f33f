"""One run in a process of its own, which the worker starts as
`python -m hedge.queue.run_process TASK`.

Runs for every cluster and board runs take minutes, and dbt does one run at a time in a process,
so that in the worker's process they would delay the requests for clusters.

The exit status is 0, or 1 with one sentence on standard error.
"""

import sys
from collections.abc import Callable, Sequence

import psycopg

from hedge import boards, child_processes, database, runs
from hedge.errors import HedgeError

#: How long the run ledger and rejected rows are kept, in days, and how many runs of each board.
KEPT_DAYS, KEPT_BOARD_RUNS = 90, 60


def prune() -> None:
    """Delete old rows of the run ledger, old rejected rows and old board runs."""
    with database.connect() as connection:
        runs.prune(connection, KEPT_DAYS)
        boards.prune(connection, KEPT_BOARD_RUNS)


#: The tasks by name. The argument holds the ids of the API requests that caused the run.
TASKS: dict[str, Callable[[Sequence[str]], object]] = {
    "FULL": lambda caused_by: runs.full(caused_by=caused_by),
    "INCREMENTAL": lambda caused_by: runs.incremental(caused_by=caused_by),
    "PENDING_BOARDS": lambda _: boards.run_pending(),
    "DUE_BOARDS": lambda _: boards.run(mode="DUE"),
    "PRUNE": lambda _: prune(),
}


def main() -> None:
    """Execute the task that the first argument names; the others are ids of API requests."""
    child_processes.end_with_parent()
    task, *caused_by = sys.argv[1:]
    try:
        TASKS[task](caused_by)
    except HedgeError as error:
        sys.exit(str(error))
    except psycopg.Error as error:
        sys.exit(f"the database says: {str(error).strip().partition(chr(10))[0]}")


if __name__ == "__main__":
    main()
