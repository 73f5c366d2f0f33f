"""Random changes of the facts in a database, by the loader and by other programs."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from hedge import loading
from hedge.loading import Span
from hedge.queries import query
from tests.oracle import World
from tests.oracle.shapes import Row

#: The columns that the database's clock fills, and no file.
CLOCKS = {"loaded_at", "decoded_at"}


def raw_tables(connection: psycopg.Connection) -> list[str]:
    """The tables with facts."""
    return [table for (table,) in connection.execute(query("load_tables"))]


def stored_facts(connection: psycopg.Connection, table: str) -> list[Row]:
    """The facts of a table, without the times at which they were loaded or decoded."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(sql.SQL("select * from raw.{}").format(sql.Identifier(table)))
        return [
            {name: value for name, value in row.items() if name not in CLOCKS} for row in cursor
        ]


@dataclass
class Changes:
    """Random changes of a table. New facts are those of another world; a file is written to a
    folder."""

    connection: psycopg.Connection
    dice: random.Random
    news: World
    folder: Path

    def some(self, rows: list[Row]) -> list[Row]:
        """About half of the rows, in any order."""
        chosen = [row for row in rows if self.dice.random() < 0.5]
        self.dice.shuffle(chosen)
        return chosen

    def insert(self, table: str) -> None:
        """Another program inserts facts that are new."""
        for row in self.some(self.news.facts.get(table, [])):
            self.connection.execute(
                sql.SQL("insert into raw.{} ({}) values ({}) on conflict do nothing").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join([sql.Placeholder()] * len(row)),
                ),
                list(row.values()),
            )

    def load(self, table: str) -> None:
        """A file is loaded with facts that are new, or stored with other values."""
        self._load(table, self.some(self.news.facts.get(table, [])))

    def replace(self, table: str) -> None:
        """A file is loaded that has all facts of a span: some of those that are stored, and some
        that are new."""
        (column,) = self.connection.execute(
            query("load_event_time"), {"table": table}
        ).fetchone() or (None,)
        stored = stored_facts(self.connection, table)
        known = stored + self.news.facts.get(table, [])
        times = sorted({at for row in known if (at := instant(row.get(column))) is not None})
        if len(times) < 2:
            return
        span = Span(*sorted(self.dice.sample(times, 2)))

        def is_in_span(row: Row) -> bool:
            at = instant(row.get(column))
            return at is not None and span.starts_at <= at < span.ends_at

        kept = [row for row in self.some(stored) if is_in_span(row)]
        new = [row for row in self.some(self.news.facts.get(table, [])) if is_in_span(row)]
        self._load(table, kept + new, span)

    def remove(self, table: str) -> None:
        """Another program deletes facts."""
        self.connection.execute(
            sql.SQL("delete from raw.{} where abs(hashtext(ctid::text || %s)) %% 3 = 0").format(
                sql.Identifier(table)
            ),
            [str(self.dice.random())],
        )

    def correct(self, table: str) -> None:
        """Another program gives some facts the values of others, wallets and times included."""
        _, values = columns_of(self.connection, table)
        if not values:
            return
        self.connection.execute(
            sql.SQL(
                """
                with numbered as (
                    select
                        ctid as place, *,
                        row_number() over (order by md5(ctid::text || %(salt)s))
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
            {"salt": str(self.dice.random())},
        )

    def bring_back(self, table: str) -> None:
        """Facts return that were removed."""
        self.connection.execute(
            sql.SQL(
                "insert into raw.{table} select (jsonb_populate_record(null::raw.{table}, fact)).*"
                " from raw.removed_facts where table_name = %s and fact is not null"
                " on conflict do nothing"
            ).format(table=sql.Identifier(table)),
            [table],
        )

    def _load(self, table: str, rows: list[Row], replaces: Span | None = None) -> None:
        """Load rows from a file."""
        if not rows:
            return
        file = self.folder / "facts.ndjson"
        file.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))
        done = loading.load(self.connection, table, str(file), replaces=replaces)
        assert (done.read, done.rejected) == (len(rows), 0), done.rejects


#: What may happen to the facts of a table.
CHANGES: tuple[Callable[[Changes, str], None], ...] = (
    Changes.insert,
    Changes.load,
    Changes.replace,
    Changes.remove,
    Changes.correct,
    Changes.bring_back,
)


def instant(value: Any) -> datetime | None:
    """The instant of an event time, which may be a day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value


def columns_of(connection: psycopg.Connection, table: str) -> tuple[list[str], list[str]]:
    """The columns of a raw table: those of its key, and the others."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("load_columns"), {"table": f"raw.{table}"}).fetchall()
    key = [row["name"] for row in rows if row["key_position"]]
    return key, [row["name"] for row in rows if not row["key_position"]]
