"""The scaffold of a metric source: it counts every fact of a raw table; a person then decides
which facts count."""

from dataclasses import dataclass
from pathlib import Path

from hedge.analysis.scaffold.edits import insert
from hedge.analysis.scaffold.facts import Facts, facts_of
from hedge.analysis.scaffold.writing import edited, rendered, require_new, with_rows, write
from hedge.project import template


@dataclass(frozen=True)
class NewMetricSource:
    """What was written: the metric, the files of the project that are new or changed, the model
    that the metric source reads, and the columns of that model that can be counted or filtered."""

    metric_source: str
    metric_key: str
    files: list[str]
    reads: str
    columns: list[str]


def new_metric_source(name: str, table: str) -> NewMetricSource:
    """Write a metric source that counts the facts of a raw table: the model, its YAML with a unit
    test, its name in dbt_project.yml and its row in seeds/metrics.csv.

    A table that no model reads yet also gets a staging model, and is added to the sources and to
    the model by which an incremental run finds changed clusters; its columns are read from the
    database, which is needed for nothing else. A name that exists or is not snake_case, a table
    that raw does not have, and a project inside an installed package are a UsageError, and nothing
    is written.
    """
    project = template.editable()
    require_new(project, name)
    facts = facts_of(project, table)
    words = {"name": name, "facts": facts}
    texts = {
        f"models/metrics/{name}.sql": rendered(f"metric_of_{facts.kind}.sql", words),
        f"models/metrics/{name}.yml": rendered("metric.yml", words),
        "dbt_project.yml": edited(
            project,
            "dbt_project.yml",
            lambda text: insert(text, "  metric_sources:\n", "    - ", name, f"    - {name}\n"),
        ),
        "seeds/metrics.csv": with_rows(project, "metrics", [_row(name, facts)]),
    }
    if facts.is_new:
        texts |= files_of_new_table(project, facts)
    return NewMetricSource(
        name, facts.metric_key, write(project, texts), facts.model, facts.columns
    )


def _row(name: str, facts: Facts) -> list[str]:
    """The row of the metric in seeds/metrics.csv."""
    return [
        name,
        facts.metric_key,
        "gauge" if facts.is_state else "counter",
        "as of the end" if facts.is_state else "in the window",
        facts.unit,
        facts.definition,
    ]


def files_of_new_table(project: Path, facts: Facts) -> dict[str, str]:
    """The files, new and edited, by which a project begins to read a raw table."""
    words = {"facts": facts}
    table, staging = facts.table, facts.model
    return {
        f"models/staging/{staging}.sql": rendered("staging.sql", words),
        f"models/staging/{staging}.yml": rendered("staging.yml", words),
        "models/staging/_sources.yml": edited(
            project,
            "models/staging/_sources.yml",
            lambda text: insert(
                text, "    tables:\n", "      - name: ", table, rendered("source.yml", words)
            ),
        ),
    }
