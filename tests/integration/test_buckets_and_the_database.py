"""What is done with a whole database whose clusters are divided among buckets: a backup of it is
restored, stamps that are later than now are repaired, and definitions are undone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from hedge import backups, database, deploying, runs
from hedge.errors import HedgeError, UsageError
from hedge.runs import clock
from tests import prepared_server, support
from tests.integration.bucket_story import BUYER, compute, divide, put_story
from tests.support import AS_OF, pvp_match

#: The objects of buckets: their owners apart from views, which the next run makes anew.
OBJECTS = """
select relname, relkind, relnamespace::regnamespace::text, relowner::regrole::text
from pg_class where relnamespace::regnamespace::text ~ '^bucket_' and relkind in ('r', 'i')
"""


@pytest.fixture
def elsewhere(server: str, new_database: Callable[[str, str], str]) -> Iterator[str]:
    """The URL of an empty database, to restore a backup in."""
    yield new_database("elsewhere", "template0")
    prepared_server.drop_database(server, "elsewhere")


@pytest.mark.ci
def test_a_database_with_buckets_is_backed_up_and_restored(
    connection: psycopg.Connection,
    elsewhere: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_story(connection)
    divide(connection, 2)
    compute(connection)
    expected = support.marts(connection)
    objects = sorted(connection.execute(OBJECTS).fetchall())
    assert {schema for _, _, schema, _ in objects} == {"bucket_1", "bucket_2"}
    # one that no run has seen, and that is in no bucket yet
    support.put(connection, pvp_match(BUYER))
    file = tmp_path / "hedge.dump"
    backups.backup(file)

    monkeypatch.setenv("HEDGE_DATABASE_URL", elsewhere)
    with database.connect() as there:
        there.execute("create schema bucket_2; create table bucket_2.kept ()")
        with pytest.raises(UsageError, match="it has the schema bucket_2: restore into another"):
            backups.restore(file)
        there.execute("drop table bucket_2.kept")
    for replace in (False, True):
        backups.restore(file, replace=replace)
        with database.connect() as there:
            assert sorted(there.execute(OBJECTS).fetchall()) == objects
            assert support.marts(there) == expected
            before = support.progress(there, "bob")["arena_challenger"]
            runs.incremental()
            assert support.progress(there, "bob")["arena_challenger"] == before + 1
            left = there.execute("select from only raw.pvp_matches").fetchall()
            assert left == []


@pytest.mark.ci
def test_what_a_restoration_has_to_give_buckets(connection: psycopg.Connection) -> None:
    put_story(connection)
    divide(connection, 2)
    runs.full(as_of=AS_OF)
    owners = sorted(connection.execute(OBJECTS).fetchall())
    views = "select count(*) from pg_class where relnamespace = 'bucket_1'::regnamespace"
    views += " and relkind = 'v'"
    (number,) = connection.execute(views).fetchone()
    assert number > 30
    connection.execute(
        f"create role restoring; grant create on database {connection.info.dbname} to restoring"
    )
    try:
        for schema in ("bucket_1", "bucket_2"):
            connection.execute(f"alter schema {schema} owner to restoring")
            for name, kind, of_schema, _ in owners:
                if (kind, of_schema) == ("r", schema):
                    connection.execute(f"alter table {schema}.{name} owner to restoring")
        connection.execute("select app.own_buckets()")
    finally:
        connection.execute("reassign owned by restoring to current_user")
        connection.execute("drop owned by restoring; drop role restoring")
    assert sorted(connection.execute(OBJECTS).fetchall()) == owners
    # the next run makes the views as their owner
    assert connection.execute(views).fetchone() == (0,)
    runs.full(as_of=AS_OF + timedelta(hours=1))
    assert connection.execute(views).fetchone() == (number,)


@pytest.mark.ci
def test_stamps_of_rows_in_buckets_are_repaired(connection: psycopg.Connection) -> None:
    put_story(connection)
    divide(connection, 2)
    compute(connection)
    # rows of two tables at the same places, of which one is later
    connection.execute(
        "update bucket_1.tier_unlocks set unlocked_at = unlocked_at + interval '900 years';"
        "update analytics.cluster_metrics set last_computed_at = now() + interval '1 day'"
    )
    kept = "select * from bucket_2.tier_unlocks order by cluster_id, challenge_key, tier_code"
    untouched = connection.execute(kept).fetchall()
    with pytest.raises(HedgeError, match="later than now"):
        runs.full()
    found = {f"{each.relation}.{each.column_name}": each.stamps for each in clock.repair()}
    (unlocks,) = connection.execute("select count(*) from bucket_1.tier_unlocks").fetchone()
    (metrics,) = connection.execute("select count(*) from analytics.cluster_metrics").fetchone()
    assert found["analytics.tier_unlocks.unlocked_at"] == unlocks > 1
    assert found["analytics.cluster_metrics.last_computed_at"] == metrics > 4
    assert connection.execute(kept).fetchall() == untouched
    assert clock.later_stamps(connection) == []
    runs.full()


@pytest.mark.ci
def test_an_undo_revokes_in_buckets_what_was_granted_wrongly(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_story(connection)
    divide(connection, 2)
    runs.full(as_of=AS_OF)
    before = support.marts(connection)
    project = support.copy_project(tmp_path / "copy", support.DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    pvp = project / "models" / "metrics" / "onchain_pvp.sql"
    given = "case cluster_id when 'bob' then 200 else 0 end::bigint as wins"
    support.edit(pvp, "sum(wins)::bigint as wins", given)
    runs.deploy()
    runs.full(as_of=AS_OF)
    # the views of the buckets are those of the new definitions
    assert support.progress(connection, "bob")["arena_victor"] == 200
    false = set(support.marts(connection)["tier_unlocks"]) - set(before["tier_unlocks"])
    assert len(false) > 2
    assert {key[0] for key in false} == {"bob"}
    done = deploying.undo(runs.plan_undo(), AS_OF)
    assert done.revoked == len(false)
    assert support.marts(connection) == before
    places = connection.execute(
        "select distinct tableoid::regclass::text, revoked_reason from analytics.tier_unlocks"
        " where revoked_at is not null"
    ).fetchall()
    assert places == [("bucket_2.tier_unlocks", "the definitions that granted it were undone")]


def test_only_the_views_that_are_named_decide_whether_they_were_replaced(
    transaction: psycopg.Connection,
) -> None:
    for view in ("one", "two", "three"):
        transaction.execute(f"create view analytics.a_view_{view} as select 1 as value")
    named = ["a_view_one", "a_view_two"]

    def state() -> str:
        (found,) = transaction.execute("select app.state_of_views(%s)", [named]).fetchone() or ("",)
        return str(found)

    def replace(view: str) -> None:
        # in a transaction of its own, as the number of one tells replaced views apart
        with transaction.transaction():
            transaction.execute(
                f"create or replace view analytics.a_view_{view} as select 2 as value"
            )

    before = state()
    replace("three")
    assert state() == before
    replace("two")
    assert state() != before
