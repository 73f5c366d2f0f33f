"""One run: it calls dbt, and the run ledger records how it ended, whatever happens."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from hedge.errors import HedgeError, RunFailed
from hedge.project import files
from hedge.runs import buckets, clock, dbt, ledger, left_out
from hedge.runs.cancelling import RunCancelled
from hedge.runs.dbt import Report
from hedge.runs.dbt_errors import paragraph
from hedge.runs.deployed import project_of_runs
from hedge.runs.ledger import Run, RunKind
from hedge.runs.left_out import LeftOut
from hedge.runs.locks import require_past

log = logging.getLogger("hedge.runs")


def run_dbt(
    connection: psycopg.Connection,
    arguments: list[str],
    kind: RunKind,
    clusters: list[str] | None = None,
    as_of: datetime | None = None,
    report: Report | None = None,
    project: tuple[Path, str] | None = None,
    failed: Sequence[LeftOut] = (),
    jobs: int = 1,
    **others: Any,
) -> Run:
    """Call dbt and return the run from the ledger; raises HedgeError when it failed.

    failed are the metric sources that it leaves out. project is a folder and its definitions hash,
    by default those of the deployed project. jobs is how many buckets are computed at once.
    """
    if as_of is not None:
        require_past(connection, as_of)
    folder, definitions = project or project_of_runs(connection)
    variables = {
        "run_kind": kind,
        "clusters": clusters,
        "as_of": as_of and as_of.isoformat(),
        "definitions": definitions,
        "left_out": [asdict(one) for one in failed],
        **others,
    }
    if kind != "DEPLOY":
        # Only a deploy replaces views, and only for that dbt needs its cache of relations.
        arguments = [*arguments, "--no-populate-cache"]
    divided = None if kind == "DEPLOY" else buckets.of_run(connection, clusters)
    if divided:
        parsed = dbt.parsed(folder, definitions).manifest
        buckets.renew_views(connection, parsed)
        arguments = buckets.arguments(arguments, divided, jobs)
        variables["buckets"] = divided.numbers
    progress = dbt.Progress(report)
    every = kind == "FULL" or (kind == "INCREMENTAL" and clusters is None)
    record_failure = partial(
        ledger.record_failed_run,
        *(connection, kind, as_of, definitions),
        scope_size=None if clusters is None else len(clusters),
        caused_by=others.get("caused_by", ()),
    )
    try:
        clock.require_no_later_stamps(
            connection, clock.EVERYTHING_OF_A_RUN if every else clock.LEDGER
        )
        result = dbt.invoke(
            arguments,
            folder,
            dbt.parsed(folder, definitions),
            progress,
            variables=variables,
            buckets=divided,
        )
    except (KeyboardInterrupt, RunCancelled) as stop:
        ledger.record_cancellation(
            connection, progress.invocation, str(stop) or "interrupted", progress.marts
        )
        raise
    except HedgeError as error:
        record_failure(str(error))
        raise
    invocation = progress.invocation
    if not result.success:
        failure = RunFailed(
            f"the {kind.lower()} run failed: {paragraph(result, folder)}", result.sqlstates
        )
        try:
            # dbt's hooks cannot record anything on a full disk, for example.
            record_failure(str(failure), invocation=invocation)
            ended = ledger.run_of_invocation(connection, invocation)
            failure.run_id = None if ended is None else ended.run_id
        except psycopg.Error as error:
            log.warning("the run ledger has no row of a run that failed: %s", error)
        raise failure
    run = ledger.run_of_invocation(connection, invocation)
    if run is None:
        # The hook on-run-start records it, so the project has lost that hook.
        raise HedgeError(f"the {kind.lower()} run has no row in the run ledger")
    return run


def run_without(
    failed: list[LeftOut],
    connection: psycopg.Connection,
    arguments: list[str],
    kind: RunKind,
    clusters: list[str] | None,
    as_of: datetime | None,
    report: Report | None,
    **others: Any,
) -> Run:
    """Call dbt without the metric sources that failed before and still do. Where the run fails over
    data, it goes on without those that are found to fail, under its row of the ledger."""
    try:
        return run_dbt(
            connection, arguments, kind, clusters, as_of, report, failed=failed, **others
        )
    except RunFailed as failure:
        if not failure.is_of_data or not left_out.can_leave_out(connection):
            raise
        project = project_of_runs(connection)[0]
        found = left_out.find(files.metric_sources(project), clusters, as_of, others.get("windows"))
        # Where no source can be computed, the fault is elsewhere.
        computed = {*files.variables(project)["metric_sources"]} - {
            one.metric_source for one in found if one.clusters is None
        }
        if not found or not computed or found == failed:
            raise
        log.warning("%s; the run is repeated without what fails", failure)
        return run_dbt(
            connection,
            arguments,
            kind,
            clusters,
            as_of,
            report,
            failed=found,
            continues_run=failure.run_id,
            **others,
        )
