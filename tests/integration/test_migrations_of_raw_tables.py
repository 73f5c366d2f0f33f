"""Every rule of the raw tables refuses a row that breaks it, and no rule is missing.

The rules are listed in tests/rules_of_the_raw_tables.py, apart from the migrations: one that a
migration drops, and one that it adds without a case there, fails a test. Columns and indexes
are recorded in tests/published/tables.json.
"""

import re
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hedge.queries import query
from tests.published import recorded, require_recorded
from tests.rules_of_the_raw_tables import HASH, RULES, checks
from tests.support import AS_OF, BUSY, STRANGER


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared."""
    return transaction


#: The columns that the database's clock fills.
CLOCKS = {"loaded_at", "rejected_at", "removed_at"}
#: The tables that hold nothing but keys.
KEYS_ALONE = {"left_out_heroes", "left_out_pets"}
#: A value of each type, and another.
VALUES = {
    "boolean": (True, False),
    "date": (date(2026, 5, 1), date(2026, 5, 2)),
    "timestamp with time zone": (AS_OF, AS_OF.replace(hour=1)),
    "text": ("a text", "another"),
    "bigint[]": ([1], [2]),
    "jsonb": ("{}", "[]"),
}


def columns(table: str) -> dict[str, str]:
    """The recorded columns of a raw table."""
    return recorded("tables")[f"raw.{table}"]["columns"]


def value(table: str, column: str, number: int = 0) -> Any:
    """A value of a column that no check refuses; number 1 is another one."""
    rules = RULES[table]
    if column in rules.addresses.split():
        return (BUSY, STRANGER)[number]
    if column in rules.hashes.split():
        return (HASH, "0x" + "b2" * 32)[number]
    for check in checks(rules):
        if check.column == column and check.name in rules.words:
            return check.admitted[number]
    data_type = re.match(r"[a-z\[\]]+( with time zone)?", columns(table)[column])[0]
    return VALUES.get(data_type, (1, 2))[number]


def insert(connection: psycopg.Connection, table: str, **changes: Any) -> None:
    """Insert a row in which all columns but the clock have values; it is kept if none refuses."""
    names = columns(table).keys() - CLOCKS
    row = {name: value(table, name) for name in names} | changes
    statement = sql.SQL("insert into raw.{} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    with connection.transaction():
        connection.execute(statement, list(row.values()))


def delete(connection: psycopg.Connection, table: str) -> int:
    return connection.execute(f"delete from raw.{table}").rowcount


def tables(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """The columns and the indexes of every table of the schemas raw and app."""
    found: dict[str, dict[str, Any]] = {}
    for table, column, definition in connection.execute(
        """
        select relations.oid::regclass::text, columns.attname,
            concat_ws(' ',
                format_type(columns.atttypid, columns.atttypmod),
                case when columns.attcollation = '"C"'::regcollation then 'collate "C"' end,
                case when columns.attnotnull then 'not null' end,
                case when columns.attidentity = 'a' then 'generated always' end,
                'default ' || pg_get_expr(defaults.adbin, defaults.adrelid)
            )
        from pg_class as relations
        inner join pg_attribute as columns on relations.oid = columns.attrelid
        left join pg_attrdef as defaults
            on columns.attrelid = defaults.adrelid and columns.attnum = defaults.adnum
        where relations.relnamespace in ('raw'::regnamespace, 'app'::regnamespace)
            and relations.relkind in ('r', 'p') and columns.attnum > 0 and not columns.attisdropped
        """
    ):
        found.setdefault(table, {"columns": {}, "indexes": []})["columns"][column] = definition
    for table, definition in connection.execute(
        """
        select indrelid::regclass::text,
            case when indisunique then 'unique ' else '' end
            || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '')
        from pg_index
        inner join pg_class on pg_index.indexrelid = pg_class.oid
        where relnamespace in ('raw'::regnamespace, 'app'::regnamespace)
        order by 1, 2
        """
    ):
        found[table]["indexes"].append(definition)
    return {
        table: {"columns": of_table["columns"], "indexes": "; ".join(of_table["indexes"])}
        for table, of_table in found.items()
    }


def test_the_published_columns_and_indexes_of_tables_are_as_recorded(
    connection: psycopg.Connection,
) -> None:
    """Other programs write the raw tables, so names and types are a contract; a run without an
    index reads a table whole."""
    require_recorded("tables", tables(connection))


def test_every_rule_of_a_raw_table_has_a_case(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "select relname, contype::text, conname from pg_constraint"
        " inner join pg_class on conrelid = pg_class.oid"
        " where connamespace = 'raw'::regnamespace and contype <> 'n'"
        # of which chain/test_migration_of_chain_logs.py has cases
        " and relname not like 'chain\\_%'"
        # of which chain/test_migration_of_facts_of_logs.py has cases
        " and relname not in ('facts_of_files', 'pending_facts', 'undecoded_logs')"
    ).fetchall()
    expected = [(table, "p", f"{table}_pkey") for table in RULES]
    expected += [
        (table, "c", check.name) for table, rules in RULES.items() for check in checks(rules)
    ]
    assert sorted(found) == sorted(expected)
    triggers = "select count(*) from pg_trigger where tgrelid = any(%s::regclass[])"
    raw = [f"raw.{table}" for table in RULES]
    # app.watch_facts creates four for each table of facts, and tables of versions have four more;
    # two tables note the children of heroes (chain/test_what_logs_give.py)
    facts = len(connection.execute(query("load_tables")).fetchall())
    assert connection.execute(triggers, [raw]).fetchone() == (4 * facts + 4 * 2 + 2 * 2 + 1,)


@pytest.mark.parametrize("table", RULES)
def test_a_row_that_breaks_a_check_is_refused(connection: psycopg.Connection, table: str) -> None:
    """The name of the check is the sentence that the loader quotes."""
    insert(connection, table)
    assert delete(connection, table) == 1
    for check in checks(RULES[table]):
        for refused in check.refused:
            with pytest.raises(psycopg.errors.CheckViolation) as failure:
                insert(connection, table, **{check.column: refused})
            assert failure.value.diag.constraint_name == check.name
        for admitted in check.admitted:
            insert(connection, table, **{check.column: admitted})
            assert delete(connection, table) == 1


@pytest.mark.parametrize("table", RULES)
def test_a_natural_key_is_there_once_and_all_of_its_columns_tell_rows_apart(
    connection: psycopg.Connection, table: str
) -> None:
    insert(connection, table)
    with pytest.raises(psycopg.errors.UniqueViolation) as failure:
        insert(connection, table)
    assert failure.value.diag.constraint_name == f"{table}_pkey"
    for column in RULES[table].key.split():
        insert(connection, table, **{column: value(table, column, 1)})
    others = columns(table).keys() - {*CLOCKS, *RULES[table].key.split()}
    assert others or table in KEYS_ALONE
    for column in others:
        with pytest.raises(psycopg.errors.UniqueViolation):
            insert(connection, table, **{column: value(table, column, 1)})


@pytest.mark.parametrize("table", RULES)
def test_only_what_may_be_unknown_can_be_null(connection: psycopg.Connection, table: str) -> None:
    for column, definition in columns(table).items():
        if "not null" not in definition:
            insert(connection, table, **{column: None})
            assert delete(connection, table) == 1
            continue
        with pytest.raises(psycopg.errors.NotNullViolation) as failure:
            insert(connection, table, **{column: None})
        assert failure.value.diag.column_name == column


@pytest.mark.parametrize("table", sorted(RULES.keys() - KEYS_ALONE))
def test_a_row_knows_when_it_was_written(connection: psycopg.Connection, table: str) -> None:
    """Pages and checks of freshness read it; writers leave it to the database's clock."""
    insert(connection, table)
    (clock,) = CLOCKS & columns(table).keys()
    found = connection.execute(f"select {clock} = now() from raw.{table}")
    assert found.fetchall() == [(True,)]
