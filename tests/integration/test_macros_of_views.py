"""The macros that replace views, read them through functions and judge the catalog.

They are rendered without dbt; statements that they ask dbt to execute are executed in a
transaction of the test, which is rolled back.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from tests.rendering import Relation, render


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared."""
    return transaction


def call(connection: psycopg.Connection, macro: str, *arguments: Any, **names: Any) -> Any:
    """Call a macro that executes statements; returns what the macro returns."""
    results: dict[str, SimpleNamespace] = {}

    def statement(name: str, fetch_result: bool = False, *, caller: Callable[[], str]) -> str:
        cursor = connection.execute(caller())
        found = cursor.fetchall() if fetch_result else []
        results[name] = SimpleNamespace(data=found, table=SimpleNamespace(rows=found))
        return ""

    returned: list[Any] = []
    render(
        f"{{{{ keep({macro}(*arguments)) }}}}",
        {},
        {"incremental_strategy": "latest_wins", "unique_key": ["cluster_id"]},
        statement=statement,
        load_result=results.__getitem__,
        keep=returned.append,
        arguments=arguments,
        **names,
    )
    return returned[0]


def value(connection: psycopg.Connection, question: str) -> Any:
    return connection.execute(question).fetchone()[0]


# -- replacing views ----------------------------------------------------------------------

BEFORE = "select 1 as a, 'x'::varchar(9) as b, 'y'::text collate \"C\" as c"


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        (BEFORE, False),
        (f"{BEFORE}, 2 as d", False),
        ("select 1 as a, 'x'::varchar(9) as b", True),
        ("select 1 as z, 'x'::varchar(9) as b, 'y'::text collate \"C\" as c", True),
        ("select 'x'::varchar(9) as b, 1 as a, 'y'::text collate \"C\" as c", True),
        ("select 1::bigint as a, 'x'::varchar(9) as b, 'y'::text collate \"C\" as c", True),
        ("select 1 as a, 'x'::varchar(8) as b, 'y'::text collate \"C\" as c", True),
        ("select 1 as a, 'x'::varchar(9) as b, 'y'::text collate \"POSIX\" as c", True),
    ],
    ids=[
        *("equal", "one more at the end", "one less", "another name", "another order"),
        *("another type", "another length", "another collation"),
    ],
)
def test_a_view_is_dropped_only_if_it_cannot_be_replaced_in_place(
    connection: psycopg.Connection, new: str, changes: bool
) -> None:
    view = Relation("some_view")
    # a view that a cascade has dropped
    assert call(connection, "columns_change", view, new) is False
    connection.execute(f"create view {view} as {BEFORE}")
    for _ in range(2):
        assert call(connection, "columns_change", view, new) is changes
    if not changes:
        connection.execute(f"create or replace view {view} as {new}")
    else:
        with pytest.raises(psycopg.errors.InvalidTableDefinition):
            connection.execute(f"create or replace view {view} as {new}")


@pytest.mark.parametrize("cascade", [False, True])
def test_all_functions_that_return_rows_of_a_view_are_dropped_and_no_other(
    connection: psycopg.Connection, cascade: bool
) -> None:
    view = Relation("some_view")
    connection.execute(
        f"""
        create view {view} as select 1 as a;
        create view analytics.another_view as select 1 as a;
        create function analytics.some_view_rows() returns setof {view}
        language sql return null::{view};
        create function analytics.older_name(text, text[]) returns setof {view}
        language sql return null::{view};
        create function analytics.another_view_rows() returns setof analytics.another_view
        language sql return null::analytics.another_view
        """
    )
    functions = (
        "select array_agg(proname::text order by proname) from pg_proc where proname in"
        " ('some_view_rows', 'older_name', 'another_view_rows')"
    )
    statement = render(f"{{{{ drop_view_functions(view, {cascade}) }}}}", {}, view=view)
    with connection.transaction(force_rollback=True):
        connection.execute(statement)
        assert value(connection, functions) == ["another_view_rows"]
    connection.execute("create view analytics.above as select * from analytics.some_view_rows()")
    if cascade:
        connection.execute(statement)
        assert value(connection, "select to_regclass('analytics.above') is null")
        assert value(connection, functions) == ["another_view_rows"]
    else:
        with pytest.raises(psycopg.errors.DependentObjectsStillExist):
            connection.execute(statement)


# -- functions of views -------------------------------------------------------------------


def test_a_view_read_through_its_function_is_filtered_by_every_argument(
    connection: psycopg.Connection,
) -> None:
    view = Relation("some_view")
    connection.execute(
        f"""
        create view {view} as
        select * from (
            values ('all', 'busy', 1), ('all', 'idle', 2), ('run:1', 'busy', 3), (null, 'x', 4)
        )
        as rows (window_key, cluster_id, wins)
        """
    )
    for options in ("rows=10, filters=['window_key', 'cluster_id']", "rows=77, cost=3"):
        connection.execute(
            render(f"{{{{ create_view_function(view, {options}) }}}}", {}, view=view)
        )

    def read(*arguments: str) -> list[int]:
        rows = render("{{ view_function(view, *arguments) }}", {}, view=view, arguments=arguments)
        found = connection.execute(f"select wins from {rows} as rows order by wins")
        return [wins for (wins,) in found]

    assert read() == [1, 2, 3, 4]
    assert read("null", "null") == [1, 2, 3, 4]
    assert read("array['all']", "null") == [1, 2]
    assert read("null", "array['busy', 'nobody']") == [1, 3]
    assert read("array['all', 'run:1']", "array['busy']") == [1, 3]
    assert read("array['run:1']", "array['idle']") == []
    assert read("array[]::text[]", "null") == []
    costs = connection.execute(
        "select pronargs, prorows, procost, provolatile, proparallel from pg_proc"
        " where proname = 'some_view_rows' order by pronargs"
    ).fetchall()
    assert costs == [(0, 77, 3, "s", "s"), (2, 10, 100, "s", "s")]


def test_the_next_tier_is_the_lowest_whose_threshold_is_above_the_value(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        """
        truncate analytics.challenge_tiers;
        insert into analytics.challenge_tiers
        (challenge_key, tier_code, display_name, threshold_value, sort_order)
        values ('arena', 'ELITE', 'Elite', 25, 2), ('arena', 'BASIC', 'Basic', 5, 1),
        ('arena', 'MYTHIC', 'Mythic', 100, 3), ('hunts', 'BASIC', 'Basic', 7, 1)
        """
    )

    def next_tier(challenge: str, reached: float) -> list[tuple]:
        question = "select * from analytics.next_tier(%s, %s::numeric)"
        return connection.execute(question, [challenge, reached]).fetchall()

    assert next_tier("arena", 0) == [("BASIC", "Basic", 5)]
    assert next_tier("arena", 4.999999) == [("BASIC", "Basic", 5)]
    # a threshold that is met exactly is reached
    assert next_tier("arena", 5) == [("ELITE", "Elite", 25)]
    assert next_tier("arena", 99) == [("MYTHIC", "Mythic", 100)]
    assert next_tier("arena", 100) == []
    assert next_tier("hunts", 5) == [("BASIC", "Basic", 7)]
    assert next_tier("nothing", 0) == []


# -- statistics and tables of marts -------------------------------------------------------


@pytest.mark.parametrize(
    ("analyzed_pages", "analyzed_rows", "holds"),
    [
        (10, 1000, True),
        (10, 1, True),
        (10, 0, False),
        (10, -1, False),
        (11, 1000, True),
        (12, 1000, False),
        (9, 1000, False),
    ],
)
def test_statistics_hold_while_a_table_is_within_a_tenth_of_its_analyzed_size(
    connection: psycopg.Connection, analyzed_pages: int, analyzed_rows: int, holds: bool
) -> None:
    connection.execute(
        "create table analytics.some_mart (filler text) with (autovacuum_enabled = false);"
        "alter table analytics.some_mart alter column filler set storage plain;"
        # so many of them fill ten pages, of eight kilobytes each
        "insert into analytics.some_mart select repeat('x', 3900) from generate_series(1, 20)"
    )
    pages = "select pg_relation_size('analytics.some_mart') / 8192"
    assert value(connection, pages) == 10
    connection.execute(
        "update pg_class set relpages = %s, reltuples = %s"
        " where oid = 'analytics.some_mart'::regclass",
        [analyzed_pages, analyzed_rows],
    )
    found = call(connection, "is_as_large_as_analyzed", Relation("some_mart"))
    assert found is holds


def create_or_extend(connection: psycopg.Connection, columns: dict[str, str]) -> list[str]:
    """Create or extend a mart by its contract; returns the statements that alter it."""
    mart = Relation("some_mart")
    existing = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0", [mart]
    )
    present = [{"name": name} for (name,) in existing]
    definitions = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
    asked: list[str] = []

    class Recorded:
        """The connection, which keeps the statements that alter a table."""

        def execute(self, text: str) -> psycopg.Cursor:
            if "alter table" in text:
                asked.append(" ".join(text.split()))
            return connection.execute(text)

    call(
        Recorded(),
        "create_or_extend_mart",
        mart,
        "select",
        adapter=SimpleNamespace(get_columns_in_relation=lambda _: present),
        model=SimpleNamespace(
            columns={
                name: SimpleNamespace(name=name, data_type=data_type)
                for name, data_type in columns.items()
            }
        ),
        get_table_columns_and_constraints=lambda: f"({definitions})",
        get_assert_columns_equivalent=lambda _: "",
        create_indexes=lambda _: "",
    )
    return asked


def test_a_mart_is_created_with_room_on_its_pages_and_gains_only_the_columns_it_lacks(
    connection: psycopg.Connection,
) -> None:
    leave_room = "alter table analytics.some_mart set (fillfactor = 50)"
    assert create_or_extend(connection, {"cluster_id": "text"}) == [leave_room]
    assert value(
        connection,
        "select reloptions from pg_class where oid = 'analytics.some_mart'::regclass",
    ) == ["fillfactor=50"]
    connection.execute("insert into analytics.some_mart values ('busy')")
    # an alter table that changes nothing would take a lock that blocks readers
    assert create_or_extend(connection, {"cluster_id": "text"}) == []
    extended = create_or_extend(connection, {"cluster_id": "text", "wins": "bigint"})
    assert extended == ["alter table analytics.some_mart add column wins bigint"]
    assert connection.execute("select * from analytics.some_mart").fetchall() == [("busy", None)]
