"""Versions that were left out are known again when the version before them becomes another one."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedge import database
from hedge.loading import load, stage_file
from hedge.loading.tables import raw_table
from hedge.loading.versions import restore_left_out
from tests.integration.loading import HEROES, Write, lines, stored

_settings = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def hero(day: int, level: int) -> str:
    return f"7,Archer,0,{level},false,2025-01-{day:02}T00:00:00Z"


def levels(connection: psycopg.Connection) -> list[tuple]:
    """The stored versions: day and level."""
    return stored(connection, "extract(day from updated_at)::int, level", "heroes")


def left_out(connection: psycopg.Connection) -> list[int]:
    """The days of the left-out versions."""
    days = stored(connection, "extract(day from updated_at)::int", "left_out_heroes")
    return [day for (day,) in days]


@pytest.fixture
def seen(connection: psycopg.Connection, write: Write) -> psycopg.Connection:
    """A hero who had level 1 on the days 2, 4, 5, 6, and 9 on day 8."""
    rows = [hero(2, 1), hero(4, 1), hero(5, 1), hero(6, 1), hero(8, 9)]
    load(connection, "heroes", write("seen.csv", lines(HEROES, *rows)))
    assert (levels(connection), left_out(connection)) == ([(2, 1), (8, 9)], [4, 5, 6])
    return connection


def test_a_late_version_is_followed_by_what_was_seen_after_it(
    seen: psycopg.Connection, write: Write
) -> None:
    summary = load(seen, "heroes", write("h.csv", lines(HEROES, hero(3, 2))))
    assert (summary.inserted, summary.left_out, summary.restored) == (1, 0, 1)
    assert levels(seen) == [(2, 1), (3, 2), (4, 1), (8, 9)]
    assert left_out(seen) == [5, 6]


def test_a_late_version_that_says_the_same_is_left_out_as_well(
    seen: psycopg.Connection, write: Write
) -> None:
    summary = load(seen, "heroes", write("h.csv", lines(HEROES, hero(3, 1), hero(4, 1))))
    assert (summary.inserted, summary.left_out, summary.restored) == (0, 2, 0)
    assert left_out(seen) == [3, 4, 5, 6]


def test_a_corrected_version_keeps_what_was_seen_after_it(
    seen: psycopg.Connection, write: Write
) -> None:
    summary = load(seen, "heroes", write("h.csv", lines(HEROES, hero(2, 3))))
    assert (summary.updated, summary.restored) == (1, 1)
    assert levels(seen) == [(2, 3), (4, 1), (8, 9)]


def test_a_left_out_version_is_corrected_with_the_columns_that_the_file_has(
    seen: psycopg.Connection, write: Write
) -> None:
    header = f"{HEROES},profession"
    load(seen, "heroes", write("h.csv", lines(header, f"{hero(2, 1)},mining")))
    assert left_out(seen) == [5, 6]
    summary = load(seen, "heroes", write("h.csv", lines(HEROES, hero(5, 7))))
    assert (summary.updated, summary.restored) == (1, 2)
    assert levels(seen) == [(2, 1), (4, 1), (5, 7), (6, 1), (8, 9)]
    assert left_out(seen) == []


def test_a_restored_version_of_a_pet_has_all_its_values(
    connection: psycopg.Connection, write: Write
) -> None:
    header = "pet_id,chain_id,rarity,variant,family,updated_at"
    rows = ["1,1,2,ODD,blue,2025-01-01T00:00Z", "1,1,2,ODD,blue,2025-01-03T00:00Z"]
    load(connection, "pets", write("p.csv", lines(header, *rows)))
    load(connection, "pets", write("p.csv", lines(header, "1,1,3,ODD,,2025-01-02T00:00Z")))
    assert stored(connection, "updated_at::date::text, rarity, variant, family", "pets") == [
        ("2025-01-01", 2, "ODD", "blue"),
        ("2025-01-02", 3, "ODD", None),
        ("2025-01-03", 2, "ODD", "blue"),
    ]


# -- other programs ------------------------------------------------------------------------

INSERT = """
    insert into raw.heroes (hero_id, main_class, rarity, level, is_rented, updated_at)
    values (7, 'Archer', 0, %s, false, make_timestamptz(2025, 1, %s, 0, 0, 0, 'UTC'))
"""
AT = "updated_at = make_timestamptz(2025, 1, %s, 0, 0, 0, 'UTC')"


def test_a_late_version_of_another_program_is_followed_by_what_was_seen_after_it(
    seen: psycopg.Connection,
) -> None:
    seen.execute(INSERT, [1, 3])
    assert (levels(seen), left_out(seen)) == ([(2, 1), (3, 1), (8, 9)], [4, 5, 6])
    seen.execute(INSERT, [2, 5])
    assert levels(seen) == [(2, 1), (3, 1), (5, 2), (6, 1), (8, 9)]
    assert left_out(seen) == [4]


def test_left_out_versions_go_with_the_deleted_one_for_which_they_stood(
    seen: psycopg.Connection,
) -> None:
    seen.execute(f"delete from raw.heroes where {AT}", [8])
    assert left_out(seen) == [4, 5, 6]
    seen.execute(f"delete from raw.heroes where {AT}", [2])
    assert left_out(seen) == []


def test_left_out_versions_go_with_a_key_and_with_all_rows(seen: psycopg.Connection) -> None:
    seen.execute("update raw.heroes set level = level + 1")
    assert left_out(seen) == [4, 5, 6]
    seen.execute(f"update raw.heroes set hero_id = 8 where {AT}", [2])
    assert left_out(seen) == []


def test_left_out_versions_are_truncated_with_their_table(seen: psycopg.Connection) -> None:
    seen.execute("truncate raw.heroes")
    assert left_out(seen) == []


@pytest.mark.parametrize(
    ("days", "restored", "remaining"),
    [
        ([2], 1, [(4, 1), (8, 9)]),
        ([2, 4], 1, [(5, 1), (8, 9)]),
        ([5], 1, [(2, 1), (6, 1), (8, 9)]),
        ([8], 0, [(2, 1)]),
        ([3], 0, [(2, 1), (8, 9)]),
        ([2, 4, 5, 6, 8], 0, []),
    ],
)
def test_a_deletion_of_single_versions_keeps_what_was_seen_after_them(
    seen: psycopg.Connection, write: Write, days: list[int], restored: int, remaining: list[tuple]
) -> None:
    with seen.transaction():
        table = raw_table(seen, "heroes")
        file = write("keys.csv", lines(HEROES, *(hero(day, 0) for day in days)))
        stage_file(seen, table, file)
        assert restore_left_out(seen, table, "hedge_staging") == restored
        seen.execute(
            "delete from raw.heroes where (hero_id, updated_at) in"
            " (select hero_id, updated_at from pg_temp.hedge_staging)"
        )
    assert levels(seen) == remaining
    assert not {day for day, _ in remaining} & set(left_out(seen))


def test_statements_on_a_partition_keep_left_out_versions(seen: psycopg.Connection) -> None:
    """Once a deploy has found the partition, and triggers that are missing or switched off."""
    assert left_out(seen) == [4, 5, 6]
    # in another session, which has not planned the triggers for the table as it was
    with database.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            """
            alter table raw.heroes rename to heroes_1;
            create table raw.heroes (like raw.heroes_1 including defaults)
            partition by list (hero_id);
            alter table raw.heroes add primary key (hero_id, updated_at);
            alter table raw.heroes attach partition raw.heroes_1 for values in (7);
            drop trigger keep_left_out_inserted on raw.heroes_1;
            alter table raw.heroes_1 disable trigger keep_left_out_deleted;
            select app.watch_left_out_versions()
            """
        )
        for table, day, kept in (("heroes_1", 3, [5, 6]), ("heroes", 5, [])):
            connection.execute(INSERT.replace("raw.heroes", f"raw.{table}"), [day, day])
            assert left_out(connection) == kept
        for table, day in (("heroes", 11), ("heroes_1", 12)):
            connection.execute(INSERT.replace("raw.heroes", f"raw.{table}"), [day, day])
            connection.execute("insert into raw.left_out_heroes values (7, '2025-01-20')")
            connection.execute(f"delete from raw.{table} where {AT}", [day])
            assert left_out(connection) == []
        created = "select count(*) from pg_trigger where tgname like 'keep_left_out_%'"
        before = connection.execute(created).fetchall()
        connection.execute("select app.watch_left_out_versions()")
        assert before == connection.execute(created).fetchall() == [(12,)]


# -- any versions in any order -------------------------------------------------------------

_keys = st.tuples(st.integers(1, 2), st.integers(1, 8))
#: A file: whether it has the column sub_class, and its versions.
_files = st.tuples(
    st.booleans(),
    st.lists(
        st.tuples(_keys, st.integers(1, 2), st.sampled_from(["", "Thief"])), min_size=1, max_size=8
    ),
)
#: A version that another program inserts.
_inserts = st.tuples(_keys, st.integers(1, 2))


def states(connection: psycopg.Connection) -> dict[tuple[int, int], tuple]:
    """The state of each hero at each day of the table, from what is stored."""
    found = connection.execute(
        """
        select hero_id, day, state.level, state.sub_class
        from generate_series(1, 2) as hero_id
        cross join generate_series(1, 9) as day
        cross join lateral (
            select level, sub_class from raw.heroes
            where heroes.hero_id = hero_id.hero_id and extract(day from updated_at) <= day
            order by updated_at desc limit 1
        ) as state
        """
    )
    return {(hero_id, day): (level, sub) for hero_id, day, level, sub in found.fetchall()}


def expected_states(known: dict[tuple[int, int], tuple]) -> dict[tuple[int, int], tuple]:
    """The same from the versions that were seen."""
    at: dict[tuple[int, int], tuple] = {}
    for hero_id in (1, 2):
        for day in range(1, 10):
            state = known.get((hero_id, day), at.get((hero_id, day - 1)))
            if state is not None:
                at[hero_id, day] = state
    return at


@_settings
@given(steps=st.lists(st.one_of(_files, _inserts), min_size=1, max_size=5))
def test_any_files_in_any_order_give_the_states_that_were_seen(
    transaction: psycopg.Connection, tmp_path: Path, steps: list[Any]
) -> None:
    file = tmp_path / "heroes.csv"
    known: dict[tuple[int, int], tuple] = {}
    with transaction.transaction(force_rollback=True):
        for first, second in steps:
            if isinstance(first, tuple):  # another program inserts a version
                hero_id, day = first
                added = transaction.execute(
                    INSERT.replace("(7,", "(%s,") + " on conflict do nothing",
                    [hero_id, second, day],
                ).rowcount
                if added:
                    known[first] = (second, None)
            else:
                rows = []
                for (hero_id, day), level, sub in second:
                    at = f"2025-01-{day:02}T00:00:00Z"
                    row = f"{hero_id},Archer,0,{level},false,{at}"
                    rows.append(f"{row},{sub}" if first else row)
                    # a column that the file does not have keeps its value
                    _, before = known.get((hero_id, day), (None, None))
                    known_sub = (sub or None) if first else before
                    known[hero_id, day] = (level, known_sub)
                file.write_text(lines(f"{HEROES},sub_class" if first else HEROES, *rows))
                load(transaction, "heroes", str(file))
                again = load(transaction, "heroes", str(file))
                assert (again.inserted, again.updated, again.restored) == (0, 0, 0)
            assert states(transaction) == expected_states(known)
