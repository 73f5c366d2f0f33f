"""Hedge in Dagster: the regular runs as jobs with schedules. `dagster dev -f dagster_hedge.py`.

The environment of Dagster needs `hedge` on its PATH and the settings of Hedge, HEDGE_DATABASE_URL
above all. Each run is one of Hedge's own ledger, too: `hedge etl status`.
"""

import json
import os
import subprocess
from typing import Any

import dagster as dg

HEDGE = os.environ.get("HEDGE_COMMAND", "hedge").split()
#: Exit statuses (docs/services.md). A run that left a metric source out has done all else.
DONE, PARTIAL = 0, 4


def hedge(context: dg.OpExecutionContext, *arguments: str) -> Any:
    """Run a command of Hedge and return its JSON; its last sentence is the reason of a failure."""
    ended = subprocess.run(
        [*HEDGE, *arguments, "--json"], capture_output=True, text=True, check=False
    )
    sentences = ended.stderr.strip()
    if ended.returncode not in (DONE, PARTIAL):
        raise dg.Failure(
            description=sentences.splitlines()[-1] if sentences else "no reason was given",
            metadata={"exit_status": ended.returncode},
            # Wrong usage stays wrong.
            allow_retries=ended.returncode != 2,
        )
    if sentences:
        context.log.warning(sentences)
    return json.loads(ended.stdout)


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2, delay=60))
def every_cluster(context: dg.OpExecutionContext) -> int:
    """Compute every cluster; the number of the run."""
    run = hedge(context, "etl", "full")
    context.add_output_metadata({"as_of": run["as_of"], "state": run["state"]})
    return int(run["run_id"])


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2, delay=60))
def what_has_changed(context: dg.OpExecutionContext) -> int:
    """Compute the clusters with changes; the number of the run."""
    return int(hedge(context, "etl", "incremental")["run_id"])


@dg.op
def due_boards(context: dg.OpExecutionContext) -> None:
    """Compute the boards that have a new period."""
    hedge(context, "boards", "run", "--due")


@dg.op
def old_rows(context: dg.OpExecutionContext, after: int) -> None:
    """Delete what is old, after the run of a night."""
    context.log.info(f"after run {after}: {hedge(context, 'etl', 'prune')}")


@dg.job
def nightly() -> None:
    """The full run, and what is deleted after it."""
    old_rows(every_cluster())


@dg.job
def incremental() -> None:
    """The incremental run."""
    what_has_changed()


@dg.job
def boards() -> None:
    """The boards that are due."""
    due_boards()


defs = dg.Definitions(
    jobs=[nightly, incremental, boards],
    schedules=[
        dg.ScheduleDefinition(job=nightly, cron_schedule="15 3 * * *"),
        dg.ScheduleDefinition(job=incremental, cron_schedule="*/10 * * * *"),
        dg.ScheduleDefinition(job=boards, cron_schedule="5 * * * *"),
    ],
)
