"""Runs at the same time: the newest as-of instant stands, nobody waits long, nothing deadlocks."""

import json
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from psycopg import sql

from hedge import database, runs, seasons
from hedge.seasons import Season
from tests.oracle import Catalogue
from tests.support import (
    AS_OF,
    BUSY,
    IDLE,
    RIVAL,
    Process,
    add_cluster,
    add_crowd,
    computed_at,
    days_ago,
    dbt,
    marts,
    progress,
    put,
    pvp_match,
    verified_to,
    wait_until_held,
)

# its processes take seconds to begin, so one process of tests
pytestmark = pytest.mark.xdist_group("newer_computations")

#: How long a run or a reader may wait for somebody else's run, in seconds.
PATIENCE = 5


@pytest.fixture(scope="module")
def processes(module_database: str) -> Iterator[tuple[Process, Process]]:
    """Two more processes, because dbt runs once at a time in each; both are warm."""
    pair = Process(), Process()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        for run in [process.start("full", as_of=AS_OF) for process in pair]:
            run.result()
    yield pair
    for process in pair:
        process.stop()


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters, each with one match that was won nine days ago."""
    for cluster, wallet in (("busy", BUSY), ("idle", IDLE), ("rival", RIVAL)):
        add_cluster(connection, cluster, wallet)
        put(connection, pvp_match(wallet, at=days_ago(9)))
    connection.execute(f"set lock_timeout = '{PATIENCE}s'")
    return connection


def test_a_run_as_of_an_earlier_instant_leaves_what_is_newer(town: psycopg.Connection) -> None:
    put(town, pvp_match(BUSY, at=days_ago(1)))
    runs.cluster(["busy"], as_of=AS_OF)
    newer = marts(town)

    runs.full(as_of=days_ago(3))
    assert computed_at(town) == {"busy": AS_OF, "idle": days_ago(3), "rival": days_ago(3)}
    found = marts(town)
    for mart in ("cluster_metrics", "challenge_progress"):
        assert newer[mart].items() <= found[mart].items()
    assert progress(town, "busy")["arena_victor"] == 2
    assert progress(town, "idle")["arena_victor"] == 1


@pytest.mark.parametrize("mart", ["cluster_metrics", "challenge_progress"])
def test_an_older_computation_that_commits_late_does_not_overwrite_a_newer_one(
    town: psycopg.Connection, processes: tuple[Process, Process], mart: str
) -> None:
    everyone, rival = processes
    runs.full(as_of=days_ago(5))
    # so that the older run writes a row of this cluster
    put(town, pvp_match(IDLE, at=days_ago(4)))
    with database.connect(autocommit=False) as holder:
        holder.execute(
            sql.SQL("select from analytics.{} where cluster_id = 'idle' for update").format(
                sql.Identifier(mart)
            )
        )
        # it has computed everything for this mart, and is held while it writes
        older = everyone.start("full", as_of=days_ago(3))
        wait_until_held(town)

        put(town, pvp_match(RIVAL, at=days_ago(1)))
        rival.start("cluster", "rival", as_of=AS_OF).result(timeout=PATIENCE)
        assert progress(town, "rival")["arena_victor"] == 2
        holder.rollback()
    assert older.result().state == "SUCCESS"

    assert computed_at(town) == {"busy": days_ago(3), "idle": days_ago(3), "rival": AS_OF}
    assert progress(town, "rival")["arena_victor"] == 2
    metrics = marts(town)["cluster_metrics"]
    assert metrics["rival", "all_time"]["last_computed_at"] == AS_OF
    assert metrics["rival", "all_time"]["metrics"]["onchain_pvp"]["wins"] == 2


CROWD = [f"crowd{number:05}" for number in range(1, 151)]


@pytest.mark.parametrize(
    "pair",
    [
        (("full",), ("full",)),
        (("full",), ("cluster", *reversed(CROWD))),
        (("incremental",), ("full",)),
        (("cluster", *CROWD), ("cluster", *reversed(CROWD))),
    ],
    ids=lambda pair: " and ".join(run for run, *_ in pair),
)
def test_two_runs_at_once_neither_deadlock_nor_double_a_row(
    connection: psycopg.Connection,
    processes: tuple[Process, Process],
    pair: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    add_crowd(connection, len(CROWD), matches=3)
    seasons.add(connection, Season("spring", "Spring", days_ago(90), days_ago(-90), True, "SEASON"))
    seasons.put_weights(connection, "spring", [{"challenge_key": "arena_victor", "weight": "1"}])
    # first into empty tables, then over the rows that are there
    for days in (2, 1):
        at = days_ago(days)
        started = [
            process.start(*run, as_of=at) for process, run in zip(processes, pair, strict=True)
        ]
        assert [run.result().state for run in started] == ["SUCCESS"] * 2
        assert computed_at(connection) == dict.fromkeys(CROWD, at)
    assert rows(connection) == {
        # all time, 180 days, the season and where it began
        "cluster_metrics": 4 * len(CROWD),
        "challenge_progress": len(Catalogue.read().challenges) * len(CROWD),
        # three wins: the first tiers of Arena Victor and Win Streak
        "tier_unlocks": 2 * len(CROWD),
        "season_progress": len(CROWD),
    }


def rows(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each mart has."""
    return {mart: len(found) for mart, found in marts(connection).items()}


def test_two_runs_that_remove_the_same_rows_do_not_deadlock(
    connection: psycopg.Connection, processes: tuple[Process, Process]
) -> None:
    add_crowd(connection, 40, matches=3)
    runs.full(as_of=days_ago(9))
    # rows of a challenge that is gone, stored in the opposite order of their key
    connection.execute(
        """
        insert into analytics.challenge_progress
        (cluster_id, challenge_key, value, unlocked, tier,
         rolling_value, rolling_tier, last_computed_at)
        select cluster_id, 'gone', 0, false, 'NONE', 0, 'NONE', %s
        from app.wallet_clusters
        order by cluster_id desc
        """,
        [days_ago(9)],
    )
    connection.execute("analyze analytics.challenge_progress")
    # a statement that deletes what another has found then takes them as they are stored
    for setting in ("enable_nestloop = off", "enable_mergejoin = off"):
        connection.execute(
            sql.SQL("alter database {} set {}").format(
                sql.Identifier(connection.info.dbname), sql.SQL(setting)
            )
        )
    everyone, few = processes
    with database.connect(autocommit=False) as holder:
        holder.execute(
            "select from analytics.challenge_progress"
            " where cluster_id = 'crowd00020' and challenge_key = 'gone' for update"
        )
        # one run comes from each side, as far as the row in the middle
        full = everyone.start("full", as_of=days_ago(2))
        wait_until_held(connection)
        free = connection.execute(
            "select cluster_id from analytics.challenge_progress"
            " where challenge_key = 'gone' order by cluster_id for update skip locked"
        ).fetchall()
        # it has locked those before, in the order of the key
        assert [cluster for (cluster,) in free] == CROWD[20:40]
        cluster = few.start("cluster", "crowd00001", "crowd00020", "crowd00040", as_of=AS_OF)
        wait_until_held(connection, sessions=2)
        holder.rollback()
    assert [full.result().state, cluster.result().state] == ["SUCCESS", "SUCCESS"]
    assert rows(connection)["challenge_progress"] == 40 * len(Catalogue.read().challenges)


def test_what_is_gone_is_removed_though_as_many_rows_stand_as_were_computed(
    town: psycopg.Connection,
) -> None:
    runs.full(as_of=days_ago(2))
    town.execute(
        """
        delete from app.wallet_links where cluster_id = 'idle';
        delete from app.wallet_clusters where cluster_id = 'idle';
        -- as another run would, for somebody who is gone since this one has computed
        create function remove_rival() returns trigger language plpgsql as $$
        begin
            delete from analytics.challenge_progress where cluster_id = 'rival';
            return null;
        end $$;
        create trigger remove_rival after insert on analytics.challenge_progress
        execute function remove_rival()
        """
    )
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")
    assert not progress(town, "rival")
    assert not progress(town, "idle")


def run_in_batches(as_of: datetime, batch_rows: int) -> bool:
    """Compute the metrics of every cluster in small batches, as dbt does it by hand."""
    variables = {"as_of": as_of.isoformat(), "batch_rows": batch_rows}
    return dbt("run", "--select", "cluster_metrics", "--vars", json.dumps(variables)).success


def test_a_run_for_every_cluster_makes_others_wait_for_one_batch_only(
    connection: psycopg.Connection, processes: tuple[Process, Process]
) -> None:
    add_crowd(connection, 40, matches=1)
    runs.full(as_of=days_ago(9))
    # of two batches, a cluster of the first and one of the second
    first, second = (
        connection.execute(
            "select min(cluster_id) from app.wallet_clusters"
            " where abs(hashtext(cluster_id)::bigint) %% 2 = %s",
            [batch],
        ).fetchone()[0]
        for batch in (0, 1)
    )
    # so that the run has something to write
    connection.execute("update analytics.cluster_metrics set metrics = '{}'")
    everyone, few = processes
    with database.connect(autocommit=False) as holder:
        holder.execute(
            "select from analytics.cluster_metrics where cluster_id = %s for update", [second]
        )
        # two rows for each cluster: the whole mart fits into one batch and a row
        full = everyone.call(run_in_batches, days_ago(2), 80)
        wait_until_held(connection)
        few.start("cluster", first, as_of=AS_OF).result(timeout=PATIENCE)
        assert computed_at(connection)[first] == AS_OF
        holder.rollback()
    assert full.result()
    instants = verified_to(connection, "cluster_metrics")
    assert {
        (cluster, at) for (cluster, _), at in instants.items() if cluster in (first, second)
    } == {(first, AS_OF), (second, days_ago(2))}
