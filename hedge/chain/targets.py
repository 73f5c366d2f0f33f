"""A raw table that logs feed, with the view of its facts and the calls that supply values."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from hedge import database
from hedge.chain import called
from hedge.loading import merging
from hedge.loading.staging import comma, names, of
from hedge.loading.tables import Table, read_checks

#: By these columns a fact that is one log names it.
IDENTITY = ["tx_hash", "log_index"]


@dataclass(frozen=True)
class FactView:
    """A view of facts: the raw table, the columns of the view, the columns of the table that
    identify an object (empty: each log is a fact), topic0 of the events that it reads, the raw
    tables that it reads beside logs, the rows of the seed chain_calls, and a hash of what its facts
    are made of."""

    table_name: str
    view_columns: list[str]
    object_columns: list[str]
    topics: list[bytes]
    read_tables: list[str]
    calls: list[dict[str, Any]]
    definition: str

    @property
    def is_of_versions(self) -> bool:
        """Whether each fact is a version of an object, which follows from earlier logs of it."""
        return not self.object_columns and "object_word" in self.view_columns

    @property
    def is_of_logs_alone(self) -> bool:
        """Whether facts are made of logs and blocks, whatever is stored of other batches."""
        return not (self.read_tables or self.calls or self.is_of_versions)


@dataclass(frozen=True)
class Target:
    """A raw table and the view of its facts. `is_careful`: whether each value of the view is looked
    at, so that one that the table does not admit is named."""

    connection: psycopg.Connection
    table: Table
    view: FactView
    is_careful: bool = False

    @cached_property
    def has_pending(self) -> bool:
        """Whether facts of the table wait. The caller holds the lock of loads, as for has_files."""
        return self._has("raw.pending_facts")

    @cached_property
    def has_files(self) -> bool:
        """Whether files say facts of the table whose logs are known."""
        return self._has("raw.facts_of_files")

    def _has(self, relation: str) -> bool:
        statement = f"select exists (select from {relation} where table_name = %s)"
        return bool(database.value(self.connection, statement, [self.table.name]))

    @cached_property
    def read(self) -> list[str]:
        """The columns of the table that the view has."""
        return [
            column.name for column in self.table.columns if column.name in self.view.view_columns
        ]

    @cached_property
    def calls(self) -> list[called.Call]:
        """The calls that supply values of the table."""
        return called.calls_of(self.view.calls, self.table)

    @cached_property
    def given(self) -> list[str]:
        """The columns of the table that the view has, or calls supply."""
        known = {*self.read, *(call.column_name for call in self.calls)}
        return [column.name for column in self.table.columns if column.name in known]

    @property
    def is_of_logs(self) -> bool:
        """Whether a row of the table names the log that it is."""
        return not self.view.object_columns and self.table.by_name.keys() >= set(IDENTITY)

    @property
    def has_objects_of_many(self) -> bool:
        """Whether an object has more facts than one. Where it has one, the object is its key."""
        return bool(self.view.object_columns) and not (
            set(self.view.object_columns) >= set(self.table.key)
        )

    @cached_property
    def parts(self) -> dict[str, sql.Composable]:
        """What the statements name in braces."""
        key = self.table.key
        state = [name for name in self.given if name not in key]
        every = [column.name for column in self.table.columns]
        identity = IDENTITY if self.is_of_logs else []
        return {
            "table": sql.Identifier(self.table.schema, self.table.name),
            "view": sql.Identifier("analytics", f"facts_of_{self.table.name}"),
            "name": sql.Literal(self.table.name),
            "key": names(key),
            "has_key": sql.SQL(" and ").join(
                sql.SQL("{} is not null").format(sql.Identifier(name)) for name in key
            ),
            "has_objects_of_many": sql.Literal(self.has_objects_of_many),
            "read": names(self.read),
            "given": names(self.given),
            "new_given": of("new", self.given),
            "stored_given": of("stored", self.given),
            "new_key": of("new", key),
            "stored_key": of("stored", key),
            "state": names(state),
            "new_state": of("new", state),
            "stored_state": of("stored", state),
            "object": names(self.view.object_columns),
            "stored_object": of("stored", self.view.object_columns),
            "facts_object": of("facts", self.view.object_columns),
            "gone_key": of("gone", key),
            "object_of_pending": comma(
                sql.SQL("(pending.fact || pending.key) ->> {}").format(sql.Literal(name))
                for name in self.view.object_columns
            ),
            "object_as_text": comma(
                sql.SQL("facts.{}::text").format(sql.Identifier(name))
                for name in self.view.object_columns
            ),
            "key_of_new": merging.key_as_json(self.table, "new"),
            "key_of_stored": merging.key_as_json(self.table, "stored"),
            "stored_row": merging.row_as_json("stored"),
            "new_row": sql.SQL("jsonb_build_object({})").format(
                comma(
                    sql.SQL("{}, new.{}").format(sql.Literal(name), sql.Identifier(name))
                    for name in every
                )
            ),
            "missing": merging.missing(self.table, "facts"),
            # Another log may have taken the place of one that was removed.
            "is_same_log": sql.SQL("({}) is not distinct from ({})" if identity else "true").format(
                of("stored", identity), of("new", identity)
            ),
            "is_same_pending_log": sql.SQL(
                "(pending.fact ->> 'tx_hash', (pending.fact ->> 'log_index')::integer)"
                " is not distinct from ({})"
                if identity
                else "true"
            ).format(of("new", identity)),
            "is_unfit": self._is_unfit(),
            "index": sql.SQL(
                "log_index" if "log_index" in self.view.view_columns else "null::integer"
            ),
        }

    def _is_unfit(self) -> sql.Composable:
        """Whether a row has a value that the table does not admit."""
        rules = [
            check.expression for check in read_checks(self.connection, f"raw.{self.table.name}")
        ]
        return sql.SQL(" or ").join(
            [sql.SQL("false"), *(sql.SQL(f"({rule}) is false") for rule in rules)]
        )

    def execute(self, statement: str, **others: sql.Composable) -> psycopg.Cursor:
        """Execute one of the statements of hedge/chain/fact_statements.py."""
        return self.connection.execute(sql.SQL(statement).format(**self.parts, **others))
