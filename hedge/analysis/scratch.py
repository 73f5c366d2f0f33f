"""Building part of a project in a scratch schema, while everything else is read live.

The parsed project is copied and retargeted: the nodes that are built get the scratch schema, all
others keep theirs. Marts become plain tables, the hooks that write the run ledger are removed,
and a hook of each mart sets the as-of instant.
"""

import contextlib
import copy
import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from hedge import database, settings
from hedge.queries import query
from hedge.runs import ParsedProject

#: The first key of the advisory lock that a preview holds; the second is the number in the names
#: of its schemas.
SCRATCH_LOCK = 0x70726576
SIDES = ("before", "after")


@contextlib.contextmanager
def schemas(connection: psycopg.Connection) -> Iterator[dict[str, str]]:
    """Create two schemas, and drop them when the block ends; yields their names by side.

    The schemas of killed processes are dropped first: no session holds their lock.
    """
    number = connection.info.backend_pid
    connection.execute("select pg_advisory_lock(%s, %s)", [SCRATCH_LOCK, number])
    names = {side: f"preview_{number}_{side}" for side in SIDES}
    try:
        _drop(connection, names.values())
        _drop_abandoned(connection)
        for name in names.values():
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        yield names
    finally:
        if not connection.broken:
            _drop(connection, names.values())
            connection.execute("select pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])


def _drop_abandoned(connection: psycopg.Connection) -> None:
    """Drop the scratch schemas whose lock no session holds."""
    for name, number in connection.execute(query("preview_schemas")).fetchall():
        attempt = "select pg_try_advisory_lock(%s, %s)"
        if database.value(connection, attempt, [SCRATCH_LOCK, number]):
            _drop(connection, [name])
            connection.execute("select pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])


def _drop(connection: psycopg.Connection, names: Iterable[str]) -> None:
    # Without this, PostgreSQL sends a notice with every object that the cascade drops.
    connection.execute("set client_min_messages = warning")
    for name in names:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))


def changed(old: ParsedProject, new: ParsedProject) -> set[str]:
    """The ids of the models and seeds of new that old lacks, or whose result may differ: in the
    body, the configuration, the columns, or a macro, variable or source that they read."""
    return {
        key
        for key in buildable(new.manifest)
        if key not in old.manifest.nodes or _differs(old, new, key)
    }


def _differs(old: ParsedProject, new: ParsedProject, key: str) -> bool:
    before, after = old.manifest.nodes[key], new.manifest.nodes[key]
    return (
        not after.same_body(before)
        or not after.same_config(before)
        or _columns(before) != _columns(after)
        or _other_inputs(old, before) != _other_inputs(new, after)
    )


def _columns(node: Any) -> list[tuple[str, str | None]]:
    return [(column.name, column.data_type) for column in node.columns.values()]


def _other_inputs(project: ParsedProject, node: Any) -> tuple[dict[str, Any], ...]:
    """What a model reads in addition to other nodes: the text of macros, variables, sources."""
    manifest = project.manifest
    if node.resource_type == "seed":
        return ()
    texts: dict[str, str] = {}
    queue = list(node.depends_on.macros)
    while queue:
        key = queue.pop()
        if key in manifest.macros and key not in texts:
            macro = manifest.macros[key]
            # Macros of dbt itself change with dbt's version, not with the project.
            texts[key] = macro.macro_sql if macro.package_name == node.package_name else ""
            queue += macro.depends_on.macros
    text = "\n".join([node.raw_code, *texts.values()])
    variables = {
        name: value
        for name, value in project.variables.items()
        if re.search(rf"var\(\s*['\"]{name}['\"]", text)
    }
    sources = {
        key: (manifest.sources[key].schema, manifest.sources[key].identifier)
        for key in node.depends_on.nodes
        if key in manifest.sources
    }
    return texts, variables, sources


def downstream(manifest: Any, keys: Iterable[str]) -> set[str]:
    """The ids of the given nodes and of all models that depend on them."""
    return _reachable(keys, manifest.child_map) & buildable(manifest)


def upstream(manifest: Any, keys: Iterable[str]) -> set[str]:
    """The ids of the given nodes and of all models and seeds on which they depend."""
    return _reachable(keys, manifest.parent_map) & buildable(manifest)


def _reachable(keys: Iterable[str], edges: dict[str, list[str]]) -> set[str]:
    """The nodes of a graph that can be reached from some of its nodes, those included."""
    reached: set[str] = set()
    queue = list(keys)
    while queue:
        key = queue.pop()
        if key not in reached:
            reached.add(key)
            queue += edges.get(key, ())
    return reached


def buildable(manifest: Any) -> set[str]:
    """The ids of all models and seeds."""
    return {key for key, node in manifest.nodes.items() if node.resource_type in ("model", "seed")}


def retarget(
    manifest: Any,
    keys: Collection[str],
    schema: str,
    as_of: datetime,
    windows: dict[str, list[str]],
    *,
    own_board_runs: bool = True,
    tests: bool = False,
) -> Any:
    """A copy of a manifest in which the given nodes are built in a schema, as of an instant.

    windows maps names of marts to the windows that they compute; other marts compute the default
    windows. With own_board_runs, board runs are read from the schema too, where the preview has
    written its own. With tests, the copy has the data tests and unit tests as well. What is not
    built stays the object of the manifest: to copy all of a project takes longer than to build
    one of its models.
    """
    retargeted = type(manifest)(
        nodes={
            key: node for key, node in manifest.nodes.items() if node.resource_type in _kept(tests)
        },
        unit_tests=dict(manifest.unit_tests) if tests else {},
        sources=dict(manifest.sources),
        macros=manifest.macros,
        metadata=manifest.metadata,
    )
    for key, source in manifest.sources.items():
        if own_board_runs and source.name == "leaderboard_runs":
            retargeted.sources[key] = dataclasses.replace(source, schema=schema)
    for key in keys:
        node = retargeted.nodes[key] = copy.deepcopy(manifest.nodes[key])
        node.schema = schema
        if node.config.materialized == "incremental":
            _materialize_as_table(node, as_of, windows.get(node.name))
    retargeted.build_parent_and_child_maps()
    # The variable `graph` of dbt's Jinja is built from this copy of the nodes.
    retargeted.build_flat_graph()
    return retargeted


def _kept(tests: bool) -> set[str]:
    """The kinds of nodes that a retargeted manifest has. Operations, which would write the run
    ledger, are not among them."""
    return {"model", "seed", "test"} if tests else {"model", "seed"}


def _materialize_as_table(node: Any, as_of: datetime, windows: list[str] | None) -> None:
    """Let a mart become a plain table whose session has an as-of instant and windows."""
    node.config.materialized = "table"
    # A foreign key would lock the live table that it references.
    node.constraints = [one for one in node.constraints if one.type.value != "foreign_key"]
    hook = copy.copy(node.config.pre_hook[0])
    hook.sql = query("preview_settings") % {
        "as_of": sql.Literal(as_of.isoformat()).as_string(None),
        "windows": sql.Literal(_array_literal(windows)).as_string(None),
        "timeout": sql.Literal(f"{settings.compute_timeout()}s").as_string(None),
    }
    node.config.pre_hook = [hook]


def _array_literal(windows: list[str] | None) -> str:
    """The text of a PostgreSQL array, empty for None. Window keys contain no quotes."""
    return "" if windows is None else "{" + ",".join(f'"{name}"' for name in windows) + "}"
