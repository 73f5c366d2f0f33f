"""Every row of a mart is computed as of the instant that the run ledger has, or the run fails."""

import json
from pathlib import Path

import psycopg
import pytest

from hedge import runs
from hedge.errors import HedgeError
from hedge.runs.dbt_errors import paragraph
from tests.support import (
    AS_OF,
    BUSY,
    add_cluster,
    computed_at,
    copy_project,
    days_ago,
    dbt,
    edit,
    marts,
    progress,
    put,
    pvp_match,
)

#: What a copy of the project with an edit is built with.
VARIABLES = json.dumps({"as_of": AS_OF.isoformat(), "allow_undeployed": True})
LITERAL = "'2026-06-01 12:00:00.000000Z'::timestamptz"


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """A cluster with a win, computed; then it wins once more."""
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY, at=days_ago(9)))
    runs.full(as_of=days_ago(3))
    put(connection, pvp_match(BUSY, at=days_ago(2)))
    return connection


def test_rows_of_another_instant_are_not_written(town: psycopg.Connection, tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    both = ("cluster_metrics", "challenge_progress")
    for mart in both:
        edit(
            project / f"models/progress/{mart}.sql",
            "{{ as_of() }} as last_computed_at",
            "app.as_of() + interval '1 second' as last_computed_at",
        )
    # the edited project is parsed once, which takes longest
    for mart in both:
        before, newest = marts(town)[mart], runs.ledger(town)[0].run_id
        result = dbt("run", "--select", mart, "--vars", VARIABLES, project=project)
        assert not result.success
        number = len(before)
        assert (
            f"nothing was written to {mart}, because {number} of its rows were computed as of"
            " another instant than 2026-06-01 12:00:00+00, that of the run; the latest is"
            " 2026-06-01 12:00:01+00"
        ) in paragraph(result, project)
        assert marts(town)[mart] == before
        failed = runs.ledger(town)[0]
        assert (failed.run_id > newest, failed.state) == (True, "FAILED")


def test_a_session_that_reads_as_of_another_instant_writes_nothing(
    town: psycopg.Connection,
) -> None:
    """As one would whose setting is lost: the windows would end at another instant."""
    before = marts(town)
    town.execute(
        "create or replace function app.as_of() returns timestamptz"
        " language sql stable parallel safe return '2026-05-31 12:00Z'::timestamptz"
    )
    with pytest.raises(HedgeError) as failure:
        runs.full(as_of=AS_OF)
    assert (
        "nothing was written to cluster_metrics, because its session reads as of"
        " 2026-05-31 12:00:00+00 and the run is as of 2026-06-01 12:00:00+00"
    ) in str(failure.value)
    assert marts(town) == before
    assert progress(town, "busy")["arena_victor"] == 1


def test_the_sql_of_a_run_has_the_instant_of_the_ledger_as_a_literal(
    town: psycopg.Connection,
) -> None:
    result = dbt("run", "--select", "cluster_metrics", "--vars", VARIABLES)
    assert result.success
    (node,) = [one for one in result.nodes if one.name == "cluster_metrics"]
    assert f"{LITERAL} as last_computed_at" in node.compiled_code
    assert "app.as_of()" not in node.compiled_code


def test_what_is_compiled_without_a_run_reads_the_setting_of_its_session(
    town: psycopg.Connection,
) -> None:
    """As previews and deploys do, which compute aside."""
    result = dbt("compile", "--select", "cluster_metrics")
    (node,) = [one for one in result.nodes if one.name == "cluster_metrics"]
    assert "app.as_of() as last_computed_at" in node.compiled_code


def test_a_run_keeps_its_instant_to_the_microsecond(town: psycopg.Connection) -> None:
    run = runs.full()
    assert set(computed_at(town).values()) == {run.as_of}
