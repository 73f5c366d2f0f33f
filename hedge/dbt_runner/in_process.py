"""dbt in this process. This is the only module that imports dbt's Python package.

dbt is imported once per process, on first use, and a parsed project stays in memory, so that the
second invocation costs neither.
"""

import contextlib
import functools
import gc
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hedge import kept_files, libpq_variables
from hedge.dbt_runner import lean_classes, parsed_state, parts, spared
from hedge.dbt_runner.cancelling_statements import cancel_statements
from hedge.dbt_runner.interface import (
    PARTIAL_PARSE,
    Buckets,
    Invocation,
    Listener,
    NodeInfo,
    NodeResult,
    Result,
    written_rows,
)
from hedge.dbt_runner.kept_sessions import KeptSessions
from hedge.dbt_runner.made_once import MadeOnce
from hedge.errors import HedgeError


class InProcess:
    """The Runner that imports dbt."""

    def __init__(self) -> None:
        """Without sessions that are kept."""
        self._kept: KeptSessions | None = None

    def version(self) -> str:
        """The version of dbt-core."""
        return version("dbt-core")

    def load(self, profiles: Path) -> None:
        """See Runner."""
        _loaded(profiles)
        # dbt's commands import it when they are called.
        import_module("dbt.task.build")

    def invoke(self, invocation: Invocation, listener: Listener) -> Result:
        """See Runner; a KeyboardInterrupt that dbt has caught is raised."""
        dbtRunner, made_once = _loaded(invocation.profiles)
        from dbt.adapters.base import impl
        from dbt_common.clients.jinja import MacroFuzzEnvironment
        from dbt_common.dataclass_schema import dbtClassMixin

        # Each invocation appends to this list of dbt's; a worker makes thousands of them.
        flags = impl.DEFAULT_BASE_BEHAVIOR_FLAGS
        flags_before = len(flags)
        sqlstates: list[str] = []
        with (
            libpq_variables.set_variables(),
            _noting_sqlstates(sqlstates),
            lean_classes.compiled_once(made_once),
            made_once.used_by(MacroFuzzEnvironment, dbtClassMixin),
            _without_garbage_collection(),
        ):
            runner = dbtRunner(manifest=_manifest(invocation), callbacks=[_Telling(listener)])
            found = _found(runner, _arguments(invocation))
        del flags[flags_before:]
        if found.success and invocation.parsed is None and invocation.artifacts is not None:
            _remember(found.result, invocation.artifacts / PARTIAL_PARSE)
        if self._kept is not None and not found.success:
            self._kept.end_all()
        if isinstance(found.exception, KeyboardInterrupt):
            raise found.exception
        error = found.exception
        return Result(
            success=bool(found.success),
            nodes=[_result(one) for one in _results(found.result)],
            error=None if error is None else str(error).strip() or type(error).__name__,
            sqlstates=sqlstates,
        )

    def describe(self, artifacts: Path) -> Mapping[str, Any]:
        """See Runner; manifest.json would have the same, and takes dbt half a second to write."""
        return parsed_state.unpacked((artifacts / PARTIAL_PARSE).read_bytes())

    def keep_sessions(self) -> None:
        """See Runner."""
        if self._kept is None:
            _imported()
            from dbt.adapters.postgres.connections import PostgresConnectionManager

            self._kept = KeptSessions()
            self._kept.put_in_place(PostgresConnectionManager)

    def cancel(self, done: threading.Event) -> None:
        """See Runner: dbt ends by itself when its statements are cancelled."""
        cancel_statements(done, _sessions)


def _loaded(profiles: Path) -> tuple[type[Any], MadeOnce]:
    """dbt's dbtRunner, and what is kept for it beside the profiles."""
    made_once = _made_once(profiles / "made_once")
    with lean_classes.compiled_once(made_once):
        return _imported(), made_once


@functools.cache
def _imported() -> type[Any]:
    """dbt's dbtRunner; dbt is imported by the first call."""
    from mashumaro.config import BaseConfig

    # Most of dbt's classes are never read or written by a command, and their methods for that are
    # what takes longest to make.
    BaseConfig.lazy_compilation = True
    lean_classes.postpone_methods()
    with _without_garbage_collection():
        # dbt does so with the first profile.
        import_module("dbt.adapters.postgres")
        from dbt.cli.main import dbtRunner
        from dbt.compilation import Linker
        from dbt.graph.selector_methods import FileSelectorMethod
        from dbt.plugins.manager import PluginManager
        from dbt_common.behavior_flags import BehaviorFlagRendered
        from dbt_common.clients import agate_helper
        from dbt_common.events.base_types import BaseEvent, DebugLevel
        from dbt_common.events.event_manager import EventManager
    # Later searches for garbage leave out what has been loaded.
    gc.freeze()

    # What follows dbt does in each invocation, for nobody here. It looks through all that is
    # installed for plugins, which are the same for as long as a process lives;
    plugins: Any = PluginManager
    plugins.get_prefixed_modules = functools.cache(plugins.get_prefixed_modules)
    # makes each node a dictionary, to write graph_summary.json, which no one reads;
    linker: Any = Linker
    linker.get_graph_summary = lambda *_: {}
    # searches the same graph for cycles;
    linker.find_cycles = spared.once_where_none(linker.find_cycles)
    # takes the paths of all nodes apart for each selected file;
    files: Any = FileSelectorMethod
    files.search = spared.with_known_names(files.search)
    # makes a message of each of its steps;
    spared.make_when_read(BaseEvent, DebugLevel, _Telling.HEARD)
    events: Any = EventManager
    events.fire_event = spared.only_heard(events.fire_event, _Telling.HEARD)
    # reads the source of all functions that are being called, to say where a flag is from;
    flag: Any = BehaviorFlagRendered
    flag._default_source = staticmethod(lambda: "dbt")
    # and makes a table, with parsers of all types, for each statement that returns no rows.
    tables: Any = agate_helper
    tables.empty_table = functools.cache(tables.empty_table)
    return dbtRunner


@functools.lru_cache(maxsize=2)
def _made_once(folder: Path) -> MadeOnce:
    return MadeOnce(folder)


class _Telling:
    """A callback of dbt that tells a listener."""

    #: The events that it tells of; the first is that of an invocation.
    HEARD = ("MainReportVersion", "ConcurrencyLine", "NodeStart", "NodeFinished")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.has_begun = False

    def __call__(self, event: Any) -> None:
        if not self.has_begun:
            self.has_begun = True
            self.listener.begins(event.info.invocation_id)
        if event.info.name == "ConcurrencyLine":
            self.listener.counts(event.data.node_count)
        elif event.info.name == "NodeStart":
            self.listener.starts(_node(event.data.node_info))
        elif event.info.name == "NodeFinished":
            result = event.data.run_result
            self.listener.ends(
                _node(event.data.node_info),
                result.status,
                written_rows(dict(result.adapter_response)),
                result.execution_time,
            )


def _node(info: Any) -> NodeInfo:
    return NodeInfo(info.unique_id, info.node_name, info.materialized)


def _arguments(invocation: Invocation) -> list[str]:
    """The arguments of dbt's command line for an invocation, which logs nothing."""
    folder = invocation.profiles
    target = invocation.artifacts or folder / "target"
    return [
        *("--quiet", "--log-level", "none"),
        *invocation.command_line(invocation.project, folder / "logs", target),
        *(("--vars", json.dumps(dict(invocation.variables))) if invocation.variables else ()),
        "--no-write-json",
        "--no-partial-parse" if invocation.parsed else "--partial-parse",
    ]


def _results(result: Any) -> Any:
    """The results of nodes in what a command returns; a parse returns a manifest, without any."""
    return getattr(result, "results", None) or ()


def _result(one: Any) -> NodeResult:
    node = one.node
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        resource_type=str(node.resource_type),
        status=str(one.status),
        message=one.message or "",
        rows=written_rows(getattr(one, "adapter_response", None)),
        seconds=one.execution_time,
        file=getattr(node, "original_file_path", ""),
        compiled_code=getattr(node, "compiled_code", None) or "",
    )


def _manifest(invocation: Invocation) -> Any:
    """dbt's Manifest for an invocation; None where it is to parse the project."""
    if invocation.parsed is None:
        return None
    if invocation.buckets is not None:
        manifest = _in_buckets(invocation.parsed, invocation.buckets)
    elif invocation.scratch is None:
        manifest = _used(invocation.parsed)
    else:
        manifest = parts.retargeted(_unused(invocation.parsed), invocation.scratch)
    # The file of a parse is found by the hash of the project's files alone.
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = invocation.database
        if node.resource_type == "seed":
            node.root_path = str(invocation.project)
    return manifest


@functools.lru_cache(maxsize=2)
def _used(parsed: Path) -> Any:
    """A Manifest for runs, which write into its nodes."""
    manifest = _read(parsed)
    manifest.build_flat_graph()
    return manifest


@functools.lru_cache(maxsize=2)
def _unused(parsed: Path) -> Any:
    """A Manifest that no run uses."""
    return _read(parsed)


#: The Manifest of the last parse in this process, by the hash of what dbt has kept of it.
_last_parse: dict[bytes, Any] = {}


def _remember(manifest: Any, kept: Path) -> None:
    """Keep the Manifest of a parse for the invocation that needs it next, once."""
    _last_parse.clear()
    _last_parse[hashlib.sha256(kept.read_bytes()).digest()] = manifest


def _read(parsed: Path) -> Any:
    content = kept_files.required(parsed)
    remembered = _last_parse.pop(hashlib.sha256(content).digest(), None)
    if remembered is not None:
        return remembered
    with _without_garbage_collection():
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        return Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)


@functools.lru_cache(maxsize=2)
def _in_buckets(parsed: Path, buckets: Buckets) -> Any:
    """A Manifest for runs, with nodes in buckets."""
    return parts.in_buckets(_used(parsed), buckets)


def _found(runner: Any, arguments: list[str]) -> Any:
    """What an invocation returns (dbtRunnerResult). dbt returns most exceptions as part of it and
    raises the others, which become a HedgeError."""
    try:
        return runner.invoke(arguments)
    except Exception as error:
        cause = " ".join(str(error).split()) or "no reason is given"
        raise HedgeError(f"dbt ended with {type(error).__name__}: {cause}") from error


def _sessions() -> list[Any]:
    """The sessions that dbt has opened, as psycopg2's connections."""
    from dbt.adapters.contracts.connection import ConnectionState
    from dbt.adapters.factory import FACTORY

    return [
        connection.handle
        for adapter in list(FACTORY.adapters.values())
        for connection in list(adapter.connections.thread_connections.values())
        if connection.state == ConnectionState.OPEN
    ]


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


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Do not look for garbage while the block makes many objects that stay: classes of dbt, or
    the nodes of a project. That saves a sixth of the time that it takes to import dbt, and a fifth
    of an invocation, whose garbage is small."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
