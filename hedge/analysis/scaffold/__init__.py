"""The scaffold: writes a working metric source as a starting point.

It counts every fact of a raw table; a person then decides which facts count. The templates are
in the folder templates beside this file.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
import psycopg

from hedge import database, settings
from hedge.analysis.scaffold.edits import insert
from hedge.analysis.scaffold.facts import Facts, facts_of
from hedge.errors import UsageError
from hedge.project import files, template

#: PostgreSQL truncates names to 63 characters, and dbt and our macros append to them.
LONGEST_NAME = 40

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    # The files that are written contain Jinja of dbt, so the templates need other delimiters.
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
class NewMetricSource:
    """What was written: the metric, the files of the project that are new or changed, the model
    that the metric source reads, and the columns of that model that can be counted or filtered."""

    metric_source: str
    metric_key: str
    files: list[str]
    reads: str
    columns: list[str]


def new_metric_source(connection: psycopg.Connection, name: str, table: str) -> NewMetricSource:
    """Write a metric source that counts the facts of a raw table: the model, its YAML with a unit
    test, its name in dbt_project.yml and its row in seeds/metrics.csv.

    A table that no model reads yet also gets a staging model, and is added to the sources and to
    the model by which an incremental run finds changed clusters. A name that exists or is not
    snake_case, a table that raw does not have, and a project inside an installed package are a
    UsageError, and nothing is written.
    """
    project = template.editable()
    database.require_migrated(connection)
    _require_new(name)
    facts = facts_of(connection, table)
    words = {"name": name, "facts": facts}
    texts = {
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
        texts |= _files_of_new_table(facts)
    for path, text in texts.items():
        (project / path).write_text(text)
    return NewMetricSource(name, facts.metric_key, list(texts), facts.model, facts.columns)


def _require_new(name: str) -> None:
    """Raise a UsageError for a name that is not snake_case, too long, or taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"'{name}' is not a name in snake_case of at most {LONGEST_NAME} characters"
        )
    project = settings.project()
    for found in (
        *project.glob("models/*/*.sql"),
        *project.glob("seeds/*.csv"),
    ):
        if found.stem == name:
            raise UsageError(f"{name} exists already: {found.relative_to(project)}")
    if name in files.metric_sources(project):
        raise UsageError(f"{name} exists already: it is a metric source in dbt_project.yml")


def _rendered(template: str, words: Mapping[str, object]) -> str:
    return _TEMPLATES.get_template(f"{template}.jinja").render(words)


def _edited(path: str, edit: Callable[[str], str]) -> str:
    """The text of a file of the project after an edit."""
    return edit((settings.project() / path).read_text())


def _seed_row(name: str, facts: Facts) -> str:
    """The row of the metric in seeds/metrics.csv."""
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


def _files_of_new_table(facts: Facts) -> dict[str, str]:
    """The files, new and edited, by which a project begins to read a raw table."""
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
    }
