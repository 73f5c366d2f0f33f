"""What whole runs tell: each change, or all in one event after a deploy and after its undo."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database, deploying, runs
from tests.support import (
    BUSY,
    DATA_TESTS,
    add_cluster,
    copy_project,
    days_ago,
    edit,
    put,
    pvp_match,
)

# several runs of dbt
pytestmark = pytest.mark.ci


def types(connection: psycopg.Connection) -> list[str]:
    """The types of what was told since the last look."""
    found = connection.execute(
        "select event_type || coalesce(' ' || (details ->> 'reason'), '')"
        " from app.events order by event_id"
    ).fetchall()
    connection.execute("delete from app.events")
    connection.commit()
    return [name for (name,) in found]


@pytest.fixture
def own(template: str, own_database: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """A connection to a database for one test, deployed and without facts."""
    own_database(template)
    with database.connect() as connection:
        yield connection


def test_a_run_tells_each_change_and_the_first_one_after_a_deploy_and_an_undo_tells_once(
    own: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = own
    folder = copy_project(tmp_path / "copy", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    add_cluster(connection, "busy", BUSY)
    put(connection, *(pvp_match(at=days_ago(3)) for _ in range(12)))
    connection.commit()
    runs.full(days_ago(2))
    assert types(connection) == ["everything.changed FIRST_RUN"]
    runs.full(days_ago(2))
    assert types(connection) == []
    put(connection, *(pvp_match(at=days_ago(1.5)) for _ in range(20)))
    connection.commit()
    runs.incremental(days_ago(1))
    told = types(connection)
    assert {"progress.changed", "tier.reached"} <= set(told)
    assert "everything.changed" not in " ".join(told)

    # a lower threshold: another tier is reached, and lost again
    tiers = folder / "seeds" / "challenge_tiers.csv"
    edit(tiers, "arena_victor,ELITE,Elite,50,", "arena_victor,ELITE,Elite,20,")
    deploying.deploy(confirmed=True)
    runs.full(days_ago(0.5))
    assert types(connection) == ["everything.changed DEPLOY"]
    deploying.undo(runs.plan_undo(), days_ago(0.4))
    assert types(connection) == ["everything.changed UNDO"]
    history = connection.execute(
        "select count(*), count(distinct run_id) from analytics.progress_history"
    ).fetchone()
    assert history[0] > 5
    assert history[1] >= 2


def test_a_run_tells_of_itself_though_a_later_one_has_finished(own: psycopg.Connection) -> None:
    add_cluster(own, "busy", BUSY)
    own.execute(
        """
        insert into app.etl_runs (
            run_id, invocation_id, kind, state, as_of, finished_at, definitions
        )
        overriding system value
        select 1000, 'another', 'CLUSTER', 'SUCCESS', as_of, finished_at, definitions
        from app.etl_runs
        """
    )
    own.commit()
    runs.full(days_ago(2))
    told = own.execute(
        "select event_type, details ->> 'reason', details ->> 'runId' from app.events"
    ).fetchall()
    (run,) = own.execute("select max(run_id) from app.etl_runs where kind = 'FULL'").fetchone()
    assert told == [("everything.changed", "FIRST_RUN", str(run))]
