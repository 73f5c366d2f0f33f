"""Followers that are killed at random moments, and the process that a worker starts."""

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import psycopg
import pytest

from hedge.chain import running
from tests.support import chains
from tests.support.chains import Misbehaves, NodeOfChain, Served, deploy_chain, stored

pytestmark = pytest.mark.ci
ADDRESSES = [bytes([number]) * 20 for number in (1, 2, 3)]
CHAIN, DEPTH = 1088, 12


@pytest.fixture
def served(connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A node of a chain whose first 300 blocks are there, which is set and deployed."""
    deploy_chain(connection, CHAIN, ADDRESSES, depth=DEPTH)
    node = NodeOfChain(chains.Chain(ADDRESSES, blocks=300, logs=0.6), CHAIN)
    with Served(node) as served:
        monkeypatch.setenv(f"HEDGE_CHAIN_URL_{CHAIN}", served.url)
        yield served


def cursor(connection: psycopg.Connection) -> bytes | None:
    """The hash of the block up to which the chain is followed."""
    row = connection.execute("select block_hash from app.chain_cursors").fetchone()
    return row and row[0]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait a minute at most until something is so."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def misbehaving(dice: random.Random, head: Callable[[], int]) -> Any:
    """Answers that are wrong, now and then, in many ways."""

    def answer(method: str, params: list[Any]) -> Any:
        # there are many calls in a batch, of which each goes wrong alone or with all others
        if dice.random() > (0.01 if method == "eth_getBlockByNumber" else 0.2):
            return None
        kind = dice.randrange(6)
        if kind == 0:
            raise Misbehaves(503)
        if kind == 1:
            raise Misbehaves(200, b"{")
        if kind == 2:
            raise LookupError(-32000, "exceed maximum block range: 5")
        if kind == 3 and method == "eth_getLogs":
            # one of several nodes behind a URL that is behind the others
            if "blockHash" in params[0]:
                raise LookupError(-32000, "unknown block")
            if int(params[0]["toBlock"], 16) > head() - 10:
                return []
        if kind == 4 and method == "eth_blockNumber":
            return hex(250)
        if kind == 5 and method == "eth_getBlockByNumber":
            return None
        raise Misbehaves(200, json.dumps([]).encode())

    return answer


def test_killed_followers_lose_and_double_nothing(
    connection: psycopg.Connection, served: Served
) -> None:
    dice = random.Random(11)
    chain, ended = served.node.chain, threading.Event()

    def live() -> None:
        """The chain grows, and is reorganized; the share of it that is final stays."""
        while not ended.wait(0.1):
            with served.lock:
                if dice.random() < 0.35:
                    lost = dice.randint(1, 4)
                    chain.reorganize(lost, lost + dice.randint(1, 3))
                else:
                    chain.grow()

    served.node.misbehave = misbehaving(dice, lambda: chain.head)
    connection.execute("insert into app.chain_followers (chain_id) values (%s)", [CHAIN])
    growth = threading.Thread(target=live)
    growth.start()
    moved = set[bytes | None]()
    try:
        for round_ in range(4):
            command = [sys.executable, "-m", "cli", "chain", "follow", "--chain", str(CHAIN)]
            process = subprocess.Popen(
                [*command, "--from", "0"], stderr=subprocess.PIPE, env={**os.environ}
            )
            before = cursor(connection)
            wait_until(lambda before=before: cursor(connection) != before)
            time.sleep(1 + dice.random() * 2.5)
            moved.add(cursor(connection))
            process.kill()
            process.wait()
            assert process.stderr
            assert chains.KEY not in process.stderr.read().decode(), round_
    finally:
        ended.set()
        growth.join()
    assert len(moved) > 2
    served.node.misbehave = None
    chain.grow(2)
    running.follow(CHAIN, threading.Event(), until_head=True)
    # also where none has met a follower so far
    chain.reorganize(3, 5)
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert cursor(connection) == chain.blocks[-1].hash
    assert stored(connection, CHAIN) == chain.canonical_logs()
    blocks = connection.execute(
        "select block_number, block_hash from raw.chain_blocks where removed_at is null"
    ).fetchall()
    assert {(number, chain.blocks[number].hash) for number, _ in blocks} == set(blocks)
    reorganizations = connection.execute("select from app.chain_reorganizations").fetchall()
    assert reorganizations


def test_a_worker_has_a_process_that_follows_and_starts_it_again(
    connection: psycopg.Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PAUSE_OF_BEGINNINGS", 0.2)
    chain = served.node.chain
    found = set[int]()

    def pids() -> set[int]:
        return {
            pid
            for (pid,) in connection.execute(
                "select pid from pg_locks where locktype = 'advisory' and granted and objid = %s"
                " and database = (select oid from pg_database where datname = current_catalog)",
                [CHAIN],
            )
        }

    async def follow_and_kill() -> None:
        task = asyncio.create_task(running.follow_beside())
        for _ in range(2):
            with served.lock:
                chain.grow()
            await asyncio.to_thread(wait_until, lambda: cursor(connection) == chain.blocks[-1].hash)
            found.update(pids())
            (child,) = [
                one for one in psutil.Process().children() if "hedge.chain.running" in one.cmdline()
            ]
            assert [word for word in child.cmdline() if chains.KEY in word] == []
            if len(found) == 1:
                child.kill()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(follow_and_kill())
    assert len(found) == 2
    wait_until(lambda: pids() == set())


def test_without_a_node_a_worker_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", fail)
    asyncio.run(running.follow_beside())
