"""The walkthrough for new raw tables and columns in docs/lifecycle.md, followed word by word."""

import re
import shlex
from pathlib import Path

import psycopg
import pytest

from tests import PROJECT, Hedge
from tests.support import AS_OF, BUSY, add_cluster, copy_project, days_ago, edit

PAGE = (PROJECT / "docs" / "lifecycle.md").read_text()


def block(name: str) -> str:
    """The indented lines after a mark of the page."""
    found = re.search(rf"<!-- {name} -->\n\n((?:    .*\n)+)", PAGE)
    assert found is not None, name
    return re.sub(r"(?m)^    ", "", found[1])


@pytest.mark.ci
def test_a_table_is_added_and_then_a_column(
    connection: psycopg.Connection, tmp_path: Path, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(tmp_path / "copy")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    monkeypatch.chdir(project)
    add_cluster(connection, "busy", BUSY)
    file = project / "ponds.csv"
    rows = [f"{number},3,{BUSY},{days_ago(number).isoformat()}" for number in (1, 2)]
    file.write_text("\n".join(["pond_id,fish,wallet_address,occurred_at", *rows, ""]))

    def call(line: str) -> None:
        _, *words = shlex.split(line)
        if words[:2] == ["db", "psql"]:
            # it would become psql
            connection.execute((project / words[-1]).read_text())
            return
        as_of = ["--as-of", AS_OF.isoformat()] if words[-1] == "incremental" else []
        status, told, error = hedge(*words, *as_of)
        assert status == 0, told + error

    def counted() -> list[tuple]:
        return connection.execute(
            "select metrics #>> '{pond_visits,ponds}' from analytics.cluster_metrics"
            " where cluster_id = 'busy' and window_key = 'all_time'"
        ).fetchall()

    commands = block("new table").splitlines()
    assert len(commands) == 6
    for line in commands:
        call(line)
    assert counted() == [("2",)]

    connection.execute(block("new column"))
    # what is live is as before, with files that lack the column, too
    call("hedge load ponds ponds.csv")
    staging = project / "models" / "staging"
    edit(staging / "stg_ponds.sql", "    fish,\n", "    fish,\n    depth,\n")
    edit(
        staging / "stg_ponds.yml",
        "      - name: wallet_address\n",
        "      - name: depth\n        description: How deep it is.\n      - name: wallet_address\n",
    )
    edit(
        project / "models" / "metrics" / "pond_visits.sql",
        "count(*) as ponds",
        "count(*) filter (where depth >= 5) as ponds",
    )
    unit_test = project / "models" / "metrics" / "pond_visits.yml"
    edit(
        unit_test,
        "          wallet_address,occurred_at\n",
        "          wallet_address,occurred_at,depth\n",
    )
    unit_test.write_text(re.sub(r"(?m)^(          0x\w\w,2\S+)$", r"\1,5", unit_test.read_text()))
    call("hedge etl deploy --yes")
    deeper = ["pond_id,fish,wallet_address,occurred_at,depth", f"{rows[0]},7", f"{rows[1]},-1"]
    file.write_text("\n".join([*deeper, ""]))
    status, told, error = hedge("load", "ponds", "ponds.csv")
    assert "depth is 0 or more" in told + error, (status, told, error)
    call("hedge etl incremental")
    assert counted() == [("1",)]
