"""The scaffold: a metric source that works, to begin from.

It counts every fact of a raw table; what is to count is for a person to say. The templates
stand in the folder beside this file.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2
import psycopg

from hedge import database, settings
from hedge.analysis.scaffold.edits import insert
from hedge.analysis.scaffold.facts import Facts, facts_of
from hedge.errors import UsageError
from hedge.project import files, template

#: PostgreSQL cuts names at 63 characters, and dbt adds to them.
LONGEST_NAME = 40

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    # what is written is full of Jinja of its own
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True)
class Made:
    """What was written: files of the project that are new or changed, the metric, the model it
    reads, and the columns of it to filter and count by."""

    metric_source: str
    metric_key: str
    files: list[str]
    reads: str
    columns: list[str]


def new_metric_source(connection: psycopg.Connection, name: str, table: str) -> Made:
    """Write a metric source that counts the facts of a raw table: the model, its YAML with a unit
    test, its name in dbt_project.yml and its row in seeds/metrics.csv.

    A table that no model reads yet also gets a staging model and its place in the list of
    sources and of what an incremental run looks at. A name that exists or is not snake_case,
    and a table that raw does not have, are a UsageError, and nothing is written; so is a project
    inside an installed package.
    """
    project = template.editable()
    database.require_migrated(connection)
    _require_new(name)
    facts = facts_of(connection, table)
    words = {"name": name, "facts": facts}
    made = {
        f"models/metrics/{name}.sql": _rendered(f"metric_of_{facts.kind}.sql", words),
        f"models/metrics/{name}.yml": _rendered("metric.yml", words),
        "dbt_project.yml": _edited(
            "dbt_project.yml",
            lambda text: insert(text, "  metric_sources:\n", "    - ", name, f"    - {name}\n"),
        ),
        "seeds/metrics.csv": _edited(
            "seeds/metrics.csv",
            lambda text: text.removesuffix("\n") + "\n" + _seed_row(name, facts),
        ),
    }
    if facts.is_new:
        made |= _first_models(facts)
    for path, text in made.items():
        (project / path).write_text(text)
    return Made(name, facts.metric_key, list(made), facts.model, facts.columns)


def _require_new(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"'{name}' is not a name in snake_case of at most {LONGEST_NAME} characters"
        )
    project = settings.project()
    variables = files.variables(project)
    for found in (
        *project.glob("models/*/*.sql"),
        *project.glob("seeds/*.csv"),
    ):
        if found.stem == name:
            raise UsageError(f"{name} exists already: {found.relative_to(project)}")
    if name in variables["metric_sources"] + variables["derived_metric_sources"]:
        raise UsageError(f"{name} exists already: it is a metric source in dbt_project.yml")


def _rendered(template: str, words: dict[str, object]) -> str:
    return _TEMPLATES.get_template(f"{template}.jinja").render(words)


def _edited(path: str, edit: Callable[[str], str]) -> str:
    return edit((settings.project() / path).read_text())


def _seed_row(name: str, facts: Facts) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(
        [
            name,
            facts.metric_key,
            "gauge" if facts.is_state else "counter",
            "as of the end" if facts.is_state else "in the window",
            facts.unit,
            facts.definition,
        ]
    )
    return row.getvalue()


def _first_models(facts: Facts) -> dict[str, str]:
    """What a raw table needs that no model has read so far."""
    words = {"facts": facts}
    table, staging = facts.table, facts.model
    return {
        f"models/staging/{staging}.sql": _rendered("staging.sql", words),
        f"models/staging/{staging}.yml": _rendered("staging.yml", words),
        "models/staging/_sources.yml": _edited(
            "models/staging/_sources.yml",
            lambda text: insert(
                text, "    tables:\n", "      - name: ", table, _rendered("source.yml", words)
            ),
        ),
        "models/scope/cluster_changes.sql": _edited(
            "models/scope/cluster_changes.sql",
            lambda text: insert(
                text,
                "{% set wallets_of_facts = {\n",
                "    '",
                table,
                f"    '{table}': ['{facts.wallet}'],\n",
            ),
        ),
    }
