"""The service's pool of connections, and its named queries: api/sql/NAME.sql."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.numeric import NumericLoader
from psycopg_pool import AsyncConnectionPool

from hedge import database, queries

Row = TypeVar("Row")
_FOLDER = Path(__file__).parent / "sql"


class NumberLoader(NumericLoader):
    """numeric as what JSON has for numbers: whole ones as int, others as float."""

    def load(self, data: Any) -> int | float:
        """The number, to 15 digits where it has a fraction."""
        value = super().load(data)
        return int(value) if value == value.to_integral() else float(value)


@functools.cache
def query(name: str) -> str:
    """The text of api/sql/NAME.sql, else of hedge/sql/NAME.sql, which the command line reads
    too; with psycopg's %(name)s parameters."""
    own = _FOLDER / f"{name}.sql"
    return own.read_text() if own.exists() else queries.query(name)


async def _configure(connection: psycopg.AsyncConnection) -> None:
    connection.adapters.register_loader("numeric", NumberLoader)
    await connection.set_autocommit(True)


class Database:
    """What handlers read and write with."""

    def __init__(self, size: int = 10) -> None:
        """A pool of so many connections, opened later."""
        self._pool = AsyncConnectionPool(
            database.url(),
            kwargs={"application_name": "hedge-api", "options": "-c timezone=UTC"},
            configure=_configure,
            min_size=2,
            max_size=size,
            timeout=5,
            open=False,
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        """Connect."""
        await self._pool.open()

    async def close(self) -> None:
        """Let the connections go."""
        await self._pool.close()

    async def rows(self, row: type[Row], name: str, **parameters: Any) -> list[Row]:
        """All rows of a named query."""
        async with self._pool.connection() as connection:
            return await rows(connection, row, name, **parameters)

    async def one(self, row: type[Row], name: str, **parameters: Any) -> Row | None:
        """The first row of a named query, if there is one."""
        found = await self.rows(row, name, **parameters)
        return found[0] if found else None

    @asynccontextmanager
    async def transaction(self, caused_by: str) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection in a transaction; runs that it asks for bear the id of the request."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("select set_config('hedge.request_id', %s, true)", [caused_by])
            yield connection


async def rows(
    connection: psycopg.AsyncConnection, row: type[Row], name: str, **parameters: Any
) -> list[Row]:
    """All rows of a named query on a connection, as structs or as dicts."""
    factory = dict_row if row is dict else class_row(row)
    async with connection.cursor(row_factory=factory) as cursor:
        await cursor.execute(query(name), parameters)
        return await cursor.fetchall() if cursor.description else []


async def with_connection(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of hedge with a connection of its own, in a thread: admins are few."""

    def call() -> Any:
        with database.connect() as connection:
            return function(connection, *arguments, **named)

    return await asyncio.to_thread(call)
