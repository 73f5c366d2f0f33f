"""The page docs/raw-tables.md, made from the catalogue of a migrated database.

make raw-tables
"""

import itertools
import textwrap
from collections.abc import Iterator

import psycopg
from psycopg.rows import scalar_row

from hedge import database
from hedge.loading.tables import Table, raw_table, read_checks
from hedge.queries import query

_INTRODUCTION = """\
# The raw tables

`make raw-tables` writes this page from a migrated database; the rules are the check constraints of
the tables, whose names are the sentences that the loader and PostgreSQL quote.

Each of the 24 tables has the columns below and `loaded_at`, which the database sets. A rule holds
for every program that writes a table, and null breaks none. No number may be negative, because the
events of the game have unsigned numbers only; NaN and Infinity are no numbers. Text without a rule
is kept as it is written, with its blanks and its case: ids of matches, events, enemies and items,
names of realms, chains and tokens. [Load facts and wallets](load.md#how-a-value-is-read) says how
`hedge load` reads the values of files.

**A program that writes a table itself** has one duty that no constraint can take over: to give only
values that the type of the column holds. PostgreSQL rounds when it assigns a number to a column of
another scale, before a constraint sees it: `0.4` into a bigint is stored as 0,
`0.1234567890123456789` into a numeric(38,18) without its last digit, and a time with nanoseconds as
the nearest microsecond. Such a program has to compare before it writes, or it writes files and
loads them. A `double precision` holds whole numbers exactly up to 2^53 only; genes need `numeric`.
"""
#: What a column admits whose type says everything.
_WITHOUT_RULE = {"text": "any text", "boolean": "true or false"}


def page(connection: psycopg.Connection) -> str:
    """The text of the page."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        tables = cursor.execute(query("load_tables")).fetchall()
    sections = (_section(connection, raw_table(connection, name)) for name in tables)
    return "\n".join(itertools.chain(_INTRODUCTION.splitlines(), *sections)) + "\n"


def _section(connection: psycopg.Connection, table: Table) -> Iterator[str]:
    """The lines about a table."""
    name = f"{table.schema}.{table.name}"
    about = database.value(connection, "select obj_description(%s::regclass, 'pg_class')", [name])
    checks = read_checks(connection, name)
    yield from ("", f"## {table.name}", "", *textwrap.wrap(f"{about}.", 100), "")
    yield "| column | type | key | null | rule |"
    yield "|---|---|---|---|---|"
    for column in table.columns:
        rules = sorted(check.sentence for check in checks if column.name in check.columns)
        cells = (
            column.name,
            column.type,
            "key" if column.key_position else "",
            "" if column.is_required else "null",
            "; ".join(rule.removeprefix(f"{column.name} is ") for rule in rules)
            or _WITHOUT_RULE[column.type],
        )
        yield f"| {' | '.join(cells)} |".replace("  ", " ")


def main() -> None:
    """Print the page of the database that HEDGE_DATABASE_URL or HEDGE_HOME names."""
    with database.connect() as connection:
        print(page(connection), end="")


if __name__ == "__main__":
    main()
