"""A metric source over other inputs: the same values must come out.

What a metric source says of a cluster as of an instant rests on the facts of that cluster before
that instant, and on nothing else. So its view, with all views below it, is created once more over
fewer rows: the links of a sample of clusters, and facts before an instant. There the rows of the
sample must be the same. Everything is created in a transaction that is rolled back.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from hedge.deploying.sources import Source
from hedge.queries import query

#: How many clusters are computed alone.
SAMPLE = 24
#: How long before the as-of instant of the marts the earlier instant lies: facts exist later, where
#: anything happens at all, and enough of them before.
EARLIER = timedelta(days=7)
#: How many pairs of computations must differ before chance or the clock is blamed.
_PAIRS = 3
#: The only window of this comparison. A source that ignores the windows of a run shows it.
WINDOW = "rolling_180d"


@dataclass(frozen=True)
class Difference:
    """The first value that differs, and how many do; a row of hedge/sql/deploy_difference.sql."""

    cluster_id: str
    window_key: str
    metric_key: str
    one_value: str
    other_value: str
    number_of_values: int


def faults(
    connection: psycopg.Connection,
    source: Source,
    as_of: datetime,
    event_times: dict[str, str],
) -> list[str]:
    """What the values of a source rest on that they must not, as sentences.

    as_of is the instant of the live marts. event_times maps raw tables to the column with the time
    of an event. The session computes as of another instant afterwards.
    """
    instant = as_of - EARLIER
    connection.execute(
        "select set_config('hedge.as_of', %s, false), set_config('hedge.windows', %s, false)",
        [instant.isoformat(), "{" + WINDOW + "}"],
    )
    try:
        sample = [
            cluster for (cluster,) in connection.execute(query("deploy_sample"), {"size": SAMPLE})
        ]
        _compute(connection, "one", source.view, sample)
        found = _windows_fault(connection, source)
        if found is None:
            found = _repeated_fault(connection, source, sample, instant)
        if found is None and _difference(connection, source, sample, instant, event_times):
            found = _inputs_fault(connection, source, sample, instant, event_times)
        return [found] if found else []
    finally:
        if not connection.broken:
            connection.execute("select set_config('hedge.windows', '', false)")


def _windows_fault(connection: psycopg.Connection, source: Source) -> str | None:
    other = connection.execute(
        "select window_key from one where window_key <> %s limit 1", [WINDOW]
    ).fetchone()
    if other is None:
        return None
    return (
        f"{source.place('window_key')}: {source.name} has rows of the window {other[0]} where a "
        f"run asks for {WINDOW} only: take window_key from the activity model"
    )


def _repeated_fault(
    connection: psycopg.Connection,
    source: Source,
    sample: Sequence[str],
    instant: datetime,
    pairs: int = _PAIRS,
) -> str | None:
    """The same computation a second time, in a transaction of its own.

    Facts that change meanwhile make a difference, too, which the next pair of computations has not.
    """
    _compute(connection, "other", source.view, sample)
    found = _first_difference(connection)
    if found is None:
        return None
    if pairs > 1:
        _compute(connection, "one", source.view, sample)
        return _repeated_fault(connection, source, sample, instant, pairs - 1)
    return (
        f"{source.place(found.metric_key)}: {source.name}.{found.metric_key} of cluster "
        f"{found.cluster_id} is {found.one_value} and then {found.other_value}, computed twice as "
        f"of {instant:%Y-%m-%d}: let nothing depend on chance, on the clock or on the order of rows"
    )


def _inputs_fault(
    connection: psycopg.Connection,
    source: Source,
    sample: Sequence[str],
    instant: datetime,
    event_times: dict[str, str],
) -> str | None:
    """Which of the two inputs makes the difference, as a sentence. All of them are computed from
    one snapshot: facts and links that change meanwhile make none."""
    with connection.transaction(force_rollback=True):
        connection.execute("set transaction isolation level repeatable read")
        _compute(connection, "one", source.view, sample)
        return _which_input(connection, source, sample, instant, event_times)


def _which_input(
    connection: psycopg.Connection,
    source: Source,
    sample: Sequence[str],
    instant: datetime,
    event_times: dict[str, str],
) -> str | None:
    if found := _difference(connection, source, None, instant, event_times, sample):
        return (
            f"{source.place(found.metric_key)}: {source.name}.{found.metric_key} of cluster "
            f"{found.cluster_id} as of {instant:%Y-%m-%d} is {found.one_value}, and "
            f"{found.other_value} without the facts after that instant: read facts before the end "
            "of the window only"
        )
    found = _difference(connection, source, sample, None, event_times)
    if found is None:
        return None
    return (
        f"{source.place(found.metric_key)}: {source.name}.{found.metric_key} of cluster "
        f"{found.cluster_id} is {found.one_value} among all clusters, and {found.other_value} "
        f"where only {len(sample)} are computed: the rows of a cluster must not depend on others "
        "(limit, rank, a share of a total)"
    )


def _difference(
    connection: psycopg.Connection,
    source: Source,
    sample: Sequence[str] | None,
    until: datetime | None,
    event_times: dict[str, str],
    compared: Sequence[str] | None = None,
) -> Difference | None:
    """How the temporary table one differs from the source over fewer rows: the links of a sample of
    clusters (None: all), and facts before an instant (None: all)."""
    with _fewer_rows(connection, source, sample, until, event_times) as view:
        _compute(connection, "other", view, compared or sample or [])
        return _first_difference(connection)


def _first_difference(connection: psycopg.Connection) -> Difference | None:
    with connection.cursor(row_factory=class_row(Difference)) as cursor:
        return cursor.execute(query("deploy_difference")).fetchone()


def _compute(
    connection: psycopg.Connection, table: str, view: sql.Identifier, clusters: Sequence[str]
) -> None:
    """Compute some clusters of a view into a temporary table."""
    connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(table)))
    connection.execute(
        sql.SQL("create temporary table {} as select * from {} where cluster_id = any({})").format(
            sql.Identifier(table), view, sql.Literal(list(clusters))
        )
    )


@contextmanager
def _fewer_rows(
    connection: psycopg.Connection,
    source: Source,
    sample: Sequence[str] | None,
    until: datetime | None,
    event_times: dict[str, str],
) -> Iterator[sql.Identifier]:
    """The view of a source over fewer rows, which exists while the block runs."""
    inputs = connection.execute(
        query("deploy_inputs"), {"view": f"{source.schema}.{source.name}"}
    ).fetchall()
    schemas = {name: f"{source.schema}_{name}" for name in ("raw", "app", "views")}
    # Tables of rows that are left out keep their names in a schema of their own, because a
    # definition calls their columns by them.
    limits: dict[tuple[str, str], sql.Composable] = {}
    for schema, name, is_view, _ in inputs:
        if is_view:
            continue
        if until is not None and schema == "raw" and name in event_times:
            limits[schema, name] = sql.SQL("{} < {}").format(
                sql.Identifier(event_times[name]), sql.Literal(until)
            )
        if sample is not None and (schema, name) in (
            ("app", "wallet_links"),
            ("app", "wallet_clusters"),
        ):
            limits[schema, name] = sql.SQL("cluster_id = any({})").format(sql.Literal(list(sample)))
    with connection.transaction(force_rollback=True):
        for schema in schemas.values():
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        for (schema, name), condition in limits.items():
            connection.execute(
                sql.SQL("create view {} as select * from {} where {}").format(
                    sql.Identifier(schemas[schema], name), sql.Identifier(schema, name), condition
                )
            )
        replaced = {(schema, name): (schemas[schema], name) for schema, name in limits}
        for schema, name, is_view, definition in inputs:
            if is_view:
                statement = (
                    sql.SQL("create view {} as ")
                    .format(sql.Identifier(schemas["views"], name))
                    .as_string(None)
                )
                connection.execute((statement + _moved(definition, replaced)).encode())
                replaced[schema, name] = (schemas["views"], name)
        yield sql.Identifier(schemas["views"], source.name)


def _moved(definition: str, replaced: dict[tuple[str, str], tuple[str, str]]) -> str:
    """A definition that reads other relations, by their schema and name. Names of functions, which
    a parenthesis follows, are left as they are."""

    def other(match: re.Match[str]) -> str:
        found: Any = replaced.get((match[1], match[2]))
        return ".".join(found) if found else match[0]

    return re.sub(r"(?<![\w.\"'])([a-z_]\w*)\.([a-z_]\w*)\b(?!\s*\(|\.)", other, definition)
