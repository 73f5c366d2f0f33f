"""Calibration of what is edited and not deployed: the values that a metric of the edited project
has, computed aside for every cluster.

What the edit changes below the metric source is built in a scratch schema, as a preview builds it;
everything else is read live. Nothing of it stays.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from hedge import database, runs, settings
from hedge.analysis import calibration, scratch
from hedge.analysis.calibration import Calibration
from hedge.analysis.relations import POPULATION, Relations, put_population
from hedge.errors import HedgeError, UsageError
from hedge.project import seed_checks, seed_files, template
from hedge.queries import query
from hedge.runs import Report
from hedge.suggestions import did_you_mean

#: The seeds that a ladder is read from.
_SEEDS = ("challenges", "challenge_tiers", "metrics")


@dataclass(frozen=True)
class Metric:
    """A metric of the edited project, and the challenge that it is calibrated for; None for no
    challenge."""

    source: str
    key: str
    challenge: str | None

    @property
    def name(self) -> str:
        """The challenge, else SOURCE.METRIC."""
        return self.challenge or f"{self.source}.{self.key}"


def calibrate(
    connection: psycopg.Connection,
    name: str,
    population: str = calibration.POPULATION,
    targets: Sequence[Decimal] | None = None,
    thresholds: Sequence[Decimal] | None = None,
    *,
    edited: bool = False,
    report: Report | None = None,
) -> Calibration:
    """Calibrate a challenge or a metric (SOURCE.METRIC); hedge.analysis.calibration says how.

    A deployed challenge has its live values, unless edited is set. Other challenges, and metrics,
    have the values that the edited project computes for them. An unknown name is a UsageError.
    """
    runs.require_deployed(connection)
    with connection.cursor(row_factory=scalar_row) as cursor:
        deployed = cursor.execute("select key from analytics.challenges order by key").fetchall()
    if name in deployed and not edited:
        return calibration.calibrate(connection, name, population, targets, thresholds)
    metric = _metric(name, deployed)
    with _relations(connection, metric, report) as relations:
        return calibration.calibrate(
            connection, metric.name, population, targets, thresholds, relations
        )


def _metric(name: str, deployed: Sequence[str]) -> Metric:
    """The metric of a challenge of the edited project, or the metric of a name."""
    project = settings.project()
    template.require_usable(project)
    seed_checks.require_sound(project)
    challenges = {row["key"]: row for row in seed_files.rows(project, "challenges")}
    metrics = [
        f"{row['metric_source']}.{row['metric_key']}" for row in seed_files.rows(project, "metrics")
    ]
    if name in challenges:
        row = challenges[name]
        if row["state"] != "live":
            raise UsageError(f"challenge {name} is {row['state']}, so no run computes values of it")
        return Metric(row["metric_source"], row["metric_key"], name)
    if name in metrics:
        source, _, key = name.partition(".")
        return Metric(source, key, None)
    if "." in name:
        raise UsageError(f"no metric {name} in {project}{did_you_mean(name, metrics)}")
    known = {*challenges, *deployed}
    raise UsageError(f"no challenge {name}, deployed or in {project}{did_you_mean(name, known)}")


@contextlib.contextmanager
def _relations(
    connection: psycopg.Connection, metric: Metric, report: Report | None
) -> Iterator[Relations]:
    """What a calibration reads, while the block runs: the values of the metric, and the seeds of
    the edited project."""
    as_of = database.value(connection, query("preview_as_of"))
    if as_of is None:
        raise HedgeError(
            "nothing was computed yet, so that no cluster is known: run hedge etl full"
        )
    old, new = runs.deployed_project(connection), runs.edited_project()
    changed = scratch.changed(old, new)
    source = f"model.hedge.{metric.source}"
    keys = new.manifest.downstream(changed) & new.manifest.upstream([source])
    keys |= changed & {f"seed.hedge.{name}" for name in _SEEDS}
    with scratch.schemas(connection) as schemas:
        schema = schemas["after"]
        part = scratch.part(new.manifest, keys, schema, as_of, {})
        names = sorted(new.manifest.nodes[key].name for key in keys)
        if names:
            runs.build_in_scratch_schema(new, part, names, [], [], report)
        with connection.transaction(force_rollback=True):
            of_source = sql.SQL("select cluster_id, window_key, to_jsonb({}) as value from {}")
            put_population(
                connection,
                metric.name,
                of_source.format(
                    sql.Identifier(metric.key),
                    sql.Identifier(schema if source in keys else "analytics", metric.source),
                ),
                as_of,
            )
            in_schema = {name: schema for name in _SEEDS if f"seed.hedge.{name}" in keys}
            yield Relations(
                population=POPULATION,
                **{name: f"{in_schema.get(name, 'analytics')}.{name}" for name in _SEEDS},
                has_ladder=metric.challenge is not None,
                is_edited=True,
            )
