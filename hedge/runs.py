"""Runs of the pipeline: deploy, full, incremental, cluster, boards, season. The only module
that imports dbt.

dbt is started once per process. The parsed project (dbt calls it the manifest) is kept in
HEDGE_HOME under a hash of the project's files, so that a command does not parse what has
not changed, and so that variables, which hold the scope of a run, cost no parse either.

A deploy keeps a copy of the files it brought live, and runs use that copy: what is being
edited in the working copy does nothing before it is deployed.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.rows import dict_row

from hedge import checks, database, scratch, settings
from hedge.errors import HedgeError, UsageError
from hedge.failures import paragraph
from hedge.queries import query

#: The files that define what a run computes.
DEFINITIONS = ("dbt_project.yml", "models/**/*", "macros/**/*", "seeds/**/*")
#: What dbt parses besides.
TESTS = ("tests/dbt/*.sql",)
#: Runs hold this advisory lock shared, a deploy holds it alone.
DEPLOY_LOCK = 0x4865646765
#: What the documentation consists of.
DOCUMENTS = ("index.html", "manifest.json", "catalog.json")
#: Above this share of all clusters, computing everybody is cheaper than naming clusters.
LARGEST_SHARE = 0.05

Report = Callable[[str, float, float | None], None]


@dataclass(frozen=True)
class Model:
    """What a run did with one table: rows written and seconds taken."""

    name: str
    state: str
    rows: int | None
    seconds: float


@dataclass(frozen=True)
class Run:
    """A row of the ledger. scope_size is the number of clusters; None is everyone."""

    run_id: int
    kind: str
    scope_size: int | None
    as_of: datetime
    state: str
    started_at: datetime
    finished_at: datetime | None
    models: list[Model]
    error: str | None

    @property
    def seconds(self) -> float | None:
        """How long the run took, in seconds; None while it goes on."""
        return self.finished_at and (self.finished_at - self.started_at).total_seconds()


def deploy(report: Report | None = None) -> Run:
    """Bring the SQL of the working copy live: seeds, views, and tables that are missing.

    Waits for the runs under way to end; runs that start meanwhile wait for it. Seeds that do
    not fit together are a HedgeError, and nothing is built.
    """
    checks.require_sound(settings.PROJECT)
    with _connect() as connection, _lock(connection, alone=True):
        arguments = ["build", "--exclude-resource-type", "unit_test", "test"]
        if _seed_columns_changed(connection):
            arguments.append("--full-refresh")
        with _kept_copy():
            return _run(connection, arguments, "DEPLOY", clusters=[], report=report)


def full(
    as_of: datetime | None = None, report: Report | None = None, caused_by: Sequence[str] = ()
) -> Run:
    """Compute all marts for every cluster."""
    with ready() as connection:
        run = _run(
            connection, _PROGRESS, "FULL", as_of=as_of, report=report, caused_by=list(caused_by)
        )
        return _covering(connection, run)


def incremental(
    as_of: datetime | None = None, report: Report | None = None, caused_by: Sequence[str] = ()
) -> Run:
    """Compute all marts for the clusters whose numbers may have moved since the last run."""
    with ready() as connection:
        clusters, seen_until = touched_clusters(connection, as_of)
        run = _run(
            connection,
            _PROGRESS,
            "INCREMENTAL",
            clusters,
            as_of,
            report,
            seen_until,
            caused_by=list(caused_by),
        )
        return _covering(connection, run)


def _covering(connection: psycopg.Connection, run: Run) -> Run:
    """A run over everything new has served the clusters that were asked for before it, unless
    it was as of an instant in the past."""
    connection.execute(query("requests_covered"), {"run": run.run_id})
    return run


def cluster(
    clusters: Sequence[str],
    as_of: datetime | None = None,
    report: Report | None = None,
    *,
    may_be_gone: bool = False,
    caused_by: Sequence[str] = (),
) -> Run:
    """Compute all marts for the named clusters; an unknown one is a UsageError, unless it may
    be gone: then its rows go too. caused_by are the ids of the requests that asked for it."""
    with ready() as connection:
        unknown = connection.execute(query("unknown_clusters"), {"clusters": list(clusters)})
        names = [name for (name,) in unknown]
        if names and not may_be_gone:
            raise UsageError(f"no cluster {', '.join(names)}: nothing was computed")
        scope = sorted(set(clusters))
        return _run(
            connection, _PROGRESS, "CLUSTER", scope, as_of, report, caused_by=list(caused_by)
        )


def boards(
    connection: psycopg.Connection,
    board_runs: Sequence[dict[str, Any]],
    as_of: datetime,
    report: Report | None = None,
) -> Run:
    """Compute the entries of board runs that are PROCESSING, all in one run of dbt.

    connection is one of ready(); what a board run has to say is in the variable boards of
    dbt_project.yml.
    """
    project, _ = _project(connection)
    derived = _derived_metric_sources(project)
    # the windows in which a derived source has to know all the others
    windows = {
        board["window_key"]
        for board in board_runs
        if board["metric_source"] in derived or board["fallback_metric_source"] in derived
    }
    marts = ["cluster_metrics", "leaderboard_entries"] if windows else ["leaderboard_entries"]
    return _run(
        connection,
        ["run", "--select", *marts],
        "BOARD",
        as_of=as_of,
        report=report,
        boards=list(board_runs),
        windows=sorted(windows),
    )


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
    # named in models/staging/seasons.sql
    windows = [f"season:{season_id}", f"season:{season_id}:baseline"]
    return _run(connection, arguments, "SEASON", as_of=as_of, report=report, windows=windows)


def document(folder: Path) -> None:
    """Write dbt's documentation of what is deployed into a folder: a page, what it says of
    models, sources and their lineage, and the columns that the database has."""
    with ready() as connection:
        project, definitions = _project(connection)
        kept = settings.home() / "dbt"
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept, prefix="docs-") as target:
            result, _ = _invoke(
                ["docs", "generate"],
                project,
                _manifest(project, definitions),
                target=Path(target),
            )
            if not result.success:
                raise HedgeError(f"the documentation cannot be built: {paragraph(result, project)}")
            for name in DOCUMENTS:
                shutil.copyfile(Path(target) / name, folder / name)


#: All marts but the boards, which have runs of their own.
_PROGRESS = [
    *("run", "--select", "config.materialized:incremental"),
    *("--exclude", "leaderboard_entries"),
]


def standing_full_run(connection: psycopg.Connection, as_of: datetime) -> Run | None:
    """The newest full run as of an instant, if it was made with the working copy's definitions
    and nothing arrived since; else None."""
    if not _is_deployed(connection):
        return None
    row = connection.execute(
        query("standing_full_run"), {"as_of": as_of, "definitions": _definitions()}
    ).fetchone()
    return row and _run_of(row)


def touched_clusters(
    connection: psycopg.Connection, as_of: datetime | None = None
) -> tuple[list[str] | None, datetime]:
    """The clusters an incremental run has to compute (None is all of them), and the instant
    before which every change is among them."""
    last_run = connection.execute(query("last_run")).fetchone()
    seen_until, everyone, clusters = connection.execute(
        query("touched_clusters"),
        {
            "since": last_run and last_run[0],
            "largest_share": LARGEST_SHARE,
            "as_of": as_of,
        },
    ).fetchone()
    return None if everyone else clusters, seen_until


def ledger(connection: psycopg.Connection, limit: int = 10, before: int | None = None) -> list[Run]:
    """The newest runs first; those before an id, where one is given."""
    _sweep(connection)
    found = connection.execute(query("ledger"), {"limit": limit, "before": before})
    return [_run_of(row) for row in found]


def compiled(model: str) -> str:
    """The SQL of a model, as dbt compiles it from the deployed project."""
    with ready() as connection:
        project, definitions = _project(connection)
        arguments = ["compile", "--select", model]
        result, _ = _invoke(arguments, project, _manifest(project, definitions))
    if not result.success:
        raise HedgeError(f"{model} does not compile: {paragraph(result, project)}")
    (code,) = [found.node.compiled_code for found in result.result if found.node.name == model]
    return code.strip()


def prune(connection: psycopg.Connection, days: int) -> dict[str, int]:
    """Drop rows of the ledger and rejected rows that are older than so many days; returns how
    many. What the next incremental run has to know stays."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query("prune"), {"days": days}).fetchone()


def deployed(connection: psycopg.Connection) -> scratch.Parsed:
    """The project that is live, parsed; a HedgeError where its files are not known here."""
    (live,) = connection.execute(query("deployed_definitions")).fetchone()
    project, definitions = _project(connection)
    if live is None or definitions != live:
        raise HedgeError(
            "what is live was deployed from elsewhere, or dbt was run by hand since, so that "
            f"{_copies()} has no copy of it: run hedge etl deploy in a checkout of what is live"
        )
    return _parsed(project, definitions)


def working_copy() -> scratch.Parsed:
    """The project of the working copy, parsed; a HedgeError where it cannot be."""
    return _parsed(settings.PROJECT, _definitions())


def _parsed(project: Path, definitions: str) -> scratch.Parsed:
    variables = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    # not one that dbt has run with, which writes into its nodes
    manifest = _kept_manifest(project, definitions)
    manifest.build_parent_and_child_maps()
    return scratch.Parsed(project, manifest, variables)


def build_aside(
    project: scratch.Parsed,
    aimed: Any,
    names: Sequence[str],
    boards: Sequence[dict[str, Any]],
    report: Report | None = None,
) -> None:
    """Build models and seeds where the aimed manifest has them; the ledger does not know."""
    variables = {"run_kind": "PREVIEW", "boards": list(boards)}
    result, _ = _invoke(
        [
            *("build", "--exclude-resource-type", "unit_test", "test"),
            *("--vars", json.dumps(variables), "--select", *names),
        ],
        project.folder,
        aimed,
        report,
    )
    if not result.success:
        raise HedgeError(paragraph(result, project.folder))


def _run_of(row: Sequence[Any]) -> Run:
    *fields, models, error = row
    return Run(*fields, models=[Model(**model) for model in models], error=error)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without a zone it is UTC. UsageError otherwise."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is not an ISO 8601 time such as 2026-11-01T00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@contextlib.contextmanager
def ready() -> Iterator[psycopg.Connection]:
    """A connection to a database that is deployed, and stays so while the block runs."""
    with _connect() as connection, _lock(connection):
        require_deployed(connection)
        yield connection


@contextlib.contextmanager
def _connect() -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        database.require_migrated(connection)
        _sweep(connection)
        yield connection


def _is_deployed(connection: psycopg.Connection) -> bool:
    found = connection.execute("select to_regclass('analytics.leaderboard_entries')")
    return found.fetchone()[0] is not None


def require_past(connection: psycopg.Connection, as_of: datetime) -> None:
    """Refuse an as-of instant that is still to come."""
    if connection.execute("select %s > now()", [as_of]).fetchone()[0]:
        raise UsageError(
            f"the as-of instant {as_of.isoformat()} lies in the future: "
            "until then no other run could write"
        )


def require_deployed(connection: psycopg.Connection) -> None:
    """Say what to do when seeds and views are not there yet."""
    if not _is_deployed(connection):
        raise HedgeError("the views are not there yet: run hedge etl deploy first")


def _sweep(connection: psycopg.Connection) -> None:
    """Close the ledger rows of runs whose process died."""
    connection.execute(query("sweep_runs"))


@contextlib.contextmanager
def _lock(connection: psycopg.Connection, *, alone: bool = False) -> Iterator[None]:
    """Hold the deploy lock: runs together, a deploy alone.

    A deploy tries again and again rather than queue, so that runs never queue behind it.
    """
    if alone:
        attempt = "select pg_try_advisory_lock(%s)"
        while not connection.execute(attempt, [DEPLOY_LOCK]).fetchone()[0]:
            time.sleep(0.1)
        unlock = "select pg_advisory_unlock(%s)"
    else:
        connection.execute("select pg_advisory_lock_shared(%s)", [DEPLOY_LOCK])
        unlock = "select pg_advisory_unlock_shared(%s)"
    try:
        yield
    finally:
        connection.execute(unlock, [DEPLOY_LOCK])


def _run(
    connection: psycopg.Connection,
    arguments: list[str],
    kind: str,
    clusters: list[str] | None = None,
    as_of: datetime | None = None,
    report: Report | None = None,
    seen_until: datetime | None = None,
    **others: Any,
) -> Run:
    """Invoke dbt, read the ledger row back, raise HedgeError when the run failed."""
    if as_of is not None:
        require_past(connection, as_of)
    project, definitions = (
        (settings.PROJECT, _definitions()) if kind == "DEPLOY" else _project(connection)
    )
    variables = {
        "run_kind": kind,
        "clusters": clusters,
        "as_of": as_of and as_of.isoformat(),
        "seen_until": seen_until and seen_until.isoformat(),
        "definitions": definitions,
        **others,
    }
    if kind != "DEPLOY":
        # dbt's list of all relations and what hangs on them; marts are never dropped
        arguments = [*arguments, "--no-populate-cache"]
    try:
        result, invocation = _invoke(
            [*arguments, "--vars", json.dumps(variables)],
            project,
            _manifest(project, definitions),
            report,
        )
    except HedgeError as error:
        connection.execute(
            query("record_failed_run"),
            {
                "invocation": str(uuid.uuid4()),
                "kind": kind,
                "as_of": as_of,
                "definitions": definitions,
                "error": str(error),
            },
        )
        raise
    row = connection.execute(query("run_of_invocation"), {"invocation": invocation}).fetchone()
    if not result.success:
        raise HedgeError(f"the {kind.lower()} run failed: {paragraph(result, project)}")
    return _run_of(row)


def _invoke(
    arguments: list[str],
    project: Path,
    manifest: Any = None,
    report: Report | None = None,
    target: Path | None = None,
):
    """Call dbt in this process; returns its result and the id of the invocation. It leaves its
    files in the target, if one is named."""
    from dbt.adapters.base import impl
    from dbt.cli.main import dbtRunner
    from dbt_common.invocation import get_invocation_id

    total, done = 0, 0
    # each invocation lengthens this list of dbt's, and a worker has thousands
    flags = impl.DEFAULT_BASE_BEHAVIOR_FLAGS
    flags_before = len(flags)

    def on_event(event: Any) -> None:
        nonlocal total, done
        if report is None:
            return
        if event.info.name == "ConcurrencyLine":
            total = event.data.node_count
        elif event.info.name == "NodeFinished":
            done += 1
        elif event.info.name == "NodeStart":
            report(event.data.node_info.node_name, done, total or None)

    database.set_environment()
    folder = settings.home() / "dbt"
    if manifest is not None:
        _aim(manifest, project)
    runner = dbtRunner(manifest=manifest, callbacks=[on_event])
    result = runner.invoke(
        [
            *("--quiet", "--log-level", "none", "--log-path", str(folder / "logs")),
            *("--no-use-colors", "--no-send-anonymous-usage-stats"),
            *arguments,
            *("--project-dir", str(project), "--profiles-dir", str(_profiles(folder))),
            *("--target-path", str(target or folder / "target")),
            "--no-write-json" if target is None else "--write-json",
            "--no-partial-parse",
        ]
    )
    del flags[flags_before:]
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception
    return result, get_invocation_id()


def _profiles(folder: Path) -> Path:
    """A folder with the project's example profile as profiles.yml."""
    text = (settings.PROJECT / "profiles.example.yml").read_text()
    profile = folder / "profiles.yml"
    if not profile.exists() or profile.read_text() != text:
        folder.mkdir(parents=True, exist_ok=True)
        profile.write_text(text)
    return folder


def _definitions() -> str:
    """A hash of all files of the working copy that define what a run computes."""
    digest = hashlib.sha256()
    for file in _files(DEFINITIONS):
        digest.update(f"{file.relative_to(settings.PROJECT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(patterns: Sequence[str]) -> list[Path]:
    files = {file for pattern in patterns for file in settings.PROJECT.glob(pattern)}
    return sorted(file for file in files if file.is_file())


def _project(connection: psycopg.Connection) -> tuple[Path, str]:
    """The files that were deployed, and their hash: the copy that the deploy kept, or the
    working copy where the deploy was made elsewhere, or where dbt was run by hand since."""
    (deployed,) = connection.execute(query("deployed_definitions")).fetchone()
    copy = _copies() / str(deployed)
    return (copy, deployed) if copy.is_dir() else (settings.PROJECT, _definitions())


def _copies() -> Path:
    return settings.home() / "dbt" / "deployed"


@contextlib.contextmanager
def _kept_copy() -> Iterator[None]:
    """Keep a copy of the working copy's definitions, if the block deploys them."""
    copy = _copies() / _definitions()
    copy.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix="new-") as new:
        for file in _files((*DEFINITIONS, *TESTS)):
            target = Path(new) / copy.name / file.relative_to(settings.PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        yield
        if copy.exists():
            copy.touch()
        else:
            (Path(new) / copy.name).rename(copy)
    _keep_newest([one for one in copy.parent.iterdir() if not one.name.startswith("new-")])


def _keep_newest(files: list[Path], number: int = 4) -> None:
    """Delete kept files but the newest ones."""
    for old in sorted(files, key=lambda file: file.stat().st_mtime)[:-number]:
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)


def _derived_metric_sources(project: Path) -> list[str]:
    """The metric sources that read cluster_metrics instead of facts."""
    text = (project / "dbt_project.yml").read_text()
    return yaml.safe_load(text)["vars"]["derived_metric_sources"]


@functools.lru_cache(maxsize=2)
def _manifest(project: Path, definitions: str):
    """A parsed project, kept in this process."""
    return _kept_manifest(project, definitions)


def _kept_manifest(project: Path, definitions: str):
    """A parsed project, kept on disk under the hash of its files and dbt's version."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder
    from dbt.version import get_installed_version

    folder = settings.home() / "dbt" / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    key = f"{get_installed_version()} {definitions}"
    kept = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.msgpack"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            manifest = Manifest.from_msgpack(kept.read_bytes(), decoder=extended_mashumuro_decoder)
            manifest.build_flat_graph()
            return manifest
        result, _ = _invoke(["parse"], project)
        if not result.success:
            raise HedgeError(f"the project does not parse: {paragraph(result, project)}")
        kept.write_bytes(result.result.to_msgpack(extended_mashumaro_encoder))
        _keep_newest(list(folder.glob("*.msgpack")))
        return result.result


def _aim(manifest: Any, project: Path) -> None:
    """Let a kept manifest name the database of this process and the project's folder, not
    those it was parsed for."""
    name = os.environ["PGDATABASE"]
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = name
        if node.resource_type == "seed":
            node.root_path = str(project)


def _seed_columns_changed(connection: psycopg.Connection) -> bool:
    """Whether a seed's header differs from its table, so that the table must be made anew."""
    for file in sorted((settings.PROJECT / "seeds").glob("*.csv")):
        with file.open() as lines:
            header = lines.readline().strip().split(",")
        standing = connection.execute(query("columns"), {"table": file.stem}).fetchone()[0]
        if standing is not None and standing != header:
            return True
    return False
