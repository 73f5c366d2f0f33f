"""A metric that exceeds the facts that it counts: a join that repeats rows.

The YAML of a metric says which facts count and what each adds. However the SQL filters them, the
metric cannot be more than all of them together, each taken once.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from hedge.analysis import described
from hedge.counting import counted
from hedge.dbt_runner.manifest import Node
from hedge.deploying.aside import Aside
from hedge.deploying.sources import Source, source_of
from hedge.queries import query
from hedge.runs.halving import first_line

#: Values are rounded before they are stored, and facts are not.
TOLERANCE = Decimal("1.000001")


def faults(aside: Aside, source: Source) -> list[str]:
    """Metrics of the temporary table computed that exceed their facts, as sentences. Metrics whose
    YAML names no facts are not compared."""
    nodes = aside.new.manifest.nodes
    stale = aside.new.manifest.downstream(aside.changed) - aside.built
    found = []
    for metric, column in nodes[f"model.hedge.{source.name}"].columns.items():
        evidence = column.meta.get("evidence") or {}
        if not evidence or evidence.get("flag"):
            continue
        model = nodes.get(f"model.hedge.{evidence['facts']}")
        # Evidence that reads what changed is built only when it is edited itself.
        if model is None or model.unique_id in stale:
            continue
        _, facts = described.facts(nodes, model.name)
        if not facts:
            continue
        try:
            found += _of_metric(aside, source, metric, evidence, model.name, facts)
        except psycopg.Error as error:
            found.append(
                f"{_yaml(source)}: the evidence of {source.name}.{metric} cannot be computed from "
                f"{model.name}: {first_line(error)}"
            )
    return found


def with_other_evidence(aside: Aside) -> list[Source]:
    """The metric sources that are live as they are, because they are not built, and of whose
    metrics the YAML names other evidence than that of the deployed project."""
    if aside.old is None:
        return []
    old, new = aside.old.manifest.nodes, aside.new.manifest.nodes
    keys = [f"model.hedge.{name}" for name in aside.new.variables["metric_sources"]]
    return [
        source_of(aside.new.folder, new[key], "analytics")
        for key in keys
        if key in old and key not in aside.built and _evidence(old, key) != _evidence(new, key)
    ]


def _evidence(nodes: Mapping[str, Node], key: str) -> dict[str, tuple[Any, Any]]:
    """The evidence of each metric of a source, and what the YAML of its model says of the facts."""
    found = {}
    for metric, column in nodes[key].columns.items():
        evidence = column.meta.get("evidence") or {}
        _, facts = described.facts(nodes, str(evidence.get("facts")))
        found[metric] = evidence, facts
    return found


def _yaml(source: Source) -> str:
    """The file that describes a source."""
    return f"{source.file.removesuffix('.sql')}.yml"


def _of_metric(
    aside: Aside,
    source: Source,
    metric: str,
    evidence: dict[str, Any],
    model: str,
    facts: dict[str, Any],
) -> list[str]:
    most = aside.connection.execute(query("deploy_most"), {"metric": metric}).fetchall()
    if not most:
        return []
    amount = _resolved(aside, str(evidence.get("amount") or 1))
    bounds = dict(
        _sums(aside.connection, aside.relation(model), amount, facts["key"], [c for c, _ in most])
    )
    for cluster, value in most:
        count, total = bounds.get(cluster, (0, Decimal(0)))
        if value > total * TOLERANCE:
            adds = f" that add up to {total:,f}" if evidence.get("amount") else ""
            return [
                f"{source.place(metric)}: {source.name}.{metric} is {value:,f} for cluster "
                f"{cluster}, which has {counted(count, 'fact')} of {model}{adds}: a join repeats "
                f"rows, or the evidence in {_yaml(source)} does not say what counts"
            ]
    return []


def _sums(
    connection: psycopg.Connection,
    relation: sql.Identifier,
    amount: str,
    key: list[str],
    clusters: list[str],
) -> list[tuple[str, tuple[int, Decimal]]]:
    """For each cluster the number of its facts over all time and the sum of what they can add,
    each fact once. amount is an expression of the YAML file over the alias facts."""
    columns = sql.SQL(", ").join(sql.Identifier("facts", name) for name in key)
    statement = sql.SQL(
        "select cluster_id, count(*), coalesce(sum(greatest(amount, 0)), 0) from ("
        "select facts.cluster_id, max(({amount})::numeric) as amount from {relation} as facts "
        "where facts.cluster_id = any({clusters}) and facts.window_key = 'all_time' "
        "group by facts.cluster_id, {columns}) as facts group by cluster_id"
    ).format(
        amount=sql.SQL(amount),
        relation=relation,
        clusters=sql.Literal(clusters),
        columns=columns,
    )
    rows = connection.execute(statement).fetchall()
    return [(cluster, (count, total)) for cluster, count, total in rows]


def _resolved(aside: Aside, expression: str) -> str:
    """An expression in which each {name} is the relation of that model or seed."""
    return re.sub(r"\{(\w+)\}", lambda match: aside.relation(match[1]).as_string(None), expression)
