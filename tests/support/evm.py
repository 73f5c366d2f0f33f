"""Chains of a real virtual machine: eth-tester with py-evm, in this process.

The contracts of tests.contracts have their code at the addresses of the seed chain_contracts from
the beginning on, so that the project is used as it is. Nodes of tests.support.chains hold such a
chain like a generated one.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from tests import PROJECT
from tests.contracts import contracts
from tests.support import abi
from tests.support.chains import Json

# py-evm raises the limit of recursion, which these contracts do not need. With it, JSON
# that is nested too deeply ends this process and is not refused.
_limit = sys.getrecursionlimit()
from eth_tester import PyEVMBackend  # noqa: E402

sys.setrecursionlimit(_limit)

EVENTS = {(one.contract, one.name): one for one in abi.events()}


def addresses(chain_id: int) -> dict[str, bytes]:
    """The address of each contract of a chain."""
    with (PROJECT / "seeds/chain_contracts.csv").open(newline="") as lines:
        return {
            row["contract"]: bytes.fromhex(row["address"][2:])
            for row in csv.DictReader(lines)
            if row["chain_id"] == str(chain_id)
        }


def call_of(contract: str, event: str, values: Sequence[Any]) -> bytes:
    """The data of the call that emits an event with values, in the order of its parameters."""
    types = [one.type for one in EVENTS[contract, event].parameters]
    function = f"{event[0].lower()}{event[1:]}({','.join(types)})"
    return keccak(text=function)[:4] + encode(types, values)


@dataclass(frozen=True)
class Transaction:
    """A call of a contract that emits events, each with its values."""

    contract: str
    events: Sequence[tuple[str, Sequence[Any]]]

    @property
    def data(self) -> bytes:
        """The call."""
        calls = [call_of(self.contract, event, values) for event, values in self.events]
        if len(calls) == 1:
            return calls[0]
        return keccak(text="batch(bytes[])")[:4] + encode(["bytes[]"], [calls])


def emits(contract: str, event: str, *values: Any) -> Transaction:
    """A transaction with one event."""
    return Transaction(contract, [(event, values)])


@dataclass(frozen=True)
class EvmBlock:
    """A block of the virtual machine, as JSON-RPC has it and its logs."""

    number: int
    hash: bytes
    seconds: int
    fields: Json
    logs: tuple[Json, ...]

    def header(self, with_bloom: bool = True) -> Json:
        """As eth_getBlockByNumber gives it."""
        return {key: self.fields[key] for key in self.fields if with_bloom or key != "logsBloom"}


class EvmChain:
    """A chain that grows by transactions, and goes back to snapshots."""

    def __init__(self, chain_id: int, begins: int) -> None:
        """begins is the time of block 0, in seconds since 1970."""
        self.addresses = addresses(chain_id)
        deployed = contracts()
        self._evm = PyEVMBackend(
            genesis_parameters=PyEVMBackend.generate_genesis_params({"timestamp": begins}),
            # the account that pays comes first
            genesis_state=PyEVMBackend.generate_genesis_state(num_accounts=1)
            | {
                address: {"balance": 0, "nonce": 1, "storage": {}, "code": deployed[name].code}
                for name, address in self.addresses.items()
            },
        )
        # the class is one of this chain only
        type(self._evm.chain).chain_id = chain_id
        self._sender = self._evm.get_accounts()[0]
        #: The blocks that are canonical, and all that ever were, by their hash.
        self.blocks: list[EvmBlock] = []
        self.known: dict[bytes, EvmBlock] = {}
        self._read()

    @property
    def head(self) -> int:
        """The number of the newest block."""
        return len(self.blocks) - 1

    def mine(self, *transactions: Transaction, at: int | None = None) -> list[str]:
        """Make a block of transactions, at a time or 13 seconds after the last block; returns
        their hashes."""
        # else the clock of this machine
        self._evm.chain.set_header_timestamp(at or self.blocks[-1].seconds + 13)
        nonce = self._evm.get_nonce(self._sender)
        hashes = [
            self._evm.send_transaction(
                {
                    "from": self._sender,
                    "to": self.addresses[one.contract],
                    "data": one.data,
                    "value": 0,
                    "gas": 3_000_000,
                    "gas_price": 10**10,
                    "nonce": nonce + place,
                }
            )
            for place, one in enumerate(transactions)
        ]
        self._evm.mine_blocks()
        self._read()
        return [f"0x{one.hex()}" for one in hashes]

    def snapshot(self) -> bytes:
        """Where the chain may go back to."""
        return self._evm.take_snapshot()

    def revert(self, snapshot: bytes) -> None:
        """Lose the blocks since a snapshot."""
        self._evm.revert_to_snapshot(snapshot)
        del self.blocks[self._newest() + 1 :]

    def _newest(self) -> int:
        return self._evm.get_block_by_number("latest")["number"]

    def _read(self) -> None:
        """Keep the blocks that are new, as a node gives them."""
        for number in range(len(self.blocks), self._newest() + 1):
            found = self._evm.get_block_by_number(number, full_transaction=False)
            transactions = [_hex(one) for one in found["transactions"]]
            block = {
                "number": hex(number),
                "hash": _hex(found["hash"]),
                "parentHash": _hex(found["parent_hash"]),
                "timestamp": hex(found["timestamp"]),
                "logsBloom": f"0x{found['logs_bloom']:0512x}",
                "transactions": transactions,
            }
            logs = [
                {
                    "address": _hex(log["address"]),
                    "topics": [_hex(topic) for topic in log["topics"]],
                    "data": _hex(log["data"]),
                    "blockNumber": block["number"],
                    "blockHash": block["hash"],
                    "transactionHash": transactions[place],
                    "transactionIndex": hex(place),
                    "removed": False,
                }
                for place, transaction in enumerate(found["transactions"])
                for log in self._logs_of(transaction)
            ]
            self.blocks.append(
                EvmBlock(
                    number,
                    found["hash"],
                    found["timestamp"],
                    block,
                    tuple(log | {"logIndex": hex(index)} for index, log in enumerate(logs)),
                )
            )
            self.known[found["hash"]] = self.blocks[-1]

    def _logs_of(self, transaction: bytes) -> list[Json]:
        receipt = self._evm.get_transaction_receipt(transaction)
        assert receipt["status"] == 1, "a contract refused a call"
        return list(receipt["logs"])


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
