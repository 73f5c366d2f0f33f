"""What is deleted after some time, so that a database does not grow by running alone."""

from typing import Any

import psycopg

from hedge import database, runs
from hedge.queries import query

#: How long the run ledger and rejected rows are kept, in days, and how many runs of each board.
KEPT_DAYS, KEPT_BOARD_RUNS = 90, 60


def prune(
    connection: psycopg.Connection, days: int = KEPT_DAYS, board_runs: int = KEPT_BOARD_RUNS
) -> dict[str, Any]:
    """Delete what is older than a number of days (see runs.prune), all but the newest runs of each
    board, jobs of the queue that nobody has begun for a day, and old backfills and reorganizations
    of chains; returns how many of each, as {runs, rejected_rows, projects, events, board_runs,
    jobs, chain_records}, and the names of environments."""
    # The commands that name KEPT_DAYS as their default need no boards.
    from hedge import boards

    pruned = runs.prune(connection, days)
    dropped = boards.prune(connection, board_runs)
    records = database.value(connection, query("chain_prune"), {"days": days})
    with connection.transaction():
        # Triggers of procrastinate find its tables by the search path.
        connection.execute("set local search_path to procrastinate")
        jobs = database.value(connection, query("queue_prune"))
        connection.execute("set local search_path to default")
    return pruned | {"board_runs": dropped, "jobs": jobs, "chain_records": records}
