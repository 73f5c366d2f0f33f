"""Random insertions, corrections, removals and returns between incremental runs: after each of
them the marts hold what a run for every cluster computes from the facts."""

import random
from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from hedge import database, runs, seasons
from hedge.queries import query
from hedge.seasons import Season
from tests.against_the_oracle import LISTS, hostile
from tests.oracle import World
from tests.oracle.instants import AS_OF
from tests.oracle.worlds import worlds
from tests.support import DAY, forget_runs, marts, put_world, without_instants


@pytest.fixture(scope="module")
def connection(module_database: str) -> Iterator[psycopg.Connection]:
    """A connection to a deployed database with an active season."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        with database.connect() as connection:
            season = Season("now", "Now", AS_OF - 30 * DAY, AS_OF + 30 * DAY, is_active=True)
            seasons.add(connection, season)
            connection.execute(
                "insert into app.season_challenge_weights (season_id, challenge_code, weight)"
                " select 'now', key, 1 from analytics.challenges"
            )
            yield connection


def columns_of(connection: psycopg.Connection, table: str) -> tuple[list[str], list[str]]:
    """The columns of a raw table: those of its key, and the others."""
    cursor = connection.execute(query("load_columns"), {"table": f"raw.{table}"})
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    key = [row["name"] for row in rows if row["key_position"]]
    return key, [row["name"] for row in rows if not row["key_position"]]


def remove(connection: psycopg.Connection, dice: random.Random, table: str) -> None:
    """Delete some facts."""
    connection.execute(
        sql.SQL("delete from raw.{} where abs(hashtext(ctid::text || %s)) %% 3 = 0").format(
            sql.Identifier(table)
        ),
        [str(dice.random())],
    )


def correct(connection: psycopg.Connection, dice: random.Random, table: str) -> None:
    """Give some facts the values of others, wallets and times included."""
    _, values = columns_of(connection, table)
    if not values:
        return
    connection.execute(
        sql.SQL(
            """
            with numbered as (
                select ctid as place, *, row_number() over (order by md5(ctid::text || %(salt)s))
                from raw.{table}
            )
            update raw.{table} as facts set ({values}) = row({others})
            from numbered as stored
            inner join numbered as other on other.row_number = stored.row_number + 1
            where facts.ctid = stored.place and stored.row_number %% 2 = 1
            """
        ).format(
            table=sql.Identifier(table),
            values=sql.SQL(", ").join(map(sql.Identifier, values)),
            others=sql.SQL(", ").join(sql.Identifier("other", name) for name in values),
        ),
        {"salt": str(dice.random())},
    )


def bring_back(connection: psycopg.Connection, dice: random.Random, table: str) -> None:
    """Insert facts again that were removed."""
    connection.execute(
        sql.SQL(
            "insert into raw.{table} select (jsonb_populate_record(null::raw.{table}, fact)).*"
            " from raw.removed_facts where table_name = %s on conflict do nothing"
        ).format(table=sql.Identifier(table)),
        [table],
    )


CHANGES: tuple[Callable[[psycopg.Connection, random.Random, str], None], ...] = (
    remove,
    correct,
    bring_back,
)


@pytest.mark.ci
@hostile(6)
@given(
    world=worlds(LISTS, huge=False), steps=st.lists(st.integers(0, 2**32), min_size=4, max_size=4)
)
def test_incremental_runs_equal_a_computation_from_nothing(
    connection: psycopg.Connection, world: World, steps: list[int]
) -> None:
    forget_runs(connection)
    put_world(connection, world)
    connection.execute("delete from raw.removed_facts")
    tables = [table for (table,) in connection.execute(query("load_tables"))]
    runs.full(as_of=AS_OF)
    for step in steps:
        dice = random.Random(step)
        told = []
        for table in dice.sample(tables, dice.choice([1, 2, 8])):
            change = dice.choice(CHANGES)
            change(connection, dice, table)
            told.append(f"{change.__name__} {table}")
        runs.incremental(as_of=AS_OF)
        found = marts(connection)
        runs.full(as_of=AS_OF)
        assert without_instants(found) == without_instants(marts(connection)), told
