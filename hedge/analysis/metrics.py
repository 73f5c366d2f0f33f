"""What the deployed metrics are: definition, unit, use, where they are defined, distribution."""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from hedge import database, known_names, runs
from hedge.analysis import calibration
from hedge.analysis.calibration import Bucket, Spread
from hedge.analysis.relations import POPULATION, Relations, put_population
from hedge.queries import query


@dataclass(frozen=True)
class Metric:
    """A metric of the deployed project. challenges and boards use it, and scores are the mastery
    scores that weigh it."""

    metric_source: str
    metric_key: str
    kind: str
    window_behaviour: str
    unit: str
    definition: str
    challenges: list[str]
    boards: list[str]
    scores: list[str]

    @property
    def name(self) -> str:
        """SOURCE.METRIC."""
        return f"{self.metric_source}.{self.metric_key}"


@dataclass(frozen=True)
class DescribedMetric:
    """A metric with the files of the project that define it, and the distribution of its values of
    all time; None before anything is computed."""

    metric: Metric
    model: str
    contract: str
    spread: Spread | None
    histogram: list[Bucket]


def all_metrics(connection: psycopg.Connection) -> list[Metric]:
    """Every metric, by source and key."""
    return _metrics(connection, None)


def described(connection: psycopg.Connection, name: str) -> DescribedMetric:
    """A metric (SOURCE.METRIC) with its distribution; an unknown one is a UsageError."""
    found = _metrics(connection, name)
    if not found:
        raise known_names.unknown(connection, "metric", name)
    (metric,) = found
    path = f"models/metrics/{metric.metric_source}"
    spread, buckets = _distribution(connection, metric)
    return DescribedMetric(metric, f"{path}.sql", f"{path}.yml", spread, buckets)


def _distribution(
    connection: psycopg.Connection, metric: Metric
) -> tuple[Spread | None, list[Bucket]]:
    """The live values of a metric over all time, as a spread and a histogram."""
    as_of = database.value(connection, query("preview_as_of"))
    any_cluster = database.value(connection, "select exists(select from app.wallet_clusters)")
    if as_of is None or not any_cluster:
        return None, []
    # Derived metric sources are read as views: a run stores only what their challenges need.
    stored = "select exists(select from analytics.metric_values where metric_source = %s)"
    if database.value(connection, stored, [metric.metric_source]):
        values = sql.SQL(
            "select cluster_id, window_key, to_jsonb(value) as value from analytics.metric_values"
            " where metric_source = {} and metric_key = {}"
        ).format(metric.metric_source, metric.metric_key)
    else:
        values = sql.SQL("select cluster_id, window_key, to_jsonb({}) as value from {}").format(
            sql.Identifier(metric.metric_key), sql.Identifier("analytics", metric.metric_source)
        )
    relations = Relations(population=POPULATION)
    with connection.transaction(force_rollback=True):
        put_population(connection, metric.name, values, as_of)
        return (
            calibration.spread(connection, metric.name, relations=relations),
            calibration.histogram(connection, metric.name, relations=relations),
        )


def _metrics(connection: psycopg.Connection, name: str | None) -> list[Metric]:
    runs.require_deployed(connection)
    with connection.cursor(row_factory=class_row(Metric)) as cursor:
        return cursor.execute(query("metrics_of_project"), {"metric": name}).fetchall()
