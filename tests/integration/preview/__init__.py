"""Previews: what an edit changes, over two sides that are built or written by hand."""

from pathlib import Path
from typing import Any

import psycopg

from hedge.analysis import preview, renames
from hedge.analysis.changes import Preview
from hedge.analysis.renames import Rename
from hedge.queries import query
from tests.support import AS_OF, edit

#: What a preview must not touch: marts, seeds, the ledger, runs of boards.
LIVE = "select table_schema, table_name from information_schema.tables" + (
    " where table_schema in ('analytics', 'app', 'raw') and table_type = 'BASE TABLE' order by 1, 2"
)


def compared(connection: psycopg.Connection, *renamed: Rename) -> Preview:
    """What the comparison says, of an edit with renames."""
    renames.create_table(connection, renamed)
    connection.execute(query("preview_renames"))
    connection.execute(query("preview_compare"))
    connection.execute(query("preview_compare_rewards"))
    return preview._read_changes(connection, AS_OF)


def insert(connection: psycopg.Connection, table: str, **row: Any) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def double_the_wins(copy: Path) -> None:
    model = copy / "models" / "metrics" / "onchain_pvp.sql"
    edit(model, "sum(wins)::bigint as wins", "2 * sum(wins)::bigint as wins")


def raise_a_threshold(copy: Path) -> None:
    """The first tier of hero_riser is reached at 120 instead of 100."""
    tiers = copy / "seeds" / "challenge_tiers.csv"
    edit(tiers, "hero_riser,COMMON,Common,100,", "hero_riser,COMMON,Common,120,")


def checksums(connection: psycopg.Connection) -> dict[str, tuple]:
    """The identity and the content of every live table, and which definition every view and
    function has, by the transaction that gave it."""
    found = {}
    for schema, table in connection.execute(LIVE).fetchall():
        name = f"{schema}.{table}"
        found[name] = connection.execute(
            f"select '{name}'::regclass::oid, count(*), md5(coalesce(string_agg("
            f"md5(rows::text), '' order by md5(rows::text)), '')) from {name} as rows"
        ).fetchone()
    found["views"] = tuple(
        connection.execute(
            "select relname, pg_class.oid, relkind, pg_rewrite.xmin::text from pg_class"
            " left join pg_rewrite on ev_class = pg_class.oid"
            " where relnamespace = 'analytics'::regnamespace order by 1"
        ).fetchall()
    )
    found["functions"] = tuple(
        connection.execute(
            "select proname, oid, xmin::text from pg_proc"
            " where pronamespace = 'analytics'::regnamespace order by 1, 2"
        ).fetchall()
    )
    return found


def leftovers(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("select nspname from pg_namespace where nspname like 'preview%'")
    return [name for (name,) in found]
