"""The path from transactions to facts over anvil, a node that reorganizes its chain on demand.

It needs the program anvil in PATH, as npm's package @foundry-rs/anvil has it.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from hedge.chain import running
from tests.contracts import contracts
from tests.integration.chain import real_chains
from tests.integration.chain.real_chains import ALICE, BOB, METIS, won_match
from tests.support import plain_facts
from tests.support.chains import Json
from tests.support.evm import Transaction, addresses, emits

pytestmark = pytest.mark.full


@dataclass(frozen=True)
class Block:
    """A block as the node gives it."""

    number: int
    seconds: int
    logs: tuple[Json, ...]


class Anvil:
    """A node with the contracts of METIS at their addresses."""

    def __init__(self, url: str) -> None:
        """Put the code of the contracts where the seed says."""
        self.url, self.contracts = url, addresses(METIS)
        for name, address in self.contracts.items():
            code = contracts()[name].code
            self.call("anvil_setCode", f"0x{address.hex()}", f"0x{code.hex()}")
        (self.sender, *_) = self.call("eth_accounts")

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.url, json=asked, timeout=30).json()
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, *transactions: Transaction) -> None:
        """Make a block of transactions."""
        for one in transactions:
            to = f"0x{self.contracts[one.contract].hex()}"
            call = {"from": self.sender, "to": to, "data": f"0x{one.data.hex()}", "gas": "0x2dc6c0"}
            self.call("eth_sendTransaction", call)
        self.call("evm_mine")

    def blocks(self) -> list[Block]:
        """The chain of this moment."""
        every = {"fromBlock": "0x0", "toBlock": "latest"}
        logs: list[Json] = self.call("eth_getLogs", every)
        found = []
        for number in range(int(self.call("eth_blockNumber"), 16) + 1):
            header = self.call("eth_getBlockByNumber", hex(number), False)
            of_block = (log for log in logs if log["blockHash"] == header["hash"])
            found.append(Block(number, int(header["timestamp"], 16), tuple(of_block)))
        return found


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    """A node on loopback."""
    program = shutil.which("anvil")
    if program is None:
        pytest.skip("no anvil in PATH: npm's package @foundry-rs/anvil has it")
    command = [program, "--port", "0", "--chain-id", str(METIS), "--no-mining", "--order", "fifo"]
    process = subprocess.Popen(
        [*command, "--timestamp", str(real_chains.BEGINNING)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        (port,) = next(
            found
            for line in process.stdout
            if (found := re.findall(r"Listening on \S+:(\d+)", line))
        )
        yield Anvil(f"http://127.0.0.1:{port}")
    finally:
        # the program of the package is started by a script, which would leave it
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_what_a_reorganization_loses_is_lost(
    connection: psycopg.Connection, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HEDGE_CHAIN_URL_{METIS}", anvil.url)

    def follow() -> dict[str, list[tuple[Any, ...]]]:
        running.follow(METIS, threading.Event(), start=0, until_head=True)
        facts = plain_facts.facts(METIS, anvil.blocks(), anvil.contracts)
        assert plain_facts.stored(connection) == facts
        return facts

    anvil.mine(
        won_match(1, 1, ALICE, BOB), emits("pvp_diamond", "BattleCreated", 7, ALICE, 1, 2**256 - 1)
    )
    for slot in range(2, 6):
        anvil.mine(
            won_match(1, slot, BOB, ALICE), emits("pvp_diamond", "BattleCompleted", 7, BOB, slot)
        )
    assert len(follow()["tournament_matches"]) == 5
    # the three newest blocks are replaced by empty ones, and the chain goes on
    anvil.call("anvil_reorg", 3, [])
    anvil.mine(won_match(1, 3, ALICE, BOB))
    winners = [row[7] for row in follow()["tournament_matches"]]
    assert sorted(winners) == [ALICE, ALICE, BOB]
    (reorganizations,) = connection.execute(
        "select count(*) from app.chain_reorganizations"
    ).fetchone()
    assert reorganizations == 1
    # back to a snapshot, and another history
    snapshot = anvil.call("evm_snapshot")
    anvil.mine(won_match(1, 9, BOB, ALICE))
    follow()
    assert anvil.call("evm_revert", snapshot)
    anvil.mine(won_match(1, 9, ALICE, BOB))
    assert [row[7] for row in follow()["tournament_matches"] if row[4] == 9] == [ALICE]
