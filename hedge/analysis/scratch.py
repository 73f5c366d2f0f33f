"""Building part of a project in a scratch schema, while everything else is read live.

dbt builds a part of the project in the scratch schema (hedge.dbt_runner.Scratch); all else keeps
its schema. Marts become plain tables, the hooks that write the run ledger are left out, and a hook
of each mart sets the as-of instant.
"""

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from hedge import database, settings
from hedge.analysis import described
from hedge.dbt_runner import Manifest, Scratch
from hedge.dbt_runner.manifest import Node, same_config
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
        _drop_abandoned(connection)
        for name in names.values():
            empty(connection, name)
        yield names
    finally:
        if not connection.broken:
            _drop(connection, names.values())
            connection.execute("select pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])


def empty(connection: psycopg.Connection, name: str) -> None:
    """Make a scratch schema with nothing in it, in the place of what there is of it."""
    _drop(connection, [name])
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))


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
    body, the configuration, the columns, or a macro, variable or source that they read, or in SQL
    that macros write from what the YAML of other models says."""
    differing = {
        key
        for key in new.manifest.buildable()
        if key not in old.manifest.nodes or _differs(old, new, key)
    }
    return differing | described.changed(old, new)


def affected(manifest: Manifest, changed: set[str], marts: Iterable[str]) -> set[str]:
    """The ids of changed nodes, and of those that depend on them and on which some marts depend or
    which are these marts. marts are names of models."""
    compared = manifest.upstream(f"model.hedge.{name}" for name in marts)
    return manifest.downstream(changed) & (compared | changed)


def _differs(old: ParsedProject, new: ParsedProject, key: str) -> bool:
    before, after = old.manifest.nodes[key], new.manifest.nodes[key]
    return (
        after.body != before.body
        or not same_config(after, before)
        or _columns(before) != _columns(after)
        or _other_inputs(old, before) != _other_inputs(new, after)
    )


def _columns(node: Node) -> list[tuple[str, str | None]]:
    return [(column.name, column.data_type) for column in node.columns.values()]


def _other_inputs(project: ParsedProject, node: Node) -> tuple[dict[str, Any], ...]:
    """What a model reads in addition to other nodes: the text of macros, variables, sources."""
    manifest = project.manifest
    if node.resource_type == "seed":
        return ()
    # Macros of dbt itself change with dbt's version, not with the project.
    texts = {
        key: manifest.macros[key].macro_sql
        if manifest.macros[key].package_name == node.package_name
        else ""
        for key in manifest.called_macros(node.depends_on_macros)
    }
    text = "\n".join([node.raw_code, *texts.values()])
    variables = {
        name: value
        for name, value in project.variables.items()
        if re.search(rf"var\(\s*['\"]{name}['\"]", text)
    }
    sources = {
        key: (manifest.sources[key].schema, manifest.sources[key].identifier)
        for key in node.depends_on_nodes
        if key in manifest.sources
    }
    return texts, variables, sources


def part(
    manifest: Manifest,
    keys: Collection[str],
    schema: str,
    as_of: datetime,
    windows: Mapping[str, Sequence[str]],
    *,
    own_board_runs: bool = True,
    tests: bool = False,
    exclusion: str = "",
) -> Scratch:
    """The given nodes of a project, to be built in a schema as of an instant.

    windows maps names of marts to the windows that they compute; other marts compute the default
    windows. With own_board_runs, board runs are read from the schema too, where the preview has
    written its own. With tests, data tests and unit tests can be passed as well. exclusion is a row
    of app.exclusions as JSON that the marts are computed with as if it were stored.
    """
    marts = [node for key in keys if (node := manifest.nodes[key]).materialized == "incremental"]
    return Scratch(
        schema=schema,
        nodes=frozenset(keys),
        sources=frozenset(
            key
            for key, source in manifest.sources.items()
            if own_board_runs and source.name == "leaderboard_runs"
        ),
        settings={
            mart.unique_id: _settings(as_of, windows.get(mart.name), exclusion) for mart in marts
        },
        tests=tests,
    )


def _settings(as_of: datetime, windows: Sequence[str] | None, exclusion: str) -> str:
    """The SQL that gives the session of a mart its as-of instant, windows and exclusion."""
    return query("preview_settings") % {
        "as_of": sql.Literal(as_of.isoformat()).as_string(None),
        "windows": sql.Literal(_array_literal(windows)).as_string(None),
        "exclusion": sql.Literal(exclusion.encode().hex()).as_string(None),
        "timeout": sql.Literal(f"{settings.compute_timeout()}s").as_string(None),
    }


def _array_literal(windows: Sequence[str] | None) -> str:
    """The text of a PostgreSQL array, empty for None. Window keys contain no quotes."""
    return "" if windows is None else "{" + ",".join(f'"{name}"' for name in windows) + "}"
