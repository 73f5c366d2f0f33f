"""Calling dbt in this process. This is the only module that imports dbt.

dbt is imported once per process, on first use. A parsed project (a manifest, in dbt's terms) is
kept on disk under the hash of the project's files, and in memory, so that neither an unchanged
project nor other variables cost another parse.
"""

import contextlib
import fcntl
import functools
import gc
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hedge import database, kept_files, settings
from hedge.errors import HedgeError
from hedge.project import file_checks, files
from hedge.runs.cancelling import Session, cancellable
from hedge.runs.dbt_errors import paragraph

#: Called with the name of a node, how many nodes are done, and how many there are (None: not
#: known yet).
Report = Callable[[str, float, float | None], None]

#: The files of dbt's documentation.
DOCUMENTS = ("index.html", "manifest.json", "catalog.json")
#: The file of dbt's target folder that a partial parse begins with.
PARTIAL_PARSE = "partial_parse.msgpack"


def invoke(
    arguments: list[str],
    project: Path,
    manifest: Any = None,
    report: Report | None = None,
    target: Path | None = None,
    *,
    partial_parse: bool = False,
) -> tuple[Any, str]:
    """Call dbt with the arguments of its command line for a project.

    Returns dbt's result (dbtRunnerResult), to which the SQLSTATEs of the statements that failed
    are added as sqlstates, and the id of the invocation. dbt writes its artifacts into target, if
    one is given, and no artifacts otherwise. With partial_parse, dbt parses only the files that
    differ from those of its last parse into that target. A run that is cancelled raises what
    hedge.runs.cancelling.cancellable does.
    """
    return cancellable(
        lambda: _invoke(arguments, project, manifest, report, target, partial_parse), _sessions
    )


def _invoke(
    arguments: list[str],
    project: Path,
    manifest: Any,
    report: Report | None,
    target: Path | None,
    partial_parse: bool,
) -> tuple[Any, str]:
    with _without_garbage_collection():
        from dbt.adapters.base import impl
        from dbt.cli.main import dbtRunner
        from dbt_common.invocation import get_invocation_id

    total, done = 0, 0
    # Each invocation appends to this list of dbt's; a worker makes thousands of them.
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

    folder = settings.home() / "dbt"
    sqlstates: list[str] = []
    with database.in_environment(), _noting_sqlstates(sqlstates):
        if manifest is not None:
            _set_database_and_folder(manifest, project)
        runner = dbtRunner(manifest=manifest, callbacks=[on_event])
        result = _result_of(
            runner,
            [
                *("--quiet", "--log-level", "none", "--log-path", str(folder / "logs")),
                *("--no-use-colors", "--no-send-anonymous-usage-stats"),
                *arguments,
                # DBT_TARGET is meant for dbt by hand, and a run of hedge is one of the live schema.
                *("--target", "prod"),
                *("--project-dir", str(project), "--profiles-dir", str(_profiles(folder))),
                *("--target-path", str(target or folder / "target")),
                *("--no-write-json", "--partial-parse" if partial_parse else "--no-partial-parse"),
            ],
        )
    del flags[flags_before:]
    vars(result)["sqlstates"] = sqlstates
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception
    return result, get_invocation_id()


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Do not look for garbage while the block makes many objects that stay: classes of dbt, or
    the nodes of a project. That saves a sixth of the time that it takes to import dbt."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def last_invocation() -> str | None:
    """The id of the invocation of dbt that this process has begun last; None where it has begun
    none."""
    # dbt is not imported for this: the module knows an id before the first invocation.
    module: Any = sys.modules.get("dbt_common.invocation")
    return str(module.get_invocation_id()) if module else None


def _sessions() -> list[Session]:
    """The sessions that dbt has opened."""
    from dbt.adapters.contracts.connection import ConnectionState
    from dbt.adapters.factory import FACTORY

    return [
        connection.handle
        for adapter in list(FACTORY.adapters.values())
        for connection in list(adapter.connections.thread_connections.values())
        if connection.state == ConnectionState.OPEN
    ]


def _result_of(runner: Any, arguments: list[str]) -> Any:
    """The result of an invocation. dbt returns most exceptions as part of it and raises the others,
    which become a HedgeError."""
    try:
        return runner.invoke(arguments)
    except Exception as error:
        cause = " ".join(str(error).split()) or "no reason is given"
        raise HedgeError(f"dbt ended with {type(error).__name__}: {cause}") from error


@contextlib.contextmanager
def _noting_sqlstates(found: list[str]) -> Iterator[None]:
    """Append the SQLSTATE of each statement of dbt that fails while the block runs. dbt itself
    keeps the text of an error only, which depends on the language of the server."""
    import psycopg2
    from dbt.adapters.postgres.connections import PostgresConnectionManager

    manager_class: Any = PostgresConnectionManager
    handler = manager_class.exception_handler

    @contextlib.contextmanager
    def noting(manager: Any, statement: str) -> Iterator[None]:
        with handler(manager, statement):
            try:
                yield
            except psycopg2.Error as error:
                # The driver gives none where the connection was lost: connection_failure.
                found.append(error.pgcode or "08006")
                raise

    manager_class.exception_handler = noting
    try:
        yield
    finally:
        manager_class.exception_handler = handler


def compiled_sql(model: str, project: Path, definitions: str) -> str:
    """The SQL of a model as dbt compiles it; a HedgeError where it does not compile."""
    result, _ = invoke(["compile", "--select", model], project, manifest(project, definitions))
    if not result.success:
        raise HedgeError(f"{model} does not compile: {paragraph(result, project)}")
    (code,) = [found.node.compiled_code for found in result.result if found.node.name == model]
    return str(code).strip()


def compiled_text(text: str, project: Path, parsed: Any, variables: dict[str, Any]) -> str:
    """A text with Jinja as dbt renders it for a project and its Manifest, with variables in place
    of those of the project; a HedgeError where that fails."""
    arguments = ["compile", "--inline", text, "--vars", json.dumps(variables)]
    result, _ = invoke(arguments, project, parsed)
    if not result.success:
        raise HedgeError(f"the project does not compile: {paragraph(result, project)}")
    return str(result.result[0].node.compiled_code).strip()


@dataclass(frozen=True)
class CompiledTest:
    """A data test as dbt compiles it: a query that finds what must not be. reads are the models,
    seeds and sources that it reads."""

    name: str
    reads: list[str]
    only_warns: bool
    sql: str


def compiled_data_tests(project: Path, definitions: str) -> list[CompiledTest]:
    """The data tests of a project by their names, kept on disk as parsed projects are; a HedgeError
    where they do not compile."""
    # The queries name the database, too.
    key = " ".join(
        (version("dbt-core"), files.parsed_hash(project), database.environment()["PGDATABASE"])
    )
    folder = settings.home() / "dbt" / "data_tests"
    kept = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    content = kept_files.kept(kept)
    if content is None:
        arguments = ["compile", "--select", "test_type:data", "--no-populate-cache"]
        result, _ = invoke(arguments, project, manifest(project, definitions))
        if not result.success:
            raise HedgeError(f"the data tests do not compile: {paragraph(result, project)}")
        found = [
            CompiledTest(
                name=one.node.name,
                reads=sorted(read.rpartition(".")[2] for read in one.node.depends_on.nodes),
                only_warns=one.node.config.severity.lower() == "warn",
                sql=one.node.compiled_code.strip(),
            )
            for one in result.result
            if one.node.resource_type == "test"
        ]
        found.sort(key=lambda one: one.name)
        content = json.dumps([asdict(one) for one in found]).encode()
        folder.mkdir(parents=True, exist_ok=True)
        kept_files.keep(kept, content)
        delete_all_but_newest(list(folder.glob("*.json")), 20)
    return [CompiledTest(**one) for one in json.loads(content)]


def write_documentation(folder: Path, project: Path, definitions: str) -> None:
    """Write dbt's documentation of a project into a folder: a page, what it says of models,
    sources and their lineage, and the columns that the database has."""
    kept = settings.home() / "dbt"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix="docs-") as target:
        parsed = manifest(project, definitions)
        result, _ = invoke(["docs", "generate"], project, parsed, target=Path(target))
        if not result.success:
            raise HedgeError(f"the documentation cannot be built: {paragraph(result, project)}")
        for name in DOCUMENTS:
            shutil.copyfile(Path(target) / name, folder / name)


@functools.lru_cache(maxsize=2)
def manifest(project: Path, definitions: str) -> Any:
    """A parsed project (dbt's Manifest), kept in this process by the hash of its definitions. dbt
    writes into its nodes during a run."""
    return unused_manifest(project)


def unused_manifest(project: Path) -> Any:
    """A parsed project that no run has used, kept on disk under the hash of its files and dbt's
    version; a HedgeError where the project does not parse."""
    with _without_garbage_collection():
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder
        from dbt.version import get_installed_version

    folder = settings.home() / "dbt" / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    key = f"{get_installed_version()} {files.parsed_hash(project)}"
    kept = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.msgpack"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        content = kept_files.kept(kept)
        if content is not None:
            with _without_garbage_collection():
                parsed = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
                parsed.build_flat_graph()
            return parsed
        file_checks.require_readable(project)
        # What dbt has parsed of a folder before is kept, so that an edit costs what it changes.
        place = hashlib.sha256(f"{get_installed_version()} {project}".encode()).hexdigest()
        parsed_before = settings.home() / "dbt" / "parsed" / place[:16]
        if not kept_files.is_sealed(parsed_before / PARTIAL_PARSE):
            shutil.rmtree(parsed_before, ignore_errors=True)
        parsed_before.mkdir(parents=True, exist_ok=True)
        result, _ = invoke(["parse"], project, target=parsed_before, partial_parse=True)
        delete_all_but_newest(list(parsed_before.parent.iterdir()))
        if not result.success:
            # dbt does not name the file of a macro or page whose blocks do not end.
            cause = file_checks.template_fault(project) or paragraph(result, project)
            raise HedgeError(f"the project does not parse: {cause}")
        kept_files.seal(parsed_before / PARTIAL_PARSE)
        kept_files.keep(kept, result.result.to_msgpack(extended_mashumaro_encoder))
        delete_all_but_newest(list(folder.glob("*.msgpack")), 20)
        return result.result


def view_names(project: Path, definitions: str) -> list[str]:
    """The names of the views that a project's models create."""
    return views_of(manifest(project, definitions))


def views_of(parsed: Any) -> list[str]:
    """The names of the views that the models of a Manifest create."""
    return [
        node.identifier
        for node in parsed.nodes.values()
        if node.resource_type == "model" and node.config.materialized == "view"
    ]


def delete_all_but_newest(files: list[Path], number: int = 4) -> None:
    """Delete kept files and folders except the most recently modified ones."""
    for old in sorted(files, key=lambda file: file.stat().st_mtime)[:-number]:
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)


def _profiles(folder: Path) -> Path:
    """A folder that holds the package's profiles.example.yml as profiles.yml."""
    text = (settings.PACKAGED_PROJECT / "profiles.example.yml").read_text()
    profile = folder / "profiles.yml"
    if not profile.exists() or profile.read_bytes() != text.encode():
        folder.mkdir(parents=True, exist_ok=True)
        kept_files.write(profile, text.encode())
    return folder


def _set_database_and_folder(manifest: Any, project: Path) -> None:
    """Let a manifest name the database of this process and the folder of the project instead of
    those it was parsed for: a kept manifest is found by the hash of its files alone."""
    name = os.environ["PGDATABASE"]
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = name
        if node.resource_type == "seed":
            node.root_path = str(project)
