"""The chains that are known and their contracts, from the deployed seeds, and the URLs of nodes,
from the settings."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from hedge import database, settings
from hedge.chain.answers import Span
from hedge.chain.nodes import Node
from hedge.errors import HedgeError, UsageError
from hedge.queries import query


@dataclass(frozen=True)
class Contract:
    """A contract of a chain whose logs are wanted, from a block on; to_block is the last one, None
    where it is still in use."""

    name: str
    address: bytes
    from_block: int
    to_block: int | None

    def is_in(self, span: Span) -> bool:
        """Whether it was in use in one of some blocks."""
        return self.from_block <= span.last and (
            self.to_block is None or self.to_block >= span.first
        )


@dataclass(frozen=True)
class Chain:
    """A chain: after how many further blocks a block is final, and the contracts."""

    chain_id: int
    name: str
    finality_depth: int
    contracts: tuple[Contract, ...]

    def addresses(self, span: Span) -> frozenset[bytes]:
        """The contracts that were in use in one of some blocks."""
        return frozenset(one.address for one in self.contracts if one.is_in(span))


def chain(connection: psycopg.Connection, chain_id: int) -> Chain:
    """A chain of the deployed seeds; an unknown one, and one without contracts, is a UsageError."""
    if not database.exists(connection, "analytics.chain_contracts"):
        raise HedgeError(
            "the deployed project knows no chains: hedge etl deploy one with the seed chains"
        )
    found = connection.execute(query("chain_known"), {"chain": chain_id}).fetchone()
    if found is None:
        raise UsageError(f"there is no chain {chain_id} in the deployed seed chains")
    with connection.cursor(row_factory=class_row(Contract)) as cursor:
        contracts = cursor.execute(query("chain_contracts"), {"chain": chain_id}).fetchall()
    if not contracts:
        raise UsageError(f"chain {chain_id} has no contract in the deployed seed chain_contracts")
    name, depth = found
    return Chain(chain_id, name, depth, tuple(contracts))


def node(chain_id: int) -> Node:
    """The node of a chain; a UsageError where no URL is set."""
    return Node(chain_id, url(chain_id))


def url(chain_id: int) -> str:
    """The URL of the node of a chain, which is a secret; a UsageError where it is not set."""
    found = settings.chain_urls().get(chain_id)
    if found is None:
        raise UsageError(
            f"chain {chain_id} has no node: set HEDGE_CHAIN_URL_{chain_id} to the URL of one"
        )
    return found
