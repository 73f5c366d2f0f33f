"""The scaffold of a metric in a metric source that exists: a column of its model."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hedge.analysis.scaffold.writing import edited, rendered, require_name, with_rows, write
from hedge.errors import UsageError
from hedge.project import files, seed_checks, template
from hedge.suggestions import did_you_mean

#: What a metric is until a person says otherwise.
COUNT = "count(*)"
#: The data types of metrics, with the kind of such a metric in seeds/metrics.csv.
TYPES = {"bigint": "counter", "numeric(60, 6)": "score", "boolean": "boolean"}
#: A CTE that is a model, or the rows of it that meet a condition.
_OF_ONE_MODEL = (
    r"\b{name} as \(\s*select \* from {{{{ ref\('(?P<model>\w+)'\) }}}}\s*"
    r"(?:(?:--[^\n]*\s*)*where (?P<where>[^\n]+)\s*)?\)"
)


@dataclass(frozen=True)
class NewMetric:
    """What was written: the metric, its SQL, the changed files, and whether it has evidence and a
    unit test."""

    metric_source: str
    metric_key: str
    sql: str
    files: list[str]
    has_evidence: bool
    has_unit_test: bool


def new_metric(
    name: str,
    sql: str | None = None,
    data_type: str = "bigint",
    unit: str | None = None,
    definition: str | None = None,
) -> NewMetric:
    """Add a metric (SOURCE.METRIC) to a metric source: a column of its model, its description, and
    its row of seeds/metrics.csv.

    sql is an expression over the rows of the model's last select, by default their number. Where
    these are a model of facts, the number of rows also gets evidence, and a unit test where the
    model is read as it is.
    An unknown source, a metric that exists, and a select that does not group rows, without sql, are
    a UsageError, and nothing is written. No database is needed.
    """
    project = template.editable()
    seed_checks.require_sound(project)
    source, _, key = name.partition(".")
    sources = files.metric_sources(project)
    if source not in sources or not key:
        raise UsageError(
            f"'{name}' is not SOURCE.METRIC with a metric source of dbt_project.yml"
            f"{did_you_mean(source, sources)}"
        )
    require_name(key)
    if data_type not in TYPES:
        raise UsageError(f"'{data_type}' is no type of a metric: {'; '.join(TYPES)}")
    model, contract = f"models/metrics/{source}.sql", f"models/metrics/{source}.yml"
    if re.search(rf"^      - name: {key}$", files.read_text(project, contract), re.MULTILINE):
        raise UsageError(f"{name} exists already: {contract}")
    text = files.read_text(project, model)
    rows_of = _rows_of_last_select(text)
    if sql is None and rows_of is None:
        raise UsageError(f"the last select of {model} groups no rows: give the metric with --sql")
    facts, where = _facts(project, text, rows_of) if sql in (None, COUNT) else (None, None)
    if data_type == "boolean":
        unit = "true as 1"
    words = {
        "key": key,
        "source": source,
        "data_type": data_type,
        "unit": unit or key.replace("_", " "),
        "definition": (definition or f"Number of {key.replace('_', ' ')} of the cluster").rstrip(
            "."
        ),
        "facts": facts,
        # JSON's texts are texts of YAML
        "where": where and json.dumps(where, ensure_ascii=False),
    }
    is_derived = source in files.variables(project)["derived_metric_sources"]
    row = [
        *(source, key, TYPES[data_type]),
        "from the window's inputs" if is_derived else "in the window",
        *(words["unit"], words["definition"]),
    ]
    texts = {
        model: _with_column(text, f"{sql or COUNT} as {key}", model),
        contract: edited(project, contract, lambda before: _with_description(before, words)),
        "seeds/metrics.csv": with_rows(project, "metrics", [row]),
    }
    written = write(project, texts)
    has_unit_test = facts is not None and where is None
    return NewMetric(source, key, sql or COUNT, written, facts is not None, has_unit_test)


def _last_select(text: str) -> tuple[int, str]:
    """Where the CTE begins that a model ends with, and its text."""
    (name,) = re.findall(r"select \* from (\w+)\s*\Z", text)
    found = re.search(rf"^{name} as \(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.start(1), found[1]


def _rows_of_last_select(text: str) -> str | None:
    """The name of the CTE whose rows the last select groups; None where it does not group."""
    _, last = _last_select(text)
    if "group by" not in last:
        return None
    found = re.search(r"^    from (\w+)$", last, re.MULTILINE)
    return found[1] if found else None


def _facts(project: Path, text: str, rows_of: str | None) -> tuple[str | None, str | None]:
    """The model of facts whose rows the last select of a metric source groups, and the condition
    that they meet; None where it groups something else, or where the model does not describe its
    facts."""
    found = re.search(_OF_ONE_MODEL.format(name=rows_of), text) if rows_of else None
    path = found and f"models/activity/{found['model']}.yml"
    if not found or not path or not (project / path).is_file():
        return None, None
    (model,) = files.read_yaml(project, path)["models"]
    if "facts" not in model.get("config", {}).get("meta", {}):
        return None, None
    return found["model"], found["where"]


def _with_column(text: str, column: str, path: str) -> str:
    """The text of a model with one more column in its last select."""
    start, last = _last_select(text)
    found = re.search(r"(?P<columns>.*?\S)(?P<rest>\n\n    from )", last, re.DOTALL)
    if found is None:
        raise UsageError(f"the last select of {path} has no empty line before its from")
    place = start + found.end("columns")
    return f"{text[:place]},\n        {column}{text[place:]}"


def _with_description(text: str, words: Mapping[str, object]) -> str:
    """The YAML of a metric source with the description of one more column, and its unit test."""
    columns, mark, tests = text.partition("\nunit_tests:\n")
    entry = rendered("metric_column.yml", words)
    test = rendered("metric_unit_test.yml", words) if words["facts"] and not words["where"] else ""
    return (
        f"{columns.rstrip()}\n{entry}{mark}{tests.rstrip()}\n{test}"
        if mark
        else (f"{columns.rstrip()}\n{entry}")
    )
