"""The kinds of runs: deploy, full, incremental, cluster, boards, season.

Each calls dbt once and returns the run as the run ledger records it. A run that fails raises a
HedgeError with one paragraph that says why.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge import database, known_names, settings
from hedge.dbt_runner import NodeResult, Scratch
from hedge.errors import HedgeError
from hedge.project import files, seed_checks, template
from hedge.queries import query
from hedge.runs import dbt, left_out
from hedge.runs.dbt import Report
from hedge.runs.dbt_errors import paragraph
from hedge.runs.deployed import ParsedProject, project_of_runs, store
from hedge.runs.executing import run_dbt, run_without
from hedge.runs.ledger import Run
from hedge.runs.left_out import FailedBoards, LeftOut
from hedge.runs.locks import deploy_lock, migrated, ready
from hedge.runs.obsolete import drop_obsolete
from hedge.runs.scope import changed_clusters, complete_to, take_changes

log = logging.getLogger("hedge.runs")

#: Arguments of dbt for every mart but the boards, which have runs of their own.
_PROGRESS = [
    *("run", "--select", "config.materialized:incremental"),
    *("--exclude", "leaderboard_entries"),
]


def deploy(report: Report | None = None) -> Run:
    """Build the seeds and views of the project, and the tables that are missing; then drop the
    views of models that the project no longer has.

    Waits until the runs in progress have ended; runs that start meanwhile wait for the deploy.
    A project of another version of Hedge and seeds that contradict each other are a HedgeError,
    and nothing is built. A view that cannot be dropped is logged as a warning.
    """
    project = settings.project()
    template.require_usable(project)
    seed_checks.require_sound(project)
    with migrated() as connection, deploy_lock(connection, exclusive=True):
        folder, definitions = stored = store(connection, project)
        arguments = ["build", "--exclude-resource-type", "unit_test", "test"]
        if _seed_columns_changed(connection, folder):
            arguments.append("--full-refresh")
        run = run_dbt(connection, arguments, "DEPLOY", clusters=[], report=report, project=stored)
        for sentence in drop_obsolete(connection, dbt.parsed(folder, definitions).manifest.views()):
            log.warning(sentence)
        return run


def full(
    as_of: datetime | None = None,
    report: Report | None = None,
    caused_by: Sequence[str] = (),
    jobs: int = 1,
) -> Run:
    """Compute all marts for every cluster. Metric sources that cannot be computed are left out.
    Where clusters are divided among buckets, so many of these (jobs) are computed at once."""
    with ready() as connection:
        failed = left_out.still_failing(left_out.marked(connection), None, as_of)
        return run_without(
            failed,
            connection,
            _PROGRESS,
            "FULL",
            None,
            as_of,
            report,
            caused_by=list(caused_by),
            jobs=jobs,
        )


def incremental(
    as_of: datetime | None = None, report: Report | None = None, caused_by: Sequence[str] = ()
) -> Run:
    """Compute all marts for the clusters whose values may have changed since the last run, and for
    those of which an earlier run left something out that can be computed now."""
    with ready() as connection:
        complete = complete_to(connection, as_of)
        taken_by = take_changes(connection, as_of)
        marked = left_out.marked(connection)
        failed = left_out.still_failing(marked, None, as_of)
        scope = changed_clusters(connection, as_of, taken_by, left_out.healed(marked, failed))
        return run_without(
            failed,
            connection,
            _PROGRESS,
            "INCREMENTAL",
            scope,
            as_of,
            report,
            changes_taken_by=taken_by,
            complete_to=complete,
            caused_by=list(caused_by),
        )


def cluster(
    clusters: Sequence[str],
    as_of: datetime | None = None,
    report: Report | None = None,
    *,
    allow_unknown: bool = False,
    caused_by: Sequence[str] = (),
) -> Run:
    """Compute all marts for the named clusters.

    An unknown cluster is a UsageError; with allow_unknown, rows that the marts hold of it are
    deleted instead. caused_by are the ids of the API requests that requested the run. A run as of
    now serves the requests for its clusters, also those that are parked.
    """
    with ready() as connection:
        if not allow_unknown:
            known_names.require_clusters(connection, clusters)
        scope = sorted(set(clusters))
        # What is requested after this may concern facts that the run does not see.
        served = connection.execute(query("requests_of_clusters"), {"clusters": scope}).fetchall()
        failed = left_out.still_failing(left_out.marked(connection, scope), scope, as_of)
        run = run_without(
            failed,
            connection,
            _PROGRESS,
            "CLUSTER",
            scope,
            as_of,
            report,
            caused_by=list(caused_by),
        )
        if as_of is None:
            connection.execute(
                query("requests_delete_served"), {"requests": [number for (number,) in served]}
            )
        return run


def boards(
    connection: psycopg.Connection,
    board_runs: Sequence[dict[str, Any]],
    as_of: datetime,
    report: Report | None = None,
    failed: Sequence[LeftOut] = (),
    continues_run: int | None = None,
) -> Run:
    """Compute the entries of board runs that are PROCESSING, all in one run of dbt. failed are the
    metric sources that cannot be computed, for clusters that have no entries then; continues_run
    is the run that failed over them, under whose row of the ledger this one goes on.

    connection is one of ready(). board_runs are rows of hedge/sql/boards_begin.sql, which the
    variable boards of dbt_project.yml describes.
    """
    caused_by = sorted({row["caused_by"] for row in board_runs if row.get("caused_by")})
    described = [
        {name: value for name, value in row.items() if name != "caused_by"} for row in board_runs
    ]
    project = project_of_runs(connection)
    sources = board_sources(connection, board_runs)
    derived = files.variables(project[0])["derived_metric_sources"]
    # Derived metric sources read cluster_metrics, which must have the windows of these boards.
    windows = {
        window
        for source in sources
        if source["metric_source"] in derived
        for window in source["window_keys"]
    }
    marts = ["cluster_metrics", "leaderboard_entries"] if windows else ["leaderboard_entries"]
    return run_dbt(
        connection,
        ["run", "--select", *marts],
        "BOARD",
        as_of=as_of,
        report=report,
        project=project,
        failed=failed,
        boards=described,
        caused_by=caused_by,
        board_sources=sources,
        windows=sorted(windows),
        continues_run=continues_run,
    )


def board_sources(
    connection: psycopg.Connection, board_runs: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The metric sources that board runs rank by, each {metric_source, metric_keys,
    window_keys}."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            query("board_sources"), {"boards": Jsonb(list(board_runs))}
        ).fetchall()


def failed_boards(
    connection: psycopg.Connection, board_runs: Sequence[dict[str, Any]], as_of: datetime
) -> FailedBoards | None:
    """The board runs that rank by a metric source that cannot be computed; None where all can."""
    if not left_out.can_leave_out(connection):
        return None
    declared = files.variables(project_of_runs(connection)[0])
    sources = board_sources(connection, board_runs)
    return left_out.failed_boards(connection, board_runs, sources, declared, as_of)


def season(
    connection: psycopg.Connection,
    season_id: str,
    as_of: datetime,
    report: Report | None = None,
) -> Run:
    """Compute points and levels of a season that has begun, for every cluster.

    connection is one of ready().
    """
    arguments = ["run", "--select", "cluster_metrics", "season_progress"]
    # models/staging/seasons.sql defines the names of these windows.
    windows = [f"season:{season_id}", f"season:{season_id}:baseline"]
    failed = left_out.still_failing(left_out.marked(connection), None, as_of)
    return run_without(
        failed, connection, arguments, "SEASON", None, as_of, report, windows=windows
    )


def document(folder: Path) -> None:
    """Write dbt's documentation of the deployed project into a folder."""
    with ready() as connection:
        dbt.write_documentation(folder, *project_of_runs(connection))


def compiled(model: str) -> str:
    """The SQL of a model, as dbt compiles it from the deployed project."""
    with ready() as connection:
        return dbt.compiled_sql(model, *project_of_runs(connection))


def build_in_scratch_schema(
    project: ParsedProject,
    scratch: Scratch,
    names: Sequence[str],
    boards: Sequence[dict[str, Any]],
    sources: Sequence[dict[str, Any]],
    report: Report | None = None,
    *,
    tests: bool = False,
    clusters: list[str] | None = None,
) -> list[NodeResult]:
    """Build models and seeds of a Scratch in its schema, without a row in the run ledger. boards
    and sources are the variables boards and board_sources of dbt_project.yml. With tests, names may
    name unit tests and data tests, which are passed. clusters is the scope of marts (None: every
    cluster). Returns what dbt says of each."""
    variables = {
        "run_kind": "PREVIEW",
        "boards": list(boards),
        "board_sources": list(sources),
        "clusters": clusters,
    }
    result = dbt.invoke(
        [
            "build",
            *(() if tests else ("--exclude-resource-type", "unit_test", "test")),
            *("--indirect-selection", "empty"),
            # The schema is empty, and what is in others is only read.
            "--no-populate-cache",
            *("--select", *_selectors(project, names)),
        ],
        project.folder,
        project,
        dbt.Progress(report),
        variables=variables,
        scratch=scratch,
    )
    if not result.success:
        raise HedgeError(paragraph(result, project.folder))
    return list(result.nodes)


def _selectors(project: ParsedProject, names: Collection[str]) -> list[str]:
    """What dbt selects for the names of models, seeds and tests, and nothing else: a name alone is
    that of a folder, too, and the seed metrics would select every model in models/metrics."""
    nodes, tests = project.manifest.nodes.values(), project.manifest.unit_tests.values()
    return [
        *(f"file:{Path(one.file).name}" for one in nodes if one.is_buildable and one.name in names),
        *(
            f"{one.name},resource_type:{one.resource_type}"
            for one in nodes
            if one.resource_type == "test" and one.name in names
        ),
        *(f"{one.name},resource_type:unit_test" for one in tests if one.name in names),
    ]


def _seed_columns_changed(connection: psycopg.Connection, project: Path) -> bool:
    """Whether the header of a seed differs from its table, which must then be created anew."""
    for file in sorted((project / "seeds").glob("*.csv")):
        with file.open() as lines:
            header = lines.readline().strip().split(",")
        columns = database.value(connection, query("runs_table_columns"), {"table": file.stem})
        if columns is not None and columns != header:
            return True
    return False
