"""One run in a process of its own, which the worker starts as
`python -m hedge.queue.run_process TASK`.

Runs for every cluster and board runs take minutes, and dbt does one run at a time in a process,
so that in the worker's process they would delay the requests for clusters.

The exit status is 0, or 1 with one sentence on standard error; it is 75 where only the server is to
blame, or every run is refused, so that the run may succeed later (EX_TEMPFAIL of sysexits.h), 4
where the run left something out that cannot be computed, 5 where the data tests after it find what
must not be, and 143 where SIGTERM has cancelled the run.
"""

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import psycopg

from hedge import boards, child_processes, database, pruning, runs, seasons
from hedge.chain.decoding import decode_before_a_run
from hedge.errors import OF_THE_SERVER, DatabaseAway, HedgeError, NoRunNow, RunFailed
from hedge.stopping import Stopped, end_without_garbage_collection, signals_stop

#: The exit status of a run that may succeed later.
TEMPORARY = 75
#: The exit status of a run that left something out, and of one after which data tests find faults.
PARTIAL, FAULTS = 4, 5


def full(caused_by: Sequence[str]) -> runs.Run:
    """Decode logs and compute every cluster, then pass the data tests."""
    decode_before_a_run()
    done = runs.full(caused_by=caused_by)
    try:
        faults = runs.faults_of(runs.pass_data_tests())
    except HedgeError as error:
        faults = str(error)
    if faults and done.state != "PARTIAL":
        _end(FAULTS, faults)
    return done


def incremental(caused_by: Sequence[str]) -> runs.Run:
    """Decode logs and compute the clusters that changed."""
    decode_before_a_run()
    return runs.incremental(caused_by=caused_by)


def prune() -> None:
    """Delete what `hedge etl prune` deletes."""
    with database.connect() as connection:
        pruning.prune(connection)


def due() -> None:
    """Compute the boards that are due, and the seasons whose standings are to be final, also where
    a board cannot be computed."""
    try:
        boards.run(mode="DUE")
    finally:
        seasons.run_due()


def previews() -> None:
    """Compute the previews of exclusions that admins have asked for."""
    # it loads what previews need, which no other task does
    from hedge.analysis import asked_previews

    asked_previews.serve()


#: The tasks by name. The argument holds the ids of the API requests that caused the run.
TASKS: dict[str, Callable[[Sequence[str]], object]] = {
    "FULL": full,
    "INCREMENTAL": incremental,
    "PENDING_BOARDS": lambda _: boards.run_pending(),
    "DUE_BOARDS": lambda _: due(),
    "PRUNE": lambda _: prune(),
    "PREVIEWS": lambda _: previews(),
}


def main() -> None:
    """Execute the task that the first argument names; the others are ids of API requests."""
    child_processes.end_with_parent()
    task, *caused_by = sys.argv[1:]
    try:
        with signals_stop():
            done = TASKS[task](caused_by)
        if isinstance(done, runs.Run) and done.state == "PARTIAL":
            _end(PARTIAL, done.error or "")
    except Stopped as stop:
        _end(stop.exit_status, str(stop))
    except (DatabaseAway, NoRunNow) as error:
        _end(TEMPORARY, str(error))
    except RunFailed as error:
        _end(TEMPORARY if error.is_of_the_server else 1, str(error))
    except HedgeError as error:
        _end(1, str(error))
    except psycopg.Error as error:
        # The driver knows no SQLSTATE of a connection that was lost.
        is_lost = error.sqlstate is None and isinstance(error, psycopg.OperationalError)
        is_temporary = is_lost or (error.sqlstate or "").startswith(OF_THE_SERVER)
        sentence = str(error).strip().partition("\n")[0]
        _end(TEMPORARY if is_temporary else 1, f"the database says: {sentence}")
    finally:
        end_without_garbage_collection()


def _end(status: int, sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
