"""Versions of heroes and pets: one that changes nothing is left out."""

import psycopg

from hedge.loading import load
from tests.integration.loading import (
    HEROES,
    Write,
    lines,
    stored,
)


def test_a_version_that_changes_nothing_is_left_out(
    connection: psycopg.Connection, write: Write
) -> None:
    def hero(day: int, level: int) -> str:
        return f"7,Archer,0,{level},false,2025-01-{day:02}T00:00:00Z"

    def days() -> list[tuple]:
        return stored(connection, "extract(day from updated_at)::int, level", "heroes")

    out_of_order = [hero(5, 2), hero(1, 1), hero(3, 1), hero(2, 1), hero(4, 2), hero(4, 2)]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *out_of_order)))
    assert (summary.read, summary.inserted, summary.left_out, summary.repeated) == (6, 2, 3, 1)
    assert days() == [(1, 1), (4, 2)]

    # Day 2 follows a stored version, day 7 one of the same file. Day 4 is stored and corrected, so
    # that day 5, which was seen with level 2, has to be known again, and day 6 is news.
    later = [hero(6, 3), hero(7, 3), hero(2, 1), hero(4, 3), hero(8, 4)]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *later)))
    assert (summary.inserted, summary.updated, summary.left_out) == (2, 1, 2)
    assert summary.restored == 1
    assert days() == [(1, 1), (4, 3), (5, 2), (6, 3), (8, 4)]
    again = load(connection, "heroes", write("h.csv", lines(HEROES, *later)))
    assert (again.unchanged, again.left_out, again.restored) == (3, 2, 0)


def test_versions_of_pets_are_told_apart_by_chain(
    connection: psycopg.Connection, write: Write
) -> None:
    header = "pet_id,chain_id,rarity,variant,updated_at"
    rows = ["1,1,0,ODD,2025-01-01T00:00Z", "1,2,0,ODD,2025-01-02T00:00Z"]
    same = "1,1,0,ODD,2025-01-03T00:00Z"
    summary = load(connection, "pets", write("p.csv", lines(header, *rows, same)))
    assert (summary.inserted, summary.left_out) == (2, 1)


def test_a_version_that_a_bad_column_hides_is_no_predecessor(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [
        "7,Archer,0,1,false,2025-01-01T00:00Z",
        "7,Archer,0,high,false,2025-01-02T00:00Z",
        "7,Archer,0,1,false,2025-01-03T00:00Z",
    ]
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, *rows)))
    assert (summary.inserted, summary.left_out, summary.rejected) == (1, 1, 1)


def levels(connection: psycopg.Connection) -> list[tuple]:
    """The stored versions: day and level."""
    return stored(connection, "extract(day from updated_at)::int, level", "heroes")


def hero(day: int, level: int) -> str:
    return f"7,Archer,0,{level},false,2025-01-{day:02}T00:00:00Z"


def test_a_stored_version_that_is_corrected_to_equal_the_one_before_it_is_corrected(
    connection: psycopg.Connection, write: Write
) -> None:
    """Left out, it would go on saying what was wrong."""
    load(connection, "heroes", write("h.csv", lines(HEROES, hero(1, 1), hero(2, 2), hero(3, 3))))
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, hero(2, 1))))
    assert (summary.inserted, summary.updated, summary.left_out) == (0, 1, 0)
    assert levels(connection) == [(1, 1), (2, 1), (3, 3)]
    # and so is one that is corrected together with the one before it
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, hero(1, 9), hero(2, 9))))
    assert (summary.updated, summary.left_out) == (2, 0)
    assert levels(connection) == [(1, 9), (2, 9), (3, 3)]


def test_a_version_is_compared_with_the_one_before_it_and_no_other(
    connection: psycopg.Connection, write: Write
) -> None:
    """Not with a later one, not with one of another hero, and a value that comes back is news."""
    load(connection, "heroes", write("h.csv", lines(HEROES, hero(5, 1))))
    another = "8,Archer,0,1,false,2025-01-06T00:00:00Z"
    summary = load(
        connection,
        "heroes",
        write("h.csv", lines(HEROES, hero(4, 1), another, hero(6, 2), hero(7, 1))),
    )
    assert (summary.inserted, summary.left_out) == (4, 0)


def test_an_unknown_value_equals_an_unknown_one_and_nothing_else(
    connection: psycopg.Connection, write: Write
) -> None:
    header = f"{HEROES},sub_class"
    rows = [f"{hero(1, 1)},", f"{hero(2, 1)},", f"{hero(3, 1)},Thief", f"{hero(4, 1)},"]
    summary = load(connection, "heroes", write("h.csv", lines(header, *rows)))
    assert (summary.inserted, summary.left_out) == (3, 1)
    # a file without the column knows nothing of it, and a stored one keeps what is known
    summary = load(connection, "heroes", write("h.csv", lines(HEROES, hero(3, 1), hero(5, 1))))
    assert (summary.inserted, summary.unchanged, summary.left_out) == (0, 1, 1)


def test_tables_without_versions_keep_rows_that_say_the_same(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = ["2025-01-01,JEWEL,1", "2025-01-02,JEWEL,1"]
    file = write("p.csv", lines("price_date,token,usd_price", *rows))
    summary = load(connection, "token_prices_daily", file)
    assert (summary.inserted, summary.left_out) == (2, 0)
