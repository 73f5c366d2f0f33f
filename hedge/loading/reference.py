"""What is made from the catalogue of a migrated database: the page docs/raw-tables.md, and the
columns of models/staging/_sources.yml. A comment on a column says what it means, in which unit;
its type and the check constraints say which values it has.

make raw-tables
"""

import itertools
import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import yaml
from psycopg.rows import class_row, scalar_row

from hedge import database
from hedge.loading.tables import Table, raw_table, read_checks
from hedge.queries import query

_INTRODUCTION = """\
# The raw tables

`make raw-tables` writes this page from a migrated database, and the same words into the sources of
dbt: the rules are the check constraints of the tables, whose names are the sentences that the
loader and PostgreSQL quote, and the meaning is the comment on the column.

Each of the NN tables has the columns below and `loaded_at`, which the database sets; those that
logs feed also have `decoded_at` ([From logs to facts](decoding.md)), which no other program sets. A
rule holds for every program that writes a table, and null breaks none. No number may be negative,
because the events of the game have unsigned numbers only; NaN and Infinity are no numbers. Text
without a rule is kept as it is written, with its blanks and its case: ids of matches, events,
enemies and items, names of realms, chains and tokens. [Load facts and
wallets](load.md#how-a-value-is-read) says how `hedge load` reads the values of files.

**A program that writes a table itself** has one duty that no constraint can take over: to give only
values that the type of the column holds. PostgreSQL rounds when it assigns a number to a column of
another scale, before a constraint sees it: `0.4` into a bigint is stored as 0,
`0.1234567890123456789` into a numeric(38,18) without its last digit, and a time with nanoseconds as
the nearest microsecond. Such a program has to compare before it writes, or it writes files and
loads them. A `double precision` holds whole numbers exactly up to 2^53 only; genes need `numeric`.

To whom the rows of a table belong matters where clusters are divided among buckets
([Scale](scale.md)): those of one cluster follow it, and those of everybody stay where they are.
"""
#: What a column admits whose type says everything.
_WITHOUT_RULE = {"text": "any text", "boolean": "true or false"}
#: The schemas of dbt's sources whose schema is not named as they are.
_SCHEMAS = {"ledger": "app", "chain": "raw"}


@dataclass(frozen=True)
class DescribedColumn:
    """A column of a table: its meaning (None: no comment says it) and the names of the check
    constraints that concern it."""

    name: str
    type: str
    meaning: str | None
    rules: list[str]

    @property
    def description(self) -> str:
        """What the YAML of a source says of the column: its meaning and its rules, as sentences."""
        meaning = self.meaning or meaning_of_name(self.name)
        rules = (rule.removeprefix(f"{self.name} is ") for rule in self.rules)
        return " ".join(f"{text[:1].upper()}{text[1:]}." for text in (meaning, *rules))


def meaning_of_name(name: str) -> str:
    """What a column means, as far as its name says it."""
    return f"The {name.replace('_', ' ')}"


def described_columns(connection: psycopg.Connection, table: str) -> list[DescribedColumn]:
    """All columns of a table, which is named with its schema."""
    with connection.cursor(row_factory=class_row(DescribedColumn)) as cursor:
        return cursor.execute(query("load_described_columns"), {"table": table}).fetchall()


def yaml_of_columns(columns: list[DescribedColumn]) -> str:
    """The columns of a table of a source, as the lines of its YAML."""
    return "        columns:\n" + "".join(
        f"          - name: {column.name}\n"
        f"            data_type: {column.type}\n"
        f"            description: {_scalar(column.description)}\n"
        for column in columns
    )


def _scalar(text: str) -> str:
    """A text as YAML, in quotes where it needs some."""
    try:
        is_plain = yaml.safe_load(f"text: {text}") == {"text": text}
    except yaml.YAMLError:
        is_plain = False
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def sources(connection: psycopg.Connection, text: str) -> str:
    """The text of models/staging/_sources.yml with the columns that the database has. Everything
    else in it is written by hand and kept."""
    without_columns = re.sub(r"^ {8}columns:\n(?: {10}.*\n)*", "", text, flags=re.MULTILINE)
    found = re.split(r"^(?=  - name: )", without_columns, flags=re.MULTILINE)
    return "".join(_with_columns(connection, source) for source in found)


def _with_columns(connection: psycopg.Connection, source: str) -> str:
    """The text of one source, which begins with its name, with the columns of its tables."""
    name = source.partition("\n")[0].removeprefix("  - name: ")
    schema = _SCHEMAS.get(name, name)

    def with_columns(table: re.Match[str]) -> str:
        columns = described_columns(connection, f"{schema}.{table[1]}")
        return table[0] + yaml_of_columns(columns)

    entry = r"^ {6}- name: (\w+)\n(?: {8}.*\n)*"
    return re.sub(entry, with_columns, source, flags=re.MULTILINE)


def owners(described: str) -> dict[str, str]:
    """The column with the wallet that the facts of each raw table belong to, or `everybody`, by the
    text of models/staging/_sources.yml."""
    (raw,) = [one for one in yaml.safe_load(described)["sources"] if one["name"] == "raw"]
    return {table["name"]: table["config"]["meta"]["belongs_to"] for table in raw["tables"]}


def page(connection: psycopg.Connection, described: str) -> str:
    """The text of the page; described is that of models/staging/_sources.yml."""
    owned = owners(described)
    with connection.cursor(row_factory=scalar_row) as cursor:
        tables = cursor.execute(query("load_tables")).fetchall()
    sections = (_section(connection, raw_table(connection, name), owned[name]) for name in tables)
    introduction = _INTRODUCTION.replace("NN", str(len(tables)))
    return "\n".join(itertools.chain(introduction.splitlines(), *sections)) + "\n"


def _section(connection: psycopg.Connection, table: Table, owner: str) -> Iterator[str]:
    """The lines about a table, whose facts belong to everybody or to the wallet in a column."""
    name = f"{table.schema}.{table.name}"
    about = database.value(connection, "select obj_description(%s::regclass, 'pg_class')", [name])
    checks = read_checks(connection, name)
    meanings = {column.name: column.meaning for column in described_columns(connection, name)}
    whose = "everybody" if owner == "everybody" else f"the cluster of `{owner}`"
    about = about or f"One row per {', '.join(table.key)}"
    about = f"{about}. A row belongs to {whose}."
    yield from ("", f"## {table.name}", "", *textwrap.wrap(about, 100), "")
    yield "| column | type | key | null | rule | meaning |"
    yield "|---|---|---|---|---|---|"
    for column in table.columns:
        rules = sorted(check.sentence for check in checks if column.name in check.columns)
        cells = (
            column.name,
            column.type,
            "key" if column.key_position else "",
            "" if column.is_required else "null",
            "; ".join(rule.removeprefix(f"{column.name} is ") for rule in rules)
            or _WITHOUT_RULE.get(column.type, f"any {column.type}"),
            meanings[column.name] or "",
        )
        yield f"| {' | '.join(cells)} |".replace("  ", " ")


def main() -> None:
    """Write both files of the project in this folder anew, from the database that
    HEDGE_DATABASE_URL or HEDGE_HOME names."""
    with database.connect() as connection:
        file = Path("models/staging/_sources.yml")
        described = file.read_text()
        texts = {
            Path("docs/raw-tables.md"): page(connection, described),
            file: sources(connection, described),
        }
    for path, text in texts.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
