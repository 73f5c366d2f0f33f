"""Measure the dbt project with dbt-coverage and dbt-colibri, and fail below what docs/ says.

    PYTHONPATH=target/audit python packaging/audit.py

dbt-coverage lies where `make audit` installs it. Both read what dbt says of a built project, so the
checkout is deployed into a new embedded server, which ends with this program.

- Every column of a source, seed and model is described.
- Every column of the key of a mart has a data test. Models that are views have none, because a data
  test would compute them once more; tests/integration/test_grains.py counts their keys instead.
- The lineage of every column can be read.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hedge.analysis import lineage

CHECKOUT = Path(__file__).parent.parent


def main() -> None:
    """Print each figure; exit with status 1 if one is below what it has to be."""
    with tempfile.TemporaryDirectory(prefix="hedge-audit-") as folder:
        documented = Path(folder) / "docs"
        build(Path(folder) / "home", documented)
        short = [*coverage(documented), *lineage_of_columns(documented)]
    print(*short, sep="\n", file=sys.stderr)
    sys.exit(1 if short else 0)


def build(home: Path, documented: Path) -> None:
    """Deploy the checkout into an embedded server under home, and write its documentation."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith("HEDGE_")}
    variables |= {"HEDGE_HOME": str(home), "HEDGE_PROJECT": str(CHECKOUT)}

    def hedge(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=CHECKOUT,
            env=variables,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    hedge("db", "migrate")
    try:
        hedge("etl", "deploy")
        hedge("docs", "--build-only", str(documented))
    finally:
        hedge("db", "stop")


def coverage(documented: Path) -> list[str]:
    """Print what dbt-coverage counts; sentences about what it misses."""
    import dbt_coverage

    catalog = dbt_coverage.load_files(documented, documented)
    described = dbt_coverage.compute_coverage(catalog, dbt_coverage.CoverageType.DOC)
    hits, total = len(described.covered), len(described.total)
    print(f"dbt-coverage: {hits} of {total} columns are described")
    nodes = json.loads((documented / "manifest.json").read_text())["nodes"]
    keys = [
        (table, column)
        for id, table in catalog.models.items()
        if nodes[id]["config"]["materialized"] == "incremental"
        for column in map(table.get_column, nodes[id]["config"]["meta"]["grain"])
    ]
    untested = [f"{table.name}.{column.name}" for table, column in keys if not column.tests]
    print(f"dbt-coverage: {len(keys) - len(untested)} of {len(keys)} columns of keys are tested")
    return [
        f"{table.name}.{column.name} is not described"
        for table in catalog.all_tables().values()
        for column in table.columns.values()
        if not column.doc
    ] + [f"{name} is part of a key and has no data test" for name in untested]


def lineage_of_columns(documented: Path) -> list[str]:
    """Print what dbt-colibri reads; sentences about what it does not."""
    found = lineage.write(documented)
    computed = sum(map(bool, found.sources.values()))
    print(
        f"dbt-colibri: {found.columns} columns of models, {computed} of which are computed from"
        " others"
    )
    return found.faults


if __name__ == "__main__":
    main()
