"""Runs where buckets have copies on the workers of Citus (docs/scale.md): what the views of a
bucket read there.

A view that reads facts reads the copies of these, and copies of everything else that it needs
(windows, links, seeds, and what functions of the schema app say), so that one worker can execute
it. A run fills these within the transaction that computes (app.fill_copy).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from hedge import database
from hedge.errors import HedgeError
from hedge.queries import query

#: The schema with the copies of facts that metrics of every bucket read.
OF_EVERYBODY = "everybody_copy"
#: The relation with what functions of the schema app say, a column for each call.
ANSWERS = "hedge_answers"
#: Statistics of tables that are empty between runs would make the planner expect no row in them.
#: Without any, it expects ten pages.
_STORAGE = "with (autovacuum_analyze_threshold = 2147483647)"
#: A column that nothing fills. Where it is as wide, the planner expects a row in a page, and not a
#: thousand windows: the sources of a bucket took half the time.
_WIDE = ", hedge_wide character(2000)"
#: A call of a function of the schema app with constants.
_CALL = re.compile(r"""\bapp\.(?P<name>\w+)\((?:[^()']|'(?:[^']|'')*')*\)""")


@dataclass
class Copies:
    """What views with facts read in the copies of buckets: the raw tables that are there, the
    views that read facts, the functions of the schema app that are not the same everywhere, and,
    as definitions are made, the relations and the calls of functions that are copied in a run."""

    tables: AbstractSet[str]
    views: AbstractSet[str] = frozenset()
    functions: AbstractSet[str] = frozenset()
    relations: set[str] = field(default_factory=set)
    calls: dict[str, str] = field(default_factory=dict)

    def without_calls(self, definition: str, number: int) -> str:
        """A definition that reads what functions say, where it called them."""

        def replace(found: re.Match[str]) -> str:
            if found["name"] not in self.functions:
                return found[0]
            column = f"call_{hashlib.sha256(found[0].encode()).hexdigest()[:16]}"
            self.calls[column] = found[0]
            self.relations.add(ANSWERS)
            return f"(SELECT {ANSWERS}.{column} FROM bucket_{number}_copy.{ANSWERS})"

        return _CALL.sub(replace, definition)

    def place_of_facts(self, table: str, divided: AbstractSet[str], number: int) -> str:
        """The copy of a raw table that views of a bucket read; divided are the raw tables whose
        facts are in buckets. A HedgeError where there is none."""
        if table not in self.tables:
            raise HedgeError(
                f"metrics read raw.{table}, which has no copy on the workers: "
                "hedge db distribute makes it"
            )
        schema = f"bucket_{number}_copy" if table in divided else OF_EVERYBODY
        return f'{schema}."raw_{table}"'

    def place_of_relation(self, name: str, number: int) -> str:
        """The copy of a relation without facts that views of a bucket read."""
        self.relations.add(name)
        return f'bucket_{number}_copy."{name}"'


def of(connection: psycopg.Connection, definitions: Mapping[str, str]) -> Copies | None:
    """What there is in copies; None where there are none. definitions are those of the live views
    that the marts rest on, each after those that it reads."""
    tables = {name for (name,) in connection.execute("select table_name from app.copied_tables")}
    if not tables:
        return None
    _require_same_columns(connection)
    reading: set[str] = set()
    for name, definition in definitions.items():
        words = set(re.findall(r'"?\banalytics\b"?\."?(\w+)', definition))
        if re.search(r"\braw\.", definition) or words & reading:
            reading.add(name)
    functions = connection.execute(
        "select distinct proname::text from pg_proc"
        " where pronamespace = 'app'::regnamespace and provolatile <> 'i'"
    )
    return Copies(tables, reading, {name for (name,) in functions})


def create(connection: psycopg.Connection, copies: Copies, number: int) -> None:
    """Create the tables of a bucket that a run fills for what its views read beside facts. The
    views of the bucket without facts are there."""
    schema = f"bucket_{number}_copy"
    for (name,) in connection.execute(query("copies_relations"), {"schema": schema}).fetchall():
        connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(schema, name)))
    for name in sorted(copies.relations):
        relation = f"bucket_{number}.{sql.Identifier(name).as_string(None)}"
        if name == ANSWERS:
            answers = ", ".join(f"{call} as {column}" for column, call in copies.calls.items())
            _locally(connection, f"create view {relation} as select {answers}")
        elif not database.exists(connection, relation):
            # a seed
            live = f"analytics.{sql.Identifier(name).as_string(None)}"
            _locally(connection, f"create view {relation} as select * from {live}")
        columns = database.value(connection, query("copies_columns"), {"relation": relation})
        if "cluster_id" not in columns and _is_small(connection, relation):
            columns += _WIDE
        connection.execute(f'create table {schema}."{name}" ({columns}) {_STORAGE}'.encode())


def _is_small(connection: psycopg.Connection, relation: str) -> bool:
    """Whether a relation has less than a hundred rows."""
    counted = f"select count(*) < 100 from (select from {relation} limit 100) as counted"
    return bool(database.value(connection, counted))


def create_locally(connection: psycopg.Connection, statements: Iterable[str]) -> None:
    """Create views and functions of a bucket, which only the coordinator has: Citus would create
    them on all workers, with everything that they read."""
    for statement in statements:
        _locally(connection, statement.replace(" PARALLEL SAFE", ""))


def without_workers(connection: psycopg.Connection) -> None:
    """Let what the transaction creates stay on the coordinator, if it is one: a worker that is away
    could not take it, and none needs it."""
    connection.execute(
        "select set_config('citus.enable_ddl_propagation', 'off', true)"
        " from pg_extension where extname = 'citus'"
    )


def _locally(connection: psycopg.Connection, statement: str) -> None:
    connection.execute("set local citus.enable_ddl_propagation to off")
    connection.execute(statement.encode())
    connection.execute("set local citus.enable_ddl_propagation to on")


def _require_same_columns(connection: psycopg.Connection) -> None:
    """Raise a HedgeError where a copy lacks a column of its raw table."""
    found = connection.execute(query("copies_outdated")).fetchall()
    if found:
        raise HedgeError(
            f"the copies of raw.{found[0][0]} on the workers have other columns than the table: "
            "hedge db distribute makes them anew"
        )
