"""How far chains are followed, and what lacks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from hedge import settings
from hedge.chain.following import LOCK
from hedge.queries import query


@dataclass(frozen=True)
class ContractStatus:
    """A contract and the ranges of blocks up to the cursor, as [first, last], whose logs are not
    known. from_block is 0 where the seed chain_contracts does not say the first one."""

    contract: str
    address: str
    from_block: int
    to_block: int | None
    gaps: list[list[int]]

    @property
    def has_first_block(self) -> bool:
        """Whether the seed says in which block the contract began: no contract of a chain that is
        followed is older than its first block."""
        return self.from_block > 0


@dataclass(frozen=True)
class BackfillStatus:
    """A backfill; one that is DEAD goes on when it is started again."""

    backfill_id: int
    from_block: int
    to_block: int
    started_at: datetime
    moved_at: datetime
    finished_at: datetime | None
    error: str | None
    state: Literal["RUNNING", "DEAD", "DONE", "FAILED"]


@dataclass(frozen=True)
class UndecodedStatus:
    """Logs of a contract that no decoder takes, by the first topic: None for a log without one."""

    contract: str
    reason: Literal["unknown event", "malformed data"]
    topic0: str | None
    logs: int
    first_block: int
    last_block: int


@dataclass(frozen=True)
class PendingStatus:
    """Facts of a raw table that wait for values of some columns; reason is what the calls are at
    that could supply them, None where there is no such call. of_files are those of the columns that
    neither all logs nor a call give: a file, or a seed, has to say them."""

    table_name: str
    missing: list[str]
    reason: str | None
    facts: int
    since: datetime
    of_files: list[str]


@dataclass(frozen=True)
class Waiting:
    """Facts of a raw table that wait for the same: for columns that only a file or a seed gives,
    whatever else they lack (reason None), or for others."""

    table_name: str
    columns: list[str]
    is_of_files: bool
    reason: str | None
    facts: int
    since: datetime


@dataclass(frozen=True)
class ChainStatus:
    """A chain. block_number and block_time are of the cursor, up to which all is known but for the
    gaps of contracts; None where the chain was never followed. is_configured: this process knows a
    node; is_followed: some process follows the chain; is_halted: a person has to decide about a
    reorganization. age_seconds is that of the block of the cursor."""

    chain_id: int
    is_configured: bool
    is_followed: bool
    head_number: int | None
    block_number: int | None
    block_time: datetime | None
    moved_at: datetime | None
    lag_blocks: int | None
    age_seconds: int | None
    final_number: int | None
    asked_at: datetime | None
    failing_since: datetime | None
    error: str | None
    is_halted: bool
    undecoded_blocks: int
    undecoded_since: datetime | None
    reorganizations: int
    last_reorganization_at: datetime | None
    deepest_reorganization: int | None
    contracts: list[ContractStatus] = field(default_factory=list)
    backfills: list[BackfillStatus] = field(default_factory=list)
    undecoded_logs: list[UndecodedStatus] = field(default_factory=list)
    pending_facts: list[PendingStatus] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Whether the chain is followed, in one or two words."""
        if self.is_halted:
            return "halted"
        if self.failing_since:
            return "failing"
        return "followed" if self.is_followed else "not followed"

    @property
    def gaps(self) -> int:
        """How many ranges of blocks lack of some contract."""
        return len({tuple(gap) for one in self.contracts for gap in one.gaps})

    @property
    def waiting(self) -> list[Waiting]:
        """What facts wait for, each once: a column that only a file gives is not named again for
        each of what else may lack beside it."""
        kinds: dict[tuple[str, bool, tuple[str, ...], str | None], list[PendingStatus]] = {}
        for one in self.pending_facts:
            others = tuple(name for name in one.missing if name not in one.of_files)
            if one.of_files:
                kinds.setdefault((one.table_name, True, (), None), []).append(one)
            if others or not one.missing:
                kinds.setdefault((one.table_name, False, others, one.reason), []).append(one)
        return [
            Waiting(
                table,
                list(others) or sorted({name for one in found for name in one.of_files}),
                is_of_files,
                reason,
                sum(one.facts for one in found),
                min(one.since for one in found),
            )
            for (table, is_of_files, others, reason), found in kinds.items()
        ]


def status(connection: psycopg.Connection) -> list[ChainStatus]:
    """The chains that are followed or backfilled, or have a node here, or whose logs wait to be
    decoded, by their numbers."""
    configured = list(settings.chain_urls())
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            query("chain_status"), {"configured": configured, "lock": LOCK}
        ).fetchall()
    chains = {
        row["chain_id"]: ChainStatus(is_configured=row["chain_id"] in configured, **row)
        for row in found
    }
    for name, kind, of_chain in (
        ("chain_status_contracts", ContractStatus, "contracts"),
        ("chain_status_backfills", BackfillStatus, "backfills"),
        ("chain_status_undecoded", UndecodedStatus, "undecoded_logs"),
        ("chain_status_pending", PendingStatus, "pending_facts"),
    ):
        for chain_id, row in _rows(connection, name, kind):
            getattr(chains[chain_id], of_chain).append(row)
    return list(chains.values())


def _rows(connection: psycopg.Connection, name: str, kind: type[Any]) -> list[tuple[int, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query(name)).fetchall()
    return [(row.pop("chain_id"), kind(**row)) for row in rows]
