"""Whatever a node does and whenever a follower is killed, the facts in the end are those that plain
Python reads in the chain."""

import json
import random
import subprocess
import sys
import threading
import time
from typing import Any

import psycopg
import pytest

from hedge.chain import running
from tests.support import plain_facts
from tests.support.chains import Json, NodeOfChain, Served
from tests.support.game_chains import METIS, GameChain

pytestmark = pytest.mark.ci
#: The command hedge chain follow, which waits for less than a second, for answers and between them.
FOLLOW = (
    "from hedge.chain import nodes, running; nodes.LONGEST_ANSWER = 0.7; nodes.FIRST_PAUSE = 0.1;"
    " running.LOOK = running.FIRST_PAUSE = 0.1; from cli.main import main; main()"
)
#: How often one is killed.
ROUNDS = 5
#: Longer than that.
SILENCE = {"delay": "1"}


#: What a node does to a request, by its method.
WRONGS = {
    "eth_chainId": ["another chain", "silent"],
    "eth_blockNumber": ["behind", "ahead", "silent", "twice"],
    "eth_getLogs": ["refuses", "a gap", "each twice", "silent", "twice"],
    "a batch": ["a gap", "each twice", "silent"],
}


class LyingNode(NodeOfChain):
    """A node that answers a part of the requests wrongly, in turns; did is what it has done."""

    dice = random.Random(7)
    did: list[tuple[str, str]]

    def respond(self, content: bytes) -> tuple[int, bytes, Json]:
        asked = json.loads(content)
        status, body, headers = super().respond(content)
        method = asked["method"] if isinstance(asked, dict) else "a batch"
        if method not in WRONGS or self.dice.random() > 0.35:
            return status, body, headers
        wrongs = WRONGS[method]
        wrong = wrongs[sum(one == method for one, _ in self.did) % len(wrongs)]
        if wrong == "a gap" and method == "eth_getLogs" and self._is_deep(asked["params"][0]):
            # what is left out there, nobody notices (docs/chain.md)
            return status, body, headers
        self.did.append((method, wrong))
        if wrong == "silent":
            return status, body, headers | SILENCE
        if wrong == "twice":
            return status, body + body, headers
        return status, json.dumps(self._wrong(wrong, asked, json.loads(body))).encode(), headers

    def _is_deep(self, asked: Json) -> bool:
        """Whether logs are asked for of blocks that are far below the head."""
        # the follower checks 64 blocks below the head that it is told, which may be 9 too far ahead
        return "fromBlock" in asked and int(asked["fromBlock"], 16) < self.chain.head - 40

    def _wrong(self, wrong: str, asked: Any, answer: Any) -> Any:
        """Another answer."""
        if isinstance(answer, list):
            if wrong == "each twice":
                return answer + answer
            self.dice.choice(answer)["result"] = None
            return answer
        if wrong == "refuses":
            error = {"code": -32005, "message": "query returned more than 10 results"}
            return {"jsonrpc": "2.0", "id": asked["id"], "error": error}
        head, logs = self.chain.head, answer["result"]
        other = {
            "another chain": lambda: "0x1",
            "behind": lambda: hex(max(0, head - self.dice.randint(1, 90))),
            "ahead": lambda: hex(head + self.dice.randint(1, 9)),
            "each twice": lambda: logs + logs,
            "a gap": lambda: logs[: len(logs) // 2],
        }[wrong]()
        return answer | {"result": other}


def follow_until_killed(node: LyingNode, dice: random.Random) -> None:
    """Follow in a process that is killed at a random moment after some wrong answers."""
    arguments = ["chain", "follow", "--chain", str(METIS), "--from", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", FOLLOW, *arguments], stderr=subprocess.DEVNULL
    )
    try:
        enough, deadline = len(node.did) + dice.randint(2, 16), time.monotonic() + 60
        while len(node.did) < enough:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(dice.random() / 2)
    finally:
        process.kill()
        process.wait()


def test_facts_equal_what_plain_python_reads(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, ended = random.Random(3), threading.Event()
    chain = GameChain(seed=5, blocks=260, logs=0.6)
    node = LyingNode(chain, METIS)
    node.did = []

    def live() -> None:
        """The chain grows, and is reorganized above what is final."""
        while not ended.wait(0.1):
            with served.lock:
                if dice.random() < 0.3:
                    lost = dice.randint(1, 6)
                    chain.reorganize(lost, lost + dice.randint(1, 3))
                else:
                    chain.grow()

    with Served(node) as served:
        monkeypatch.setenv(f"HEDGE_CHAIN_URL_{METIS}", served.url)
        growth = threading.Thread(target=live)
        growth.start()
        written = set[int]()
        try:
            for _ in range(ROUNDS):
                follow_until_killed(node, dice)
                written.add(facts_of(connection))
        finally:
            ended.set()
            growth.join()
        # they were killed at work
        assert len(written) > 2
        truth = NodeOfChain(chain, METIS)
        served.node = truth
        chain.grow(2)
        running.follow(METIS, threading.Event(), until_head=True)
    assert {wrong for _, wrong in node.did} == {one for wrongs in WRONGS.values() for one in wrongs}
    facts = plain_facts.facts(METIS, chain.blocks, chain.contracts)
    of_metis = {table: rows for table, rows in facts.items() if rows}
    assert len(of_metis) == 5
    stored = plain_facts.stored(connection)
    differences = {
        table: [row for row in [*stored[table], *rows] if (row in rows) != (row in stored[table])]
        for table, rows in facts.items()
        if stored[table] != rows
    }
    assert differences == {}
    assert connection.execute("select from app.chain_reorganizations").fetchall()


def facts_of(connection: psycopg.Connection) -> int:
    """How many facts there are."""
    return sum(map(len, plain_facts.stored(connection).values()))
