"""Metric sources as views, by hand, and in DuckDB: a column store in the process itself, over the
same facts. It says how much of a view's time is that of a row store, and how much is ours."""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import psycopg
import sqlglot
from psycopg import sql

from bench.figures import Figure, timed
from bench.six import SCRIPT
from hedge import database

#: The sources of the script whose statements DuckDB takes. It has no multiranges of days, and no
#: numbers as wide as genes.
SOURCES = ("onchain_heroes", "onchain_hunting", "onchain_pvp", "onchain_quests")
#: The tables that their statements read.
TABLES = (
    "raw.heroes",
    "raw.hunting_encounters",
    "raw.hunting_drops",
    "raw.pvp_matches",
    "raw.quest_completions",
    "app.wallet_links",
    "analytics.relic_items",
)
#: The sessions of views and of the script have the settings that the script makes for itself.
SETTINGS = "set timezone = 'UTC'; set jit = off; set work_mem = '256MB'"
#: Each is measured so many times, in turn, and the fastest time counts.
TURNS = 3
_COLUMNS = """
    select attname, format_type(atttypid, atttypmod)
    from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped
    order by attnum
"""


def statements() -> dict[str, str]:
    """The statements of the script by source; those before the first one under an empty name."""
    text = re.sub(r"^\\set .*$", "", SCRIPT.read_text(), flags=re.MULTILINE)
    first, *parts = re.split(r"^-- (onchain_\w+).*$", text, flags=re.MULTILINE)
    return {"": first, **dict(zip(parts[::2], parts[1::2], strict=True))}


def measure(instant: datetime) -> Iterator[Figure]:
    """Each source by its view and by hand against DuckDB with as many threads as there are cores,
    as of an instant. Raises AssertionError where the script and DuckDB find different values."""
    script = statements()
    as_of = sql.Literal(instant.isoformat()).as_string(None)
    begin = script[""].replace(":'as_of'", as_of)
    with (
        tempfile.TemporaryDirectory(prefix="hedge-duckdb-") as folder,
        psycopg.connect(database.url(), autocommit=True) as rows,
        duckdb.connect(str(Path(folder) / "facts.duckdb")) as columns,
    ):
        columns.execute(f"set threads = {os.cpu_count()}")
        _copy(rows, columns, Path(folder), " ".join(script[name] for name in ("", *SOURCES)))
        rows.execute(SETTINGS)
        rows.execute(begin)
        rows.execute(f"set hedge.as_of = {as_of}")
        for statement in _of_duckdb(begin):
            columns.execute(statement)
        for source in SOURCES:
            by_view, by_hand, by_columns = [], [], []
            translated = _of_duckdb(script[source])
            for _ in range(TURNS):
                rows.execute("truncate found")
                columns.execute("delete from found")
                view = f"create temporary table view_rows as select * from analytics.{source}"
                by_view.append(timed(partial(rows.execute, view))[0])
                rows.execute("drop table view_rows")
                by_hand.append(timed(partial(rows.execute, script[source]))[0])
                by_columns.append(timed(partial(_execute, columns, translated))[0])
                _require_equal(source, rows, columns)
            against, other = "DuckDB", min(by_columns)
            yield Figure(f"{source}, the script", min(by_hand), "s", other, against)
            yield Figure(f"{source}, the view", min(by_view), "s", other, against)


def _of_duckdb(text: str) -> list[str]:
    """Statements of PostgreSQL in the dialect of DuckDB, which has no settings of PostgreSQL, no
    collations of columns and no use for indexes."""
    text = text.replace(' collate "C"', "")
    found = sqlglot.transpile(text, read="postgres", write="duckdb")
    return [
        one for one in found if not re.match(r"set |create (schema|index|table)|analyze", one, re.I)
    ]


def _execute(columns: duckdb.DuckDBPyConnection, translated: list[str]) -> None:
    for statement in translated:
        columns.execute(statement)


def _copy(
    rows: psycopg.Connection, columns: duckdb.DuckDBPyConnection, folder: Path, script: str
) -> None:
    """Copy the columns of tables that the script names."""
    for table in TABLES:
        found = rows.execute(_COLUMNS, [table]).fetchall()
        types = {name: kind for name, kind in found if re.search(rf"\b{name}\b", script)}
        types.pop("stat_genes", None)
        schema, name = table.split(".")
        names = sql.SQL(", ").join(map(sql.Identifier, types))
        statement = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(
            names, sql.Identifier(schema, name)
        )
        file = folder / f"{name}.csv"
        with file.open("wb") as target, rows.cursor().copy(statement) as source:
            for block in source:
                target.write(block)
        described = ", ".join(f"{one} {_type(kind)}" for one, kind in types.items())
        columns.execute(f"create schema if not exists {schema}")
        columns.execute(f"create table {table} ({described})")
        columns.execute(f"copy {table} from '{file}' (format csv, header false)")


def _type(kind: str) -> str:
    return {"text": "varchar", "timestamp with time zone": "timestamptz"}.get(kind, kind)


def _require_equal(
    source: str, rows: psycopg.Connection, columns: duckdb.DuckDBPyConnection
) -> None:
    query = "select cluster_id, challenge_key, value, rolling_value from found"
    ours, theirs = (set(one.execute(query).fetchall()) for one in (rows, columns))
    if not ours or ours != theirs:
        different = sorted(ours ^ theirs)[:2]
        raise AssertionError(f"{source}: the script and DuckDB differ, for example {different}")
