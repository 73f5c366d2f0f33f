"""app.loaded_days holds how many rows of a raw table were loaded on each day, whatever writes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge.queries import query
from tests.support import AS_OF, BUSY, DAY, put, quest

#: Noon, so that the days before it are the same days in every time zone.
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
VISITS = """
create table raw.garden_visits (
    visit_id bigint primary key,
    day date not null,
    loaded_at timestamptz not null default now()
)
"""
WATCH = "select app.watch_facts('raw.garden_visits', 'day', '[{\"visit\": [\"visit_id\"]}]')"


@pytest.fixture
def connection(noted: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a deployed database without facts and notes."""
    noted.execute("delete from app.loaded_days")
    return noted


def counted(connection: psycopg.Connection, table: str = "quest_completions") -> dict[str, int]:
    """The rows of a table by the day of their loading, by the counts of the triggers."""
    return dict(
        connection.execute(
            "select loaded_on::text, sum(rows_loaded)::int from app.loaded_days"
            " where table_name = %s group by 1 having sum(rows_loaded) <> 0",
            [table],
        ).fetchall()
    )


def there(connection: psycopg.Connection, table: str = "quest_completions") -> dict[str, int]:
    """The same, by the rows themselves."""
    return dict(
        connection.execute(
            "select (loaded_at at time zone 'UTC')::date::text, count(*)::int"
            f" from raw.{table} group by 1"
        ).fetchall()
    )


def put_quests(connection: psycopg.Connection) -> None:
    for number, days in enumerate((0, 0, 1, 9)):
        fact = quest(BUSY, at=AS_OF - number * timedelta(hours=1))
        put(connection, fact._replace(row=fact.row | {"loaded_at": TODAY - days * DAY}))


@pytest.mark.parametrize(
    "statement",
    [
        "select",
        "update raw.quest_completions set loaded_at = loaded_at - interval '1 day'",
        "update raw.quest_completions set status = 3, loaded_at = now() where status = 2",
        "delete from raw.quest_completions where loaded_at > now() - interval '12 hours'",
        "delete from raw.quest_completions",
        "truncate raw.quest_completions",
        # both sides of midnight in UTC, in a session of another time zone
        "set local timezone = 'Pacific/Auckland'; update raw.quest_completions set loaded_at ="
        " '2026-03-01 00:30+00'::timestamptz - (quest_id % 2) * interval '1 hour'",
    ],
)
def test_the_counts_are_those_of_the_rows_that_are_there(
    connection: psycopg.Connection, statement: str
) -> None:
    put_quests(connection)
    connection.execute(statement)
    assert counted(connection) == there(connection)
    connection.execute("select app.compact_loaded_days()")
    assert counted(connection) == there(connection)


def test_the_latest_times_are_kept(connection: psycopg.Connection) -> None:
    put_quests(connection)
    latest = "select max(loaded_at), max(event_at) from app.loaded_days"
    assert connection.execute(latest).fetchone() == (TODAY, AS_OF)
    connection.execute("select app.compact_loaded_days()")
    assert connection.execute(latest).fetchone() == (TODAY, AS_OF)


def test_a_day_is_one_row_after_it_is_compacted(connection: psycopg.Connection) -> None:
    put_quests(connection)
    rows = "select loaded_on from app.loaded_days order by 1"
    assert len(connection.execute(rows).fetchall()) == 4
    connection.execute("select app.compact_loaded_days()")
    days = [TODAY.date() - timedelta(days) for days in (9, 1, 0)]
    assert connection.execute(rows).fetchall() == [(day,) for day in days]


def test_a_run_over_all_changes_compacts(connection: psycopg.Connection) -> None:
    put_quests(connection)
    connection.execute("select app.delete_taken_changes('a run', now())")
    assert connection.execute("select count(*) from app.loaded_days").fetchone() == (3,)


def test_two_sessions_do_not_compact_at_once(
    connection: psycopg.Connection, database_of_notes: str
) -> None:
    put_quests(connection)
    with psycopg.connect(database_of_notes) as other:
        other.execute("select pg_advisory_xact_lock(hashtext('app.loaded_days'))")
        connection.execute("select app.compact_loaded_days()")
        assert connection.execute("select count(*) from app.loaded_days").fetchone() == (4,)


def test_rows_from_before_a_table_was_watched_are_counted(connection: psycopg.Connection) -> None:
    connection.execute("set local timezone = 'Pacific/Auckland'")
    connection.execute(VISITS)
    connection.execute("insert into raw.garden_visits values (1, '2026-05-01'), (2, '2026-05-02')")
    connection.execute(WATCH)
    assert counted(connection, "garden_visits") == there(connection, "garden_visits")
    found = connection.execute("select event_at from app.loaded_days").fetchall()
    # a day begins in UTC
    assert found == [(datetime(2026, 5, 2, tzinfo=UTC),)]


def test_rows_that_came_while_a_trigger_was_off_are_counted(
    connection: psycopg.Connection,
) -> None:
    connection.execute(VISITS)
    connection.execute(WATCH)
    connection.execute("alter table raw.garden_visits disable trigger note_inserted")
    connection.execute("insert into raw.garden_visits values (1, '2026-05-01')")
    assert counted(connection, "garden_visits") == {}
    connection.execute(WATCH)
    assert counted(connection, "garden_visits") == there(connection, "garden_visits")
    connection.execute("insert into raw.garden_visits values (2, '2026-05-01')")
    connection.execute(WATCH)
    assert list(counted(connection, "garden_visits").values()) == [2]


def test_a_truncated_partition_leaves_the_rows_of_the_others_counted(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        VISITS.replace(" primary key", "").rstrip()[:-2]
        + ", primary key (visit_id)) partition by range (visit_id);"
        "create table raw.garden_1 partition of raw.garden_visits for values from (0) to (9);"
        "create table raw.garden_2 partition of raw.garden_visits for values from (9) to (19)"
    )
    connection.execute(WATCH)
    connection.execute("insert into raw.garden_visits values (1, '2026-05-01'), (9, '2026-05-01')")
    connection.execute("insert into raw.garden_2 values (10, '2026-05-01')")
    assert sum(counted(connection, "garden_visits").values()) == 3
    connection.execute("truncate raw.garden_1")
    assert sum(counted(connection, "garden_visits").values()) == 2


def test_nobody_writes_between_the_count_and_its_commit(
    connection: psycopg.Connection, database_of_notes: str
) -> None:
    connection.execute("select app.count_loaded_days('raw.quest_completions', 'completed_at')")
    with psycopg.connect(database_of_notes) as other:
        other.execute("set local lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            put(other, quest(BUSY))
        other.rollback()


def test_another_time_of_events_is_that_of_the_next_deploy(connection: psycopg.Connection) -> None:
    connection.execute(VISITS.replace("day date", "at timestamptz not null, day date"))
    connection.execute(WATCH)
    connection.execute("insert into raw.garden_visits values (1, '2026-05-03Z', '2026-05-01')")
    connection.execute(WATCH.replace("'day'", "'at'"))
    event_times = connection.execute(
        "select event_time from app.watched_tables where table_name = 'garden_visits'"
    ).fetchall()
    assert event_times == [("at",)]
    latest = "select max(event_at) from app.loaded_days where table_name = 'garden_visits'"
    assert connection.execute(latest).fetchone() == (datetime(2026, 5, 3, tzinfo=UTC),)


def test_nobody_makes_a_trigger_of_the_functions_that_note_changes(
    connection: psycopg.Connection,
) -> None:
    """They run with the rights of their owner, and would note changes of any table."""
    found = connection.execute(
        "select prosecdef, has_function_privilege('public', oid, 'execute') from pg_proc"
        " where pronamespace = 'app'::regnamespace and proname like 'note\\_changes\\_of\\_%'"
    ).fetchall()
    assert len(found) == len(connection.execute(query("load_tables")).fetchall())
    assert set(found) == {(True, False)}
