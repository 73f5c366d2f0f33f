"""A metric source that was built aside: computing it, and who is to blame where that fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from hedge import settings
from hedge.dbt_runner.manifest import Node
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs.halving import failing, first_line

#: The columns of a metric source that are no metrics.
KEYS = ("cluster_id", "window_key")


@dataclass(frozen=True)
class Source:
    """A metric source whose view is in a scratch schema.

    file is its path in the project that is edited, which `project` names.
    """

    name: str
    schema: str
    file: str
    metrics: list[str]
    project: Path

    @property
    def view(self) -> sql.Identifier:
        """The view, as SQL."""
        return sql.Identifier(self.schema, self.name)

    def place(self, metric: str | None) -> str:
        """`file` or, where the line of a metric is known, `file:line`: the last line of the file
        that names it as a column."""
        path = self.project / self.file
        if metric is None or not path.is_file():
            return self.file
        lines = path.read_text().splitlines()
        named = [number for number, line in enumerate(lines, start=1) if line_names(line, metric)]
        return f"{self.file}:{named[-1]}" if named else self.file


def line_names(line: str, metric: str) -> bool:
    """Whether a line of SQL ends a column of this name: `.. as wins,` or `wins,` alone."""
    text = line.split("--")[0].strip().removesuffix(",")
    return text.split()[-2:] == ["as", metric] or text == metric


def compute(connection: psycopg.Connection, source: Source) -> None:
    """Compute a source for all clusters into the temporary table computed.

    A HedgeError names the metric and a cluster for which it cannot be computed.
    """
    connection.execute("drop table if exists computed cascade")
    try:
        connection.execute(
            sql.SQL("create temporary table computed as select * from {}").format(source.view)
        )
    except psycopg.errors.QueryCanceled as error:
        raise HedgeError(too_slow(source.name, source.file)) from error
    except psycopg.Error as error:
        raise HedgeError(_blame(connection, source, error)) from error
    connection.execute(query("deploy_values"))


def too_slow(name: str, file: str) -> str:
    """The sentence about a model that was not computed in time."""
    return (
        f"{file}: {name} was not computed within {settings.compute_timeout()} s for all clusters: "
        "make it faster, allow it more time (HEDGE_COMPUTE_TIMEOUT), or deploy it without this "
        "check (--no-compute)"
    )


def _blame(connection: psycopg.Connection, source: Source, error: psycopg.Error) -> str:
    """The sentence that names the metric and the cluster behind an error of PostgreSQL, as far as
    they can be found."""
    clusters = [
        cluster for (cluster,) in connection.execute("select cluster_id from analytics.clusters")
    ]
    guilty = next(
        failing(sorted(clusters), lambda part: _fails(connection, source, ["*"], part)), None
    )
    metric = next(
        (
            metric
            for metric in source.metrics
            if _fails(connection, source, [metric], [guilty] if guilty else None)
        ),
        None,
    )
    # One metric whose failure makes all of them fail cannot be told from the others.
    if all(_fails(connection, source, [one], [guilty] if guilty else None) for one in KEYS):
        metric = None
    of = f"{source.name}.{metric}" if metric else source.name
    where = f" for cluster {guilty}" if guilty else ""
    return f"{source.place(metric)}: {of} cannot be computed{where}: {first_line(error)}"


def _fails(
    connection: psycopg.Connection,
    source: Source,
    columns: Sequence[str],
    clusters: Sequence[str] | None,
) -> bool:
    """Whether columns of a source cannot be computed for clusters (None: all)."""
    names = [sql.SQL("*") if name == "*" else sql.Identifier(name) for name in columns]
    # The offset keeps PostgreSQL from leaving out columns that a count does not need.
    statement = sql.SQL("select count(sides) from (select {} from {} where {} offset 0) sides")
    condition: sql.Composable = sql.SQL("true")
    if clusters is not None:
        condition = sql.SQL("cluster_id = any({})").format(sql.Literal(list(clusters)))
    try:
        connection.execute(statement.format(sql.SQL(", ").join(names), source.view, condition))
    except psycopg.errors.QueryCanceled:
        return False
    except psycopg.Error:
        return True
    return False


@dataclass(frozen=True)
class Fault:
    """A row of hedge/sql/deploy_value_faults.sql: the first row that has a kind of fault."""

    fault: str
    metric_key: str | None
    cluster_id: str | None
    window_key: str | None
    value: str | None
    number_of_rows: int


#: What each kind of fault says after the place and the name of the metric.
_SENTENCES: dict[str, LiteralString] = {
    "two rows": "{value} rows for cluster {cluster} and window {window}: group by cluster_id and "
    "window_key, once, in the last step",
    "no key": "a row without a cluster or window (cluster {cluster}, window {window})",
    "unknown cluster": "a row for {cluster}, which is no cluster",
    "unknown window": "a row for the window {window}, which was not asked for: take window_key "
    "from the activity model",
    "not a number": "{value} for cluster {cluster} in the window {window}: a metric is a finite "
    "number",
    "too large": "{value} for cluster {cluster} in the window {window}: progress holds numbers "
    "below 1e54",
    "below zero": "{value} for cluster {cluster} in the window {window}: a metric is never below "
    "zero",
    "always null": "no value for any cluster: all {value} rows are null",
}


def value_faults(connection: psycopg.Connection, source: Source, *, is_derived: bool) -> list[str]:
    """What is wrong with the values in the temporary table computed, a sentence for each kind of
    fault and metric. A derived source reads a mart, which may have windows of board runs."""
    with connection.cursor(row_factory=class_row(Fault)) as cursor:
        found = cursor.execute(query("deploy_value_faults")).fetchall()
    return [
        _sentence(source, fault)
        for fault in found
        if not (is_derived and fault.fault == "unknown window")
    ]


def _sentence(source: Source, fault: Fault) -> str:
    of = f"{source.name}.{fault.metric_key}" if fault.metric_key else source.name
    said = _SENTENCES[fault.fault].format(
        value=fault.value, cluster=fault.cluster_id, window=fault.window_key
    )
    more = fault.number_of_rows - 1
    others = f" (and {more} more such rows)" if more else ""
    return f"{source.place(fault.metric_key)}: {of} has {said}{others}"


def source_of(project: Path, node: Node, schema: str) -> Source:
    """The Source of a model that dbt has parsed (node)."""
    return Source(
        name=node.name,
        schema=schema,
        file=node.file,
        metrics=[name for name in node.columns if name not in KEYS],
        project=project,
    )
