"""The connection pool of the service, and its named queries: api/sql/NAME.sql."""

import asyncio
import contextvars
import functools
import math
import os
import select
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import psycopg_pool
import structlog
from psycopg.rows import RowFactory, class_row, dict_row
from psycopg_pool import AsyncConnectionPool

from api.numbers import read_exactly
from hedge import database, poolers, queries
from hedge.errors import HedgeError

Row = TypeVar("Row")
#: Asks a named query, with its parameters, and returns its rows.
Ask = Callable[..., Awaitable[list[dict[str, Any]]]]
log = structlog.get_logger("hedge.api")
_FOLDER = Path(__file__).parent / "sql"
#: Seconds for which a request waits for a connection of the pool before it asks whether the
#: database is away, and at most, where all connections are in use.
PATIENCE, LONGEST_WAIT = 0.5, 5.0
#: Seconds for which a statement may be without an answer before the request asks whether the
#: database hangs, and for which a connection of the pool may take to say that it is good.
SILENCE, LONGEST_CHECK = 3.0, 1.0
#: Seconds in which the server must let a connection in, before it counts as away.
LONGEST_CONNECT = 2
#: Seconds after its last good answer in which a connection of the pool counts as good without being
#: asked, where nothing has come from the server since.
RECENTLY = 0.5


@functools.cache
def query(name: str) -> str:
    """The text of api/sql/NAME.sql, else of hedge/sql/NAME.sql, with psycopg's %(name)s
    parameters, without indentation and lines of comments: psycopg remembers the parameters of a
    text of at most 4,096 characters, and looks for them each time in a longer one. No name is in
    both folders."""
    file = _FOLDER / f"{name}.sql"
    text = file.read_text() if file.exists() else queries.query(name)
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("--"))


class _Connection(psycopg.AsyncConnection):
    """A connection of the pool, and when it gave a good answer last."""

    answered_at = -math.inf


async def _check(connection: _Connection) -> None:
    """Raise an error where a connection of the pool does not answer, or not soon.

    One that has just answered is only asked again where the server has sent something since, as it
    does when it ends a session: a question for each request would cost as much as a short query.
    Where this process was busy meanwhile, the answer may have come and the wait for it may have
    been ended all the same: the connection seems good then, and is not.
    """
    loop = asyncio.get_running_loop()
    if loop.time() - connection.answered_at < RECENTLY and not _has_come(connection):
        return
    ending = loop.call_later(LONGEST_CHECK, _hang_up, connection)
    try:
        await AsyncConnectionPool.check_connection(connection)
    finally:
        ending.cancel()
    if loop.time() >= ending.when():
        raise psycopg.OperationalError("a connection took too long to say that it is good")


def _has_come(connection: psycopg.AsyncConnection) -> bool:
    """Whether something from the server waits to be read, or the end of the connection."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


def _hang_up(connection: psycopg.AsyncConnection) -> None:
    """End the wait for a server that does not answer: who waits gets an OperationalError at once.

    To cancel the task that waits would take seconds more, in which the driver asks the same server
    to cancel the statement.
    """
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)


async def _configure(connection: psycopg.AsyncConnection) -> None:
    read_exactly(connection)
    await connection.set_autocommit(True)
    (process,) = await (await connection.execute(poolers.PROCESS)).fetchone() or (None,)
    if poolers.is_between(connection, process):
        # the next transaction may be in a session that has not prepared the statement
        connection.prepare_threshold = None


class Database:
    """The connection pool, with which handlers read and write."""

    def __init__(self, size: int = 10) -> None:
        """A pool of at most size connections, which open() creates: the application can be built,
        for its documentation, where there is no database."""
        self._size = size
        self._away: str | None = None
        self._watch: asyncio.Task[None] | None = None
        self._asking = asyncio.Lock()
        self._answered_at = -math.inf

    async def open(self) -> None:
        """Open the pool."""
        self._pool = AsyncConnectionPool(
            database.with_network_options(database.url()),
            connection_class=_Connection,
            kwargs={
                "application_name": "hedge-api",
                "options": database.SESSION_OPTIONS,
            },
            configure=_configure,
            min_size=2,
            max_size=self._size,
            timeout=LONGEST_WAIT,
            open=False,
            check=_check,
        )
        await self._pool.open()

    async def close(self) -> None:
        """Close the pool and its connections."""
        if self._watch is not None:
            self._watch.cancel()
        await self._pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection of the pool; the error of the driver, at once, while there is none to be
        had because the database is away. Where all are in use, one is waited for."""
        if self._away is not None:
            raise psycopg.OperationalError(self._away)
        try:
            connection = await self._pool.getconn(PATIENCE)
        except psycopg_pool.PoolTimeout:
            await self._probe()
            connection = await self._pool.getconn(LONGEST_WAIT - PATIENCE)
        loop = asyncio.get_running_loop()
        watching: list[asyncio.Task[None]] = []
        silence = loop.call_later(
            SILENCE,
            lambda: watching.append(loop.create_task(self._hang_up_when_away(connection))),
        )
        try:
            async with connection:
                yield connection
            connection.answered_at = loop.time()
        except psycopg.OperationalError as error:
            if connection.broken and self._away is not None:
                raise psycopg.OperationalError(self._away) from error
            raise
        finally:
            silence.cancel()
            for task in watching:
                task.cancel()
            await self._pool.putconn(connection)

    async def _hang_up_when_away(self, connection: psycopg.AsyncConnection) -> None:
        """End a connection that has been without an answer for some time, once the server takes no
        other one either. A statement that is merely slow, or waits for a lock, goes on."""
        try:
            while True:
                await self._probe()
                await asyncio.sleep(SILENCE)
        except psycopg.OperationalError:
            _hang_up(connection)

    async def _probe(self) -> None:
        """Raise the error of the driver where the database is away, and watch then until it is
        back. The pool itself would only say that it has no connection, after it has waited.

        One of the requests that wait asks for all of them: a connection each could be more than
        the server takes."""
        began = time.monotonic()
        async with self._asking:
            if self._away is not None:
                raise psycopg.OperationalError(self._away)
            if self._answered_at > began:
                return
            try:
                await self._connect()
            except psycopg.OperationalError as error:
                self._away = str(error)
                # not as a part of the request that found it out, whose id is in its log lines
                self._watch = asyncio.create_task(
                    self._watch_until_back(), context=contextvars.Context()
                )
                raise

    async def _watch_until_back(self) -> None:
        began = time.monotonic()
        while self._away is not None:
            await asyncio.sleep(PATIENCE)
            try:
                await self._connect()
            except psycopg.OperationalError as error:
                self._away = str(error)
            else:
                self._away = None
                seconds = round(time.monotonic() - began, 1)
                log.warning("the database answers again", seconds=seconds)

    async def _connect(self) -> None:
        """Connect beside the pool, and end the connection again."""
        try:
            # starts the embedded server where it has ended
            url = await asyncio.to_thread(database.url)
        except HedgeError as error:
            raise psycopg.OperationalError(str(error)) from error
        connection = await psycopg.AsyncConnection.connect(
            url, connect_timeout=LONGEST_CONNECT, application_name="hedge-api"
        )
        await connection.close()
        self._answered_at = time.monotonic()

    async def rows(self, row: type[Row], name: str, **parameters: Any) -> list[Row]:
        """All rows of a named query."""
        async with self._connection() as connection:
            return await rows(connection, row, name, **parameters)

    async def one(self, row: type[Row], name: str, **parameters: Any) -> Row | None:
        """The first row of a named query, or None where it has no row."""
        found = await self.rows(row, name, **parameters)
        return found[0] if found else None

    async def single(self, row: type[Row], name: str, **parameters: Any) -> Row:
        """The row of a named query that always has exactly one."""
        (found,) = await self.rows(row, name, **parameters)
        return found

    @asynccontextmanager
    async def briefly(self, milliseconds: int) -> AsyncIterator[Ask]:
        """Lets several named queries be asked on one connection, each of which is cancelled after
        some milliseconds (QueryCanceled). After one that fails, the others can still be asked."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute(f"set local statement_timeout = {milliseconds}")

            async def ask(name: str, **parameters: Any) -> list[dict[str, Any]]:
                async with connection.transaction():
                    return await rows(connection, dict, name, **parameters)

            yield ask

    @asynccontextmanager
    async def transaction(
        self, caused_by: str, *, one_snapshot: bool = False
    ) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection in a transaction; with one_snapshot all queries see the same. caused_by is
        the id of the API's request, which triggers write into the requests for runs that they
        create."""
        async with self._connection() as connection, connection.transaction():
            if one_snapshot:
                await connection.execute("set transaction isolation level repeatable read")
            await connection.execute("select set_config('hedge.request_id', %s, true)", [caused_by])
            yield connection


async def rows(
    connection: psycopg.AsyncConnection, row: type[Row], name: str, **parameters: Any
) -> list[Row]:
    """All rows of a named query on a connection, as structs or as dicts."""
    factory: RowFactory[Any] = dict_row if row is dict else class_row(row)
    async with connection.cursor(row_factory=factory) as cursor:
        await cursor.execute(query(name), parameters)
        return await cursor.fetchall() if cursor.description else []


async def with_connection(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of hedge with a new connection, in a thread. Only admins' routes and /readyz
    do so: the pool is not used, and each call connects anew. A pooler may be between: what is
    called needs nothing that lasts longer than its transactions."""

    def call() -> Any:
        with database.connect(pooled=True) as connection:
            return function(connection, *arguments, **named)

    return await asyncio.to_thread(call)
