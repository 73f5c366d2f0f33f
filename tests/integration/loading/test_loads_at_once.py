"""Loads at the same time, and beside other writers."""

import threading

import psycopg
import pytest

from hedge import database
from hedge.loading import load
from tests.integration.loading import (
    ALICE,
    HEADER,
    HEROES,
    NOON,
    Write,
    lines,
    match,
    stored,
)
from tests.support import Beside


@pytest.mark.parametrize("standing", [0, 1000])
def test_two_loads_at_once_neither_deadlock_nor_double(
    connection: psycopg.Connection, write: Write, standing: int
) -> None:
    numbers = [f"{n:04}" for n in range(3000)]
    before = numbers[::3][:standing]
    load(connection, "pvp_matches", write("s.csv", lines(HEADER, *map(match, before))))
    files = [
        write("a.csv", lines(HEADER, *(match(n, deaths="1") for n in numbers))),
        write("b.csv", lines(HEADER, *(match(n, deaths="2") for n in reversed(numbers)))),
    ]
    summaries = []

    def run(file: str) -> None:
        with database.connect() as own:
            summaries.append(load(own, "pvp_matches", file))

    threads = [threading.Thread(target=run, args=[file]) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.inserted for summary in summaries) == 3000 - standing
    assert stored(connection, "count(*), count(distinct hero_deaths)") == [(3000, 1)]


def test_a_load_waits_for_an_earlier_one_of_its_table_and_then_sees_its_rows(
    connection: psycopg.Connection, write: Write
) -> None:
    """Without the lock it would store a version that repeats the one of the other load."""
    first = write("a.csv", lines(HEROES, "7,Archer,0,1,false,2025-01-01T00:00Z"))
    second = write("b.csv", lines(HEROES, "7,Archer,0,1,false,2025-01-02T00:00Z"))
    with connection.transaction():
        load(connection, "heroes", first)
        later = Beside(lambda own: load(own, "heroes", second))
        assert later.waits
        # another table is nobody's business, and so are readers of this one
        with database.connect() as other:
            other.execute("set lock_timeout = '5s'")
            assert load(other, "pvp_matches", write("m.csv", lines(HEADER, match("1")))).inserted
            assert stored(other, "hero_id", "heroes") == []
    summary = later.result()
    assert (summary.inserted, summary.left_out) == (0, 1)
    assert len(stored(connection, "hero_id", "heroes")) == 1


def test_a_load_that_is_overtaken_by_another_writer_loses_nothing(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1", deaths="1"), match("2", deaths="1")))
    with connection.transaction():
        connection.execute(
            f"insert into raw.pvp_matches ({HEADER})"
            " values ('dfk', '2', %s, true, 'LOSS', 3, null, %s)",
            [ALICE, NOON],
        )
        loading = Beside(lambda own: load(own, "pvp_matches", file))
        assert loading.waits
    summary = loading.result()
    assert (summary.inserted, summary.updated) == (1, 1)
    assert stored(connection, "match_id, outcome, hero_deaths") == [
        ("1", "WIN", 1),
        ("2", "WIN", 1),
    ]
