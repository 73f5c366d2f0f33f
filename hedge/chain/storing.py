"""Storing: writes logs and blocks into raw.chain_logs and raw.chain_blocks, whoever brings them.

create_partitions(connection, 53935, [9367639])
with connection.transaction():
    lock_blocks(connection, 53935, [9367639])
    put_blocks(connection, 53935, blocks)
    stored = put_logs(connection, 53935, logs)

A log is known by its transaction, its place in the block, and the block. One whose block is not
said is the same log as one of which it is said. What is stored as it is, is not written. Where a
log is corrected, what it said before stays as a removed one, for whoever decodes. Writers of the
same million blocks of a chain wait for each other until their transactions end.
"""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from hedge.chain.rows import Block, Log
from hedge.errors import HedgeError
from hedge.queries import query

#: The number of blocks in a partition.
BLOCKS_OF_A_PARTITION = 1_000_000
#: How often a chunk is written again that another session has overtaken (_is_overtaken).
_ATTEMPTS = 5


@dataclass(frozen=True)
class _Kind:
    """Rows of a table: the temporary table in which they are staged, the types of its columns, and
    the queries that create it, refuse rows and store them."""

    staged: str
    types: tuple[str, ...]
    stage: str
    refuse: str
    store: str


_LOGS = _Kind(
    "hedge_logs",
    ("int8", "int8", "bytea", "bytea", "int4", *["bytea"] * 6, "bool"),
    query("chain_stage_logs"),
    query("chain_refuse_logs"),
    query("chain_store_logs"),
)
_BLOCKS = _Kind(
    "hedge_blocks",
    ("int8", "int8", "bytea", "bytea", "timestamptz"),
    query("chain_stage_blocks"),
    query("chain_refuse_blocks"),
    query("chain_store_blocks"),
)


@dataclass(frozen=True)
class Refused:
    """A row that was not stored, because its number has another canonical block. Hashes are
    hexadecimal digits without 0x."""

    line: int
    block_number: int
    block_hash: str
    canonical_hash: str

    def sentence(self, chain: int) -> str:
        """Why, with both hashes."""
        return (
            f"the block {self.block_number} of chain {chain} is 0x{self.canonical_hash},"
            f" not 0x{self.block_hash}"
        )


@dataclass(frozen=True)
class Stored:
    """The numbers of rows by what was done with them. `repeated`: of the same log or block as
    another row. `refused` are not stored."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    refused: list[Refused] = field(default_factory=list)

    def __add__(self, other: "Stored") -> "Stored":
        """The sums of the numbers, and the refused rows of both."""
        return Stored(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.repeated + other.repeated,
            self.refused + other.refused,
        )

    def counts(self) -> "Stored":
        """The same without the refused rows."""
        return dataclasses.replace(self, refused=[])

    def require_none_refused(self, chain: int) -> "Stored":
        """The same; HedgeError where a row was refused."""
        if self.refused:
            raise HedgeError(self.refused[0].sentence(chain))
        return self


def put_logs(connection: psycopg.Connection, chain: int, logs: Iterable[Log]) -> Stored:
    """Store logs of a chain, in one transaction. A log that was removed and arrives again is
    canonical again, unless it says itself that it is removed. A log of a block that is not
    canonical is refused, where the canonical block of its number is known.

    Needs the partitions of the blocks (create_partitions); they are created in the transaction
    where they are missing, which makes others wait that create some as well.
    """
    return store_logs(connection, chain, list(enumerate(logs, 1)))


def put_blocks(connection: psycopg.Connection, chain: int, blocks: Iterable[Block]) -> Stored:
    """Store blocks of a chain as the canonical ones, in one transaction. A block whose number has
    another canonical block is refused: whoever replaces a block sets removed_at of that one first.
    """
    return store_blocks(connection, chain, list(enumerate(blocks, 1)))


def store_logs(
    connection: psycopg.Connection, chain: int, lines: Collection[tuple[int, Log]]
) -> Stored:
    """Store logs with their lines in a file, as put_logs does. Of rows of the same log the one with
    the last line counts."""
    millions = _millions(row.block_number for _, row in lines)
    create_partitions(connection, chain, millions, are_millions=True)
    return _store(connection, _LOGS, chain, lines, millions)


def store_blocks(
    connection: psycopg.Connection, chain: int, lines: Collection[tuple[int, Block]]
) -> Stored:
    """Store blocks with their lines in a file, as put_blocks does. Of blocks of the same number and
    different hashes, the one with the first line counts where none is stored."""
    millions = _millions(row.block_number for _, row in lines)
    return _store(connection, _BLOCKS, chain, lines, millions)


def create_partitions(
    connection: psycopg.Connection,
    chain: int,
    blocks: Iterable[int],
    *,
    are_millions: bool = False,
) -> None:
    """Create the partitions of raw.chain_logs for blocks of a chain where they are missing. Call it
    in a transaction of its own, because creating one makes others wait that create one as well.
    `are_millions`: the numbers are those of partitions.

    HedgeError where one of them is detached (hedge.chain.partitions).
    """
    millions = sorted(set(blocks)) if are_millions else _millions(blocks)
    if not millions:
        return
    try:
        connection.execute(
            query("chain_partitions"), {"chain": chain, "millions": millions}, prepare=False
        )
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise HedgeError(error.diag.message_primary or str(error)) from error


def lock_blocks(connection: psycopg.Connection, chain: int, blocks: Iterable[int]) -> None:
    """Let no other writer store logs and blocks in the partitions of these blocks until the
    transaction ends. What stores does it itself; call it before you look at what is stored in order
    to change it, and once for all blocks of a transaction, so that no two wait for each other."""
    _lock(connection, chain, _millions(blocks))


def _lock(connection: psycopg.Connection, chain: int, millions: list[int]) -> None:
    connection.execute(query("chain_lock"), {"chain": chain, "millions": millions}, prepare=False)


def _store(
    connection: psycopg.Connection,
    kind: _Kind,
    chain: int,
    lines: Collection[tuple[int, Any]],
    millions: list[int],
) -> Stored:
    """Stage rows and store them."""
    if not lines:
        return Stored()
    for attempt in range(_ATTEMPTS):
        try:
            with connection.transaction():
                return _stage_and_store(connection, kind, chain, lines, millions)
        except psycopg.errors.IntegrityError as error:
            if attempt == _ATTEMPTS - 1 or not _is_overtaken(error):
                raise
    raise AssertionError


def _is_overtaken(error: psycopg.errors.IntegrityError) -> bool:
    """Whether rows can be stored if that is tried again: another program, which takes no locks, has
    stored one of them, or another session has created a partition and is about to tell of it. When
    that session commits, the partition is in the catalogue, so that create_partitions creates none,
    a moment before other sessions are told to route rows to it. PostgreSQL calls a row without a
    partition a check violation, without a constraint."""
    if isinstance(error, psycopg.errors.CheckViolation):
        return error.diag.constraint_name is None
    return isinstance(error, psycopg.errors.UniqueViolation)


def _stage_and_store(
    connection: psycopg.Connection,
    kind: _Kind,
    chain: int,
    lines: Collection[tuple[int, Any]],
    millions: list[int],
) -> Stored:
    connection.execute(query("load_session"))
    _stage(connection, kind, lines)
    _lock(connection, chain, millions)
    span = {
        "chain": chain,
        "from_block": min(row.block_number for _, row in lines),
        "to_block": max(row.block_number for _, row in lines),
    }
    found = connection.execute(kind.refuse, span, prepare=False)
    refused = [Refused(*row) for row in found.fetchall()]
    found = connection.execute(kind.store, span, prepare=False)
    ((keys, inserted, updated),) = found.fetchall()
    return Stored(
        inserted=inserted,
        updated=updated,
        unchanged=keys - inserted - updated,
        repeated=len(lines) - len(refused) - keys,
        refused=refused,
    )


def _stage(connection: psycopg.Connection, kind: _Kind, lines: Iterable[tuple[int, Any]]) -> None:
    """Copy rows into the temporary table of their kind, which is emptied before."""
    table = sql.Identifier(kind.staged)
    connection.execute(kind.stage)
    connection.execute(sql.SQL("truncate pg_temp.{}").format(table))
    statement = sql.SQL("copy pg_temp.{} from stdin (format binary)").format(table)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(kind.types)
        for line, row in lines:
            copy.write_row((line, *row))


def _millions(blocks: Iterable[int]) -> list[int]:
    """The numbers of the partitions that hold blocks."""
    return sorted({number // BLOCKS_OF_A_PARTITION for number in blocks})
