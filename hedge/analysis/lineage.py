"""Which columns each column of a model is computed from, as dbt-colibri reads it from the SQL.

dbt's own documentation ends at models. dbt-colibri parses the compiled SQL with sqlglot and writes
a page that needs no server and, here, asks nothing of other hosts.
"""

import json
import logging
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The page with the lineage of columns.
PAGE = "lineage.html"


@dataclass(frozen=True)
class Lineage:
    """What the SQL of all models says of their columns.

    columns: how many columns the models have.
    sources: the columns (model or source, column) that a column (model, column) is computed from;
    none for a column that is computed from no column, such as a count of rows.
    faults: sentences about what could not be read.
    """

    columns: int
    sources: Mapping[tuple[str, str], list[tuple[str, str]]]
    faults: list[str]


def write(folder: Path) -> Lineage:
    """Write the page into a folder with dbt's documentation (manifest.json, catalog.json), and say
    what it shows."""
    from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
    from dbt_colibri.report.generator import DbtColibriReportGenerator
    from sqlglot.optimizer.scope import Scope

    # sqlglot 30.19 has given it another name, by which dbt-colibri 0.3.7 does not look for it
    if not hasattr(Scope, "union_scopes"):
        scope_class: Any = Scope
        scope_class.union_scopes = property(lambda self: self.set_operation_scopes)
    manifest = json.loads((folder / "manifest.json").read_text())
    catalog = json.loads((folder / "catalog.json").read_text())
    models = {id: node for id, node in catalog["nodes"].items() if id.startswith("model.")}
    columns = {id.rpartition(".")[2]: list(node["columns"]) for id, node in models.items()}
    relations = [*manifest["nodes"].values(), *manifest["sources"].values()]
    for node in relations:
        # a kept manifest names the database that it was parsed for
        if node.get("relation_name"):
            name = node.get("alias") or node["identifier"]
            node["relation_name"] = f'"{node["database"]}"."{node["schema"]}"."{name}"'
    for id in models:
        node = manifest["nodes"][id]
        node["compiled_code"] = without_functions(node["compiled_code"], columns)
        # also what the YAML of metrics names, which dbt does not see (macros/evidence)
        node["depends_on"]["nodes"] = sorted(
            other["unique_id"]
            for other in relations
            if other.get("relation_name")
            and other["relation_name"] in node["compiled_code"]
            and other["unique_id"] != id
        )
    faults = _Faults()
    logger = logging.getLogger("colibri")
    logger.propagate = False
    logger.addHandler(faults)
    # It warns of each subquery that it does not look into; colibri says which columns are lacking.
    of_parser = logging.getLogger("sqlglot")
    level = of_parser.level
    of_parser.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="lineage-") as built:
            readable = Path(built) / "manifest.json"
            readable.write_text(json.dumps(manifest))
            extractor = DbtColumnLineageExtractor(str(readable), str(folder / "catalog.json"))
            report = DbtColibriReportGenerator(extractor, disable_telemetry=True)
            report.generate_report(output_dir=built)
            parents = json.loads((Path(built) / "colibri-manifest.json").read_text())["lineage"][
                "parents"
            ]
            shutil.copyfile(Path(built) / "index.html", folder / PAGE)
    finally:
        logger.removeHandler(faults)
        of_parser.setLevel(level)
    return Lineage(
        columns=sum(map(len, columns.values())),
        sources={
            (model, column): [
                (one["dbt_node"], one["column"]) for one in parents.get(model, {}).get(column, [])
            ]
            for model, node in models.items()
            for column in node["columns"]
        },
        faults=sorted(set(faults.sentences)),
    )


def without_functions(sql: str, columns: Mapping[str, list[str]]) -> str:
    """The SQL of a model as it would be if it read views without their functions
    (macros/view_function.sql) and named the metrics of a row that it reads as JSON
    (macros/row_as_json.sql). columns has those of each view, by its name."""
    parts = sql.split("union all")
    for number, part in enumerate(parts):
        for view, row in re.findall(r'"(\w+)_rows"\([^()]*\) as (\w+)', part):
            metrics = [name for name in columns[view] if name not in ("cluster_id", "window_key")]
            parts[number] = re.sub(
                rf"to_jsonb\({row}\) - array\[[^\]]*\]",
                f"concat({', '.join(f'{row}.{name}' for name in metrics)})",
                parts[number],
            )
    sql = "union all".join(parts)
    return re.sub(r'("\w+)_rows"\([^()]*\)', r'\1"', sql)


class _Faults(logging.Handler):
    """Keeps what dbt-colibri logs as warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())
