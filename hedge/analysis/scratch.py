"""Building part of a project aside: in a schema of its own, over the live tables.

The parsed project is copied and retargeted: what is to be built gets the scratch schema, all else
keeps its own, so that a scratch model reads live what it does not build. Marts become plain
tables, the hooks that write the ledger are left out, and the as-of instant is set by a hook.
"""

import contextlib
import copy
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from hedge.queries import query
from hedge.runs import ParsedProject

#: The first half of the advisory lock of a preview; the other is the number in its schemas.
SCRATCH_LOCK = 0x70726576
SIDES = ("before", "after")


@contextlib.contextmanager
def schemas(connection: psycopg.Connection) -> Iterator[dict[str, str]]:
    """The names of two new schemas, before and after, which are dropped when the block ends.

    What a killed process left is dropped first: nobody holds its lock.
    """
    number = connection.info.backend_pid
    connection.execute("select pg_advisory_lock(%s, %s)", [SCRATCH_LOCK, number])
    made = {side: f"preview_{number}_{side}" for side in SIDES}
    try:
        _drop(connection, made.values())
        _sweep(connection)
        for name in made.values():
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        yield made
    finally:
        if not connection.broken:
            _drop(connection, made.values())
            connection.execute("select pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])


def _sweep(connection: psycopg.Connection) -> None:
    for name, number in connection.execute(query("preview_leftovers")).fetchall():
        attempt = connection.execute("select pg_try_advisory_lock(%s, %s)", [SCRATCH_LOCK, number])
        if attempt.fetchone()[0]:
            _drop(connection, [name])
            connection.execute("select pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])


def _drop(connection: psycopg.Connection, names: Iterable[str]) -> None:
    # the notice that lists what goes along is of no interest
    connection.execute("set client_min_messages = warning")
    for name in names:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))


def changed(old: ParsedProject, new: ParsedProject) -> set[str]:
    """The ids of the models and seeds of one project that the other lacks or has otherwise:
    the body, the configuration, the columns, a macro, a variable or a source it reads."""
    return {
        key
        for key in _buildable(new.manifest)
        if key not in old.manifest.nodes or _differs(old, new, key)
    }


def _differs(old: ParsedProject, new: ParsedProject, key: str) -> bool:
    before, after = old.manifest.nodes[key], new.manifest.nodes[key]
    return (
        not after.same_body(before)
        or not after.same_config(before)
        or _columns(before) != _columns(after)
        or _read(old, before) != _read(new, after)
    )


def _columns(node: Any) -> list[tuple]:
    return [(column.name, column.data_type) for column in node.columns.values()]


def _read(project: ParsedProject, node: Any) -> tuple:
    """What a model reads besides other nodes: the text of macros, variables, sources."""
    manifest = project.manifest
    if node.resource_type == "seed":
        return ()
    texts, waiting = {}, list(node.depends_on.macros)
    while waiting:
        key = waiting.pop()
        if key in manifest.macros and key not in texts:
            macro = manifest.macros[key]
            # dbt's own change with dbt, not with the project
            texts[key] = macro.macro_sql if macro.package_name == node.package_name else ""
            waiting += macro.depends_on.macros
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
    """Models and seeds, and all models that hang on them."""
    return _reach(keys, manifest.child_map) & _buildable(manifest)


def upstream(manifest: Any, keys: Iterable[str]) -> set[str]:
    """Models and seeds, and all that they hang on."""
    return _reach(keys, manifest.parent_map) & _buildable(manifest)


def _reach(keys: Iterable[str], edges: dict[str, list[str]]) -> set[str]:
    found, waiting = set(), list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += edges.get(key, ())
    return found


def _buildable(manifest: Any) -> set[str]:
    return {key for key, node in manifest.nodes.items() if node.resource_type in ("model", "seed")}


def retarget(
    manifest: Any,
    keys: Collection[str],
    schema: str,
    as_of: datetime,
    windows: dict[str, list[str]],
) -> Any:
    """A copy of a manifest in which the given nodes are made in a schema, as of an instant.

    windows are what single marts compute, by name; the others compute what always stands. The
    runs of boards are read from the schema too: a preview has some that nobody asked for.
    """
    retargeted = manifest.deepcopy()
    hooks = {key for key, node in retargeted.nodes.items() if node.resource_type == "operation"}
    for key in hooks:
        del retargeted.nodes[key]
    for source in retargeted.sources.values():
        if (source.source_name, source.name) == ("app", "leaderboard_runs"):
            source.schema = schema
    for key in keys:
        node = retargeted.nodes[key]
        node.schema = schema
        if node.config.materialized == "incremental":
            _make_a_table(node, as_of, windows.get(node.name))
    retargeted.build_parent_and_child_maps()
    # what models see of each other as `graph`
    retargeted.build_flat_graph()
    return retargeted


def _make_a_table(node: Any, as_of: datetime, windows: list[str] | None) -> None:
    node.config.materialized = "table"
    # a key to a live table would lock it
    node.constraints = [one for one in node.constraints if one.type.value != "foreign_key"]
    hook = copy.copy(node.config.pre_hook[0])
    hook.sql = query("preview_settings") % {
        "as_of": sql.Literal(as_of.isoformat()).as_string(None),
        "windows": sql.Literal(_array(windows)).as_string(None),
    }
    node.config.pre_hook = [hook]


def _array(windows: list[str] | None) -> str:
    """The text of an array of PostgreSQL; names of windows need no quotes but these."""
    return "" if windows is None else "{" + ",".join(f'"{name}"' for name in windows) + "}"
