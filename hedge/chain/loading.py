"""Loading: files of logs and blocks into raw.chain_logs and raw.chain_blocks.

A file is read in a thread of its own, so that reading and storing use two cores. It is stored in
chunks, each in a transaction of its own: a load of any size holds nobody back, its memory does not
grow, and what was stored before an error stays. With `strict` it is one transaction.
"""

import contextlib
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import psycopg

from hedge.chain import storing
from hedge.chain.files import BLOCKS, LOGS, Kind, Read, Source, Unreadable, open_chain_file
from hedge.chain.files.kinds import Row
from hedge.chain.storing import Stored
from hedge.loading import RejectedRow, Report, Summary
from hedge.loading.sources import Progress
from hedge.queries import query

Item = TypeVar("Item")

_KINDS: tuple[Kind[Any], ...] = (LOGS, BLOCKS)
#: The tables into which such files are loaded.
TABLES = tuple(kind.table for kind in _KINDS)
#: The largest number of rows of a chunk, and the size of their data with which it ends.
_CHUNK_ROWS, _CHUNK_BYTES = 20_000, 1 << 24
#: A row, and the pair of its line and itself.
_OBJECTS_OF_A_CHUNK = 2 * _CHUNK_ROWS
#: How many rejected rows a summary has, and how many characters of a row are recorded.
_FIRST_REJECTS, _ROW_LENGTH = 5, 2_000


def load(
    connection: psycopg.Connection,
    table: str,
    file: str,
    *,
    chain: int | None = None,
    strict: bool = False,
    report: Report | None = None,
) -> Summary:
    """Load a file (`-`: standard input) of logs or blocks.

    `chain`: of which chain it is; None where the file says it. Rows that cannot be read, and those
    of a block whose number has another canonical block, are recorded in raw.rejected_rows; with
    `strict` the other rows are not loaded either.

    Raises UsageError for a file that does not exist, has other columns or is of another chain, and
    where nobody says the chain; HedgeError for a file that cannot be read to its end.
    """
    (kind,) = [kind for kind in _KINDS if kind.table == table]
    with (
        _few_collections(),
        open_chain_file(file, kind, chain) as (source, progress),
        _computed_ahead(_chunks(kind, source)) as chunks,
    ):
        load = _Load(connection, kind, file, source, progress, report)
        if strict:
            load.all_or_nothing(chunks)
        else:
            for chunk in chunks:
                load.store(chunk)
                load.record(chunk)
    stored = load.stored
    return Summary(
        table,
        file,
        read=load.read,
        inserted=stored.inserted,
        updated=stored.updated,
        unchanged=stored.unchanged,
        repeated=stored.repeated,
        left_out=0,
        restored=0,
        rejected=load.rejected,
        rejects=load.rejects,
    )


@dataclass
class _Load(Generic[Row]):
    """The load of a file, and what became of its rows so far."""

    connection: psycopg.Connection
    kind: Kind[Row]
    file: str
    source: Source[Row]
    progress: Callable[[], Progress]
    report: Report | None
    read: int = 0
    rejected: int = 0
    rejects: list[RejectedRow] = field(default_factory=list)
    stored: Stored = field(default_factory=Stored)

    def store(self, chunk: Read[Row]) -> None:
        """Store the rows of a chunk. Those that are refused become unreadable ones of it."""
        self.read += len(chunk.rows) + len(chunk.unreadable)
        if chunk.rows:
            chain = self.source.chain
            assert chain is not None
            put: Any = storing.store_logs if self.kind is LOGS else storing.store_blocks
            stored: Stored = put(self.connection, chain, chunk.rows)
            if stored.refused:
                rows = dict(chunk.rows)
                for refused in stored.refused:
                    sentence = refused.sentence(chain)
                    text = _text(rows[refused.line])
                    chunk.unreadable.append(Unreadable(refused.line, text, sentence))
                chunk.unreadable.sort(key=lambda row: row.line)
            self.stored += stored.counts()
        self._count(chunk)

    def all_or_nothing(self, chunks: Iterator[Read[Row]]) -> None:
        """Store all chunks in one transaction. Where a row is rejected, store none, and look for
        other rows that cannot be read."""
        chunk: Read[Row] = Read()
        with self.connection.transaction():
            for chunk in chunks:
                self.store(chunk)
                if self.rejected:
                    raise psycopg.Rollback
        if not self.rejected:
            return
        self.stored = Stored()
        self.record(chunk)
        for chunk in chunks:
            self.read += len(chunk.rows) + len(chunk.unreadable)
            self._count(chunk)
            self.record(chunk)

    def record(self, chunk: Read[Row]) -> None:
        """Write what could not be read of a chunk to raw.rejected_rows."""
        if not chunk.unreadable:
            return
        rows = [(row.line, row.text[:_ROW_LENGTH], row.reason) for row in chunk.unreadable]
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute("drop table if exists pg_temp.hedge_rejects")
            cursor.execute(
                "create temp table hedge_rejects (line bigint, row_text text, reason text)"
                " on commit drop"
            )
            cursor.executemany("insert into pg_temp.hedge_rejects values (%s, %s, %s)", rows)
            cursor.execute(query("load_rejects"), {"table": self.kind.table, "file": self.file})

    def _count(self, chunk: Read[Row]) -> None:
        self.rejected += len(chunk.unreadable)
        for row in chunk.unreadable[: _FIRST_REJECTS - len(self.rejects)]:
            self.rejects.append(RejectedRow(row.line, row.reason))
        if self.report:
            self.report(f"{self.file}: loading", *self.progress())


def _chunks(kind: Kind[Row], source: Source[Row]) -> Iterator[Read[Row]]:
    """The rows of a source in chunks, whatever the size of the pieces in which it reads."""
    chunk: Read[Row] = Read()
    size = 0
    for found in source.read():
        chunk.rows += found.rows
        chunk.unreadable += found.unreadable
        size += sum(kind.size(row) for _, row in found.rows)
        if len(chunk.rows) + len(chunk.unreadable) >= _CHUNK_ROWS or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = Read(), 0
    yield chunk


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Let Python look for cycles of garbage once for a chunk instead of each few hundred rows. Rows
    make none, and to look at them each time takes a quarter of the time of reading."""
    threshold, *others = gc.get_threshold()
    gc.set_threshold(max(threshold, _OBJECTS_OF_A_CHUNK), *others)
    try:
        yield
    finally:
        gc.set_threshold(threshold, *others)


@contextlib.contextmanager
def _computed_ahead(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """The same items. A thread computes the next one while the one before it is used."""
    pool = ThreadPoolExecutor(1, "hedge-read")

    def taken() -> Iterator[Item]:
        following = pool.submit(next, items, None)
        while (item := following.result()) is not None:
            following = pool.submit(next, items, None)
            yield item

    try:
        yield taken()
    finally:
        # a pipe may let the thread wait for ever
        pool.shutdown(wait=False, cancel_futures=True)


def _text(row: Any) -> str:
    """A row that was refused, as text."""
    return ", ".join(
        f"{name} {'0x' + value.hex() if isinstance(value, bytes) else value}"
        for name, value in zip(row._fields, row, strict=True)
        if value is not None
    )
