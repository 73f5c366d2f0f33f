"""What Citus refuses or answers wrongly where each group of clusters is a distributed schema.

Each rule finds the faults of one parsed statement, and says what happens otherwise. They were seen
on Citus 14.0.1 with PostgreSQL 18.4 (docs/decisions.md, "SQL stays within what Citus can execute").
house/test_what_citus_refuses.py applies them to the SQL of models, macros and loads.

sqlglot parses the statements, because sqlfluff has no tree that one can ask for the tables of a
subquery, and sqlglot is installed with dbt-colibri.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

import sqlglot
from sqlglot import exp


class Rule(NamedTuple):
    """A rule; why says what Citus does with a statement that breaks it, and what helps."""

    name: str
    why: str
    faults: Callable[[exp.Expression], Iterator[str]]


#: Functions that are immutable, and what sqlglot takes for functions, by their names in its tree.
IMMUTABLE = {
    *("And", "Array", "Bracket", "Case", "Cast", "Coalesce", "Greatest", "If", "Least", "Nullif"),
    *("Not", "Or", "Paren", "row"),
}
#: The schemas whose tables are in a distributed schema. Those without a schema are temporary.
DISTRIBUTED = {"raw", "analytics"}
#: Functions of the schema app that metric sources call: a bucket has what they read as data (the
#: as-of instant, the windows, and what is excluded).
REPLACED_FUNCTIONS = {
    *("as_of", "windows", "run_id", "links_as_of", "unit_of_metric"),
    *("excluded_clusters", "excluded_facts", "excluded_wallets"),
}
#: Functions that read the clock, chance, or a setting of the session.
OF_THE_SESSION = {
    *("clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday"),
    *("current_setting", "random", "gen_random_uuid", "pg_backend_pid"),
}


def parse(text: str) -> list[exp.Expression]:
    """The statements of a text, without parameters of psycopg."""
    text = re.sub(r"%\((\w+)\)s", r"\1_", text).replace("%%", "%")
    return [found for found in sqlglot.parse(text, dialect="postgres") if found is not None]


def tables(tree: exp.Expression) -> Iterator[exp.Table]:
    """The tables that a statement names, without those of its common table expressions."""
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Func):
            yield table


def functions(tree: exp.Expression) -> Iterator[tuple[str, str]]:
    """The functions that a statement calls, as their schema and their name."""
    for node in tree.find_all(exp.Func):
        schema = ""
        if isinstance(node.parent, exp.Dot):
            schema = node.parent.this.name
        elif isinstance(node.parent, exp.Table):
            schema = node.parent.db
        yield schema, node.name if isinstance(node, exp.Anonymous) else type(node).__name__


# -- statements that write a mart or a raw table ---------------------------------------------


def _functions_of_updates(tree: exp.Expression) -> Iterator[str]:
    for insert in tree.find_all(exp.Insert):
        conflict, target = insert.args.get("conflict"), insert.this.find(exp.Table)
        # tables of the service stay on the coordinator
        for change in conflict.expressions if conflict and target.db != "app" else ():
            for schema, name in functions(change):
                if schema or name not in IMMUTABLE:
                    yield f"do update set calls {name}"


def _locks_within_writes(tree: exp.Expression) -> Iterator[str]:
    if isinstance(tree, exp.Update | exp.Delete | exp.Insert):
        for lock in tree.find_all(exp.Lock):
            locking = lock.find_ancestor(exp.Select)
            read = {table.db for table in tables(locking)} if locking else set()
            if read & DISTRIBUTED:
                yield "a subquery locks rows of a statement that writes"


def _inserts_from_tables(tree: exp.Expression) -> Iterator[str]:
    for insert in tree.find_all(exp.Insert):
        if insert.this.find(exp.Table).db not in DISTRIBUTED:
            continue
        for part in (insert.expression, insert.args.get("with_")):
            for table in tables(part) if part else ():
                if table.db in DISTRIBUTED:
                    yield f"insert .. select reads {table.db}.{table.name}"


# -- views that a worker executes ------------------------------------------------------------


def _tables_of_the_service(tree: exp.Expression) -> Iterator[str]:
    for table in tables(tree):
        if table.db and table.db not in DISTRIBUTED:
            yield f"reads {table.db}.{table.name}"


def _functions_of_the_service(tree: exp.Expression) -> Iterator[str]:
    for schema, name in functions(tree):
        if schema == "app" and name not in REPLACED_FUNCTIONS:
            yield f"calls app.{name}"


def _what_a_session_knows(tree: exp.Expression) -> Iterator[str]:
    for schema, name in functions(tree):
        is_clock = name.startswith(("Current", "Local", "Rand"))
        if not schema and (is_clock or name.lower() in OF_THE_SESSION):
            yield f"calls {name}"


WRITES = (
    Rule(
        "functions of updates",
        "Citus refuses an upsert whose DO UPDATE SET calls a function that is not immutable"
        " (functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be"
        " marked IMMUTABLE). Take the value from the row that was to be inserted: of a column whose"
        " default is now(), it is excluded.loaded_at.",
        _functions_of_updates,
    ),
    Rule(
        "locks within writes",
        "Citus fails where a part of a statement that writes has FOR UPDATE and reads what was"
        " computed in a temporary table (missing data for column ..). Lock the rows by a statement"
        " before it: create temporary table .. as select .. for update.",
        _locks_within_writes,
    ),
    Rule(
        "inserts from tables",
        "INSERT .. SELECT from a table of a distributed schema fails on the worker where a column"
        " that it does not name has a default such as now() (syntax error at or near NOT), and with"
        " GROUP BY it ends all sessions of the coordinator. Where it reads a temporary table too,"
        " Citus refuses it (direct joins between distributed and local tables are not supported)."
        " Insert from a temporary table that an earlier statement has made.",
        _inserts_from_tables,
    ),
)
VIEWS = (
    Rule(
        "tables of the service",
        "A table of the schema app is on the coordinator alone: a view that reads it is executed by"
        ' a worker in parts, or not at all (has dependency to "table .." that is not in Citus\''
        " metadata). Read the model of models/staging that reads it: a bucket has a copy.",
        _tables_of_the_service,
    ),
    Rule(
        "functions of the service",
        "A worker that calls a function which reads a table of app says that the table does not"
        " exist. Call no function of app but those whose answers a bucket has as data.",
        _functions_of_the_service,
    ),
    Rule(
        "what a session knows",
        "A worker has a session of its own: its clock is another one, and it lacks the settings of"
        " the session of the run, without an error. Read the time from the windows.",
        _what_a_session_knows,
    ),
)


# -- functions of migrations -----------------------------------------------------------------

OF_THE_SERVER = "a function whose body is parsed reads a view of the server"
WHY_NOT_OF_THE_SERVER = (
    "Citus creates a function on its workers with everything that its parsed body depends on"
    " (RETURN .., BEGIN ATOMIC ..), and cannot create a view such as pg_stat_activity. Write the"
    " body as a string."
)


def functions_of_the_server(text: str) -> Iterator[str]:
    """The functions of a migration with a parsed body that reads a view of statistics."""
    for found in re.finditer(
        r"(?is)create (?:or replace )?function\s+([\w.]+)(.*?)(?=\ncreate |\Z)", text
    ):
        body = re.search(r"(?is)\n\s*(return\b.*?;|begin atomic.*?\n\s*end;)", found[2])
        if body and "$$" not in found[2][: body.start()] and re.search(r"\bpg_stat_", body[1]):
            yield f"{found[1]}: {OF_THE_SERVER}"


# -- statements in Python --------------------------------------------------------------------


def upserts(constants: Collection[str]) -> Iterator[exp.Expression]:
    """The upserts among texts of Python, with words in the place of what is put into them."""
    for text in constants:
        if "do update set" not in text:
            continue
        named = re.sub(r"\{(\w+)\}", r"\1_", text.replace("{{", "").replace("}}", ""))
        if named.lstrip().startswith("do update"):
            named = f"insert into t (a) values (1) on conflict (a) {named}"
        yield from parse(named)
