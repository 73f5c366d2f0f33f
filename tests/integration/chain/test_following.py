"""Following a chain of a node that misbehaves: in the end the tables hold the canonical chain."""

import itertools
import random
from typing import Any

import httpx
import psycopg
import pytest

from hedge.chain.answers import NodeError
from hedge.chain.configured import Chain, Contract
from hedge.chain.following import AnotherFollower, DeepReorganization, Follower, only_follower
from hedge.chain.nodes import Node
from tests.support import chains
from tests.support.chains import Misbehaves, NodeOfChain

ADDRESSES = [bytes([number]) * 20 for number in (1, 2, 3)]
numbers_of_chains = itertools.count(1000)


class World:
    """A chain, its node and a follower of it; each has a number of its own, because the tests of
    this module share a database."""

    def __init__(self, connection: psycopg.Connection, depth: int, **of_chain: Any) -> None:
        self.number = next(numbers_of_chains)
        self.connection = connection
        self.chain = chains.Chain(ADDRESSES, **of_chain)
        self.node = NodeOfChain(self.chain, self.number)
        contracts = [Contract(str(one), one, 0, None) for one in ADDRESSES]
        self.known = Chain(self.number, "a chain", depth, tuple(contracts))
        self.slept: list[float] = []
        self.start = 0

    def follower(self) -> Follower:
        node = Node(
            self.number,
            f"https://node.example/{chains.KEY}",
            transport=self.node.transport(),
            sleep=self.slept.append,
        )
        return Follower(self.connection, self.known, node, self.start)

    def follow(self, follower: Follower | None = None, forever: bool = False) -> Follower:
        """Follow until the head, or forever until something fails."""
        follower = follower or self.follower()
        for _ in range(1000):
            if not follower.step() and not forever:
                return follower
        raise AssertionError("the follower does not reach the head")

    def stored_logs(self) -> set[tuple[Any, ...]]:
        return chains.stored(self.connection, self.number)

    def stored_blocks(self) -> dict[int, bytes]:
        return dict(
            self.connection.execute(
                "select block_number, block_hash from raw.chain_blocks"
                " where chain_id = %s and removed_at is null",
                [self.number],
            ).fetchall()
        )

    def value(self, statement: str) -> Any:
        row = self.connection.execute(statement, [self.number]).fetchone()
        return row and row[0]

    def require_equal(self) -> None:
        """The tables hold the canonical chain, and nothing else is held for canonical."""
        logs = self.chain.canonical_logs(self.start)
        assert logs
        assert self.stored_logs() == logs
        hashes = {block.number: block.hash for block in self.chain.blocks}
        blocks = self.stored_blocks()
        assert {number: hashes[number] for number in blocks} == blocks
        assert {number for number, *_ in logs} <= set(blocks)
        assert self.value("select block_hash from app.chain_cursors where chain_id = %s") == (
            self.chain.blocks[-1].hash
        )
        covered = self.connection.execute(
            "select distinct covered::text from app.chain_coverage where chain_id = %s",
            [self.number],
        ).fetchall()
        assert covered == [(f"{{[{self.start},{self.chain.head + 1})}}",)]


@pytest.fixture
def connection(deployed: psycopg.Connection) -> psycopg.Connection:
    """A connection outside of transactions."""
    return deployed


def test_a_chain_is_followed_from_a_block_to_its_head(connection: psycopg.Connection) -> None:
    world = World(connection, depth=10, blocks=3000)
    follower = world.follow()
    world.require_equal()
    # far below the head only blocks with logs, and those that hold ranges together
    assert 1000 < len(world.stored_blocks()) < 2500
    world.chain.grow(5)
    world.follow(follower)
    world.require_equal()
    assert set(range(2990, 3005)) <= set(world.stored_blocks())


def test_without_a_start_it_begins_with_the_newest_final_block(
    connection: psycopg.Connection,
) -> None:
    world = World(connection, depth=10, blocks=100)
    world.start = None
    world.follow()
    world.start = 89
    world.require_equal()


@pytest.mark.parametrize(
    "of_node",
    [
        {"largest_range": 100},
        {"most_results": 50},
        {"most_results": 8},
        {"has_batches": False},
        {"largest_batch": 7},
        {"with_bloom": False},
        {"with_bloom": False, "knows_hashes": False},
    ],
    ids=str,
)
def test_ranges_and_batches_are_as_small_as_the_node_wants(
    connection: psycopg.Connection, of_node: dict[str, Any]
) -> None:
    world = World(connection, depth=10, blocks=300)
    for name, value in of_node.items():
        setattr(world.node, name, value)
    world.follow()
    world.require_equal()
    assert world.slept == []


@pytest.mark.parametrize("place", [0, 5, -1])
@pytest.mark.parametrize("knows_hashes", [True, False])
def test_an_answer_that_is_cut_off_in_a_block_loses_no_log(
    connection: psycopg.Connection, place: int, knows_hashes: bool
) -> None:
    """Of a range the node gives the first logs only, once where it is asked by no hash."""
    world = World(connection, depth=10, blocks=60, logs=0.9)
    world.node.knows_hashes = knows_hashes
    was_cut = False

    def cut(method: str, params: list[Any]) -> list[dict[str, Any]] | None:
        nonlocal was_cut
        if method != "eth_getLogs" or "fromBlock" not in params[0]:
            return None
        logs = world.node.logs(params[0])
        if was_cut and not knows_hashes:
            return logs
        inside = [
            number
            for number, (one, other) in enumerate(itertools.pairwise(logs), 1)
            if one["blockNumber"] == other["blockNumber"]
        ]
        if not inside:
            return None
        was_cut = True
        return logs[: inside[min(place, len(inside) - 1)]]

    world.node.misbehave = cut
    world.follow()
    assert was_cut
    world.require_equal()


def test_a_range_grows_again(connection: psycopg.Connection) -> None:
    world = World(connection, depth=0, blocks=4000, logs=0.02)
    world.node.largest_range = 100
    follower = world.follower()
    for _ in range(20):
        follower.step()
    refused = len(world.node.calls)
    world.node.largest_range = None
    world.follow(follower)
    world.require_equal()
    sizes = [
        int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
        for method, params in world.node.calls[refused:]
        if method == "eth_getLogs" and "toBlock" in params[0]
    ]
    assert max(sizes) > 150


@pytest.mark.parametrize(("lost", "new"), [(1, 1), (1, 2), (5, 6), (5, 3), (5, 5), (10, 30)])
def test_a_reorganization_is_followed(connection: psycopg.Connection, lost: int, new: int) -> None:
    world = World(connection, depth=10, blocks=100, logs=0.9)
    follower = world.follow()
    world.chain.reorganize(lost, new)
    world.follow(follower)
    if new < lost:
        # the cursor may not be on the head, because the shorter chain is another one
        world.follow(follower)
    world.require_equal()
    removed = "select count(*) from raw.chain_logs where chain_id = %s and removed_at is not null"
    assert world.value(removed) > 0
    noted = (
        "select lost_number - ancestor_number from app.chain_reorganizations where chain_id = %s"
    )
    assert world.value(noted) == lost


def test_a_reorganization_while_nobody_followed(connection: psycopg.Connection) -> None:
    world = World(connection, depth=20, blocks=100)
    world.follow()
    world.chain.reorganize(15, 40)
    world.follow()
    world.require_equal()
    # and back: the blocks that were lost are canonical again
    world.chain.reorganize(20, 21)
    world.follow()
    world.require_equal()


def test_a_block_that_is_canonical_again_has_its_logs_again(
    connection: psycopg.Connection,
) -> None:
    world = World(connection, depth=20, blocks=100, logs=1)
    follower = world.follow()
    first = list(world.chain.blocks)
    world.chain.reorganize(10, 11)
    world.follow(follower)
    world.chain.blocks[:] = first
    world.chain.grow(2)
    world.follow(follower)
    world.require_equal()


def test_a_final_block_is_never_lost(connection: psycopg.Connection) -> None:
    world = World(connection, depth=5, blocks=100)
    follower = world.follow()
    before = world.stored_logs(), world.stored_blocks()
    world.chain.reorganize(7, 9)
    with pytest.raises(DeepReorganization, match="another block 94 than is stored"):
        world.follow(follower)
    with pytest.raises(DeepReorganization):
        world.follow()
    assert (world.stored_logs(), world.stored_blocks()) == before


def test_a_chain_of_depth_0_takes_no_other_block(connection: psycopg.Connection) -> None:
    world = World(connection, depth=0, blocks=100)
    follower = world.follow()
    world.chain.grow(1)
    world.follow(follower)
    world.require_equal()
    world.chain.reorganize(1, 1)
    with pytest.raises(DeepReorganization):
        world.follow(follower)


def test_a_node_that_is_behind_changes_nothing(connection: psycopg.Connection) -> None:
    world = World(connection, depth=10, blocks=100)
    follower = world.follow()
    behind = chains.Chain(ADDRESSES, blocks=95)
    behind.blocks, behind.known = world.chain.blocks[:95], world.chain.known
    world.node.chain = behind
    assert follower.step() is False
    world.require_equal()


def test_a_block_that_does_not_continue_what_is_stored_is_not_believed(
    connection: psycopg.Connection,
) -> None:
    """The node still has all that is stored, so that nothing is lost."""
    world = World(connection, depth=10, blocks=100)
    follower = world.follow()
    world.chain.grow(1)
    next_one = world.chain.blocks[100].header() | {"parentHash": "0x" + "ee" * 32}
    world.node.misbehave = lambda method, params: (
        next_one if method == "eth_getBlockByNumber" and params[0] == hex(100) else None
    )
    with pytest.raises(NodeError, match=r"gives a block 100 whose parent is not its block 99$"):
        follower.step()
    assert world.value("select block_number from app.chain_cursors where chain_id = %s") == 99
    world.node.misbehave = None
    world.follow(follower)
    world.require_equal()


def test_a_second_follower_is_refused(connection: psycopg.Connection) -> None:
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        with only_follower(connection, 1), only_follower(connection, 2):
            refused = only_follower(other, 1)
            with pytest.raises(AnotherFollower, match="another process follows chain 1"):
                refused.__enter__()
        with only_follower(other, 1):
            pass


def test_logs_that_a_node_leaves_out_near_the_head_are_asked_again(
    connection: psycopg.Connection,
) -> None:
    world = World(connection, depth=10, blocks=100, logs=0.9)

    def leave_out(method: str, params: list[Any]) -> Any:
        # as a node does that has not got the blocks yet
        return [] if method == "eth_getLogs" and "toBlock" in params[0] else None

    world.start = 60
    world.node.misbehave = leave_out
    world.follow()
    world.require_equal()


def test_a_head_beyond_the_chain_is_not_believed(connection: psycopg.Connection) -> None:
    for beyond, blocks in ((3, 100), (10_000, 100), (3, 1000)):
        world = World(connection, depth=10, blocks=blocks)
        world.node.misbehave = lambda method, params, world=world, beyond=beyond: (
            hex(world.chain.head + beyond) if method == "eth_blockNumber" else None
        )
        follower = world.follower()
        with pytest.raises(NodeError, match="does not know block"):
            world.follow(follower, forever=True)
        world.node.misbehave = None
        world.follow(follower)
        world.require_equal()


def test_whatever_goes_wrong_at_any_request_the_chain_is_stored_once(
    connection: psycopg.Connection,
) -> None:
    """The node fails at each request in turn, in one of many ways, while the chain goes on."""
    dice = random.Random(7)
    world = World(connection, depth=12, blocks=150, seed=3)
    asked = itertools.count()
    sentences = set[str]()

    def lie(method: str, params: list[Any]) -> Any:
        if next(asked) % 3:
            return None
        if dice.random() < 0.3:
            world.chain.reorganize(dice.randint(1, 6), dice.randint(1, 8))
        kind = dice.randrange(9)
        if kind == 0:
            raise httpx.ReadTimeout("too slow")
        if kind == 1:
            raise httpx.ConnectError("refused")
        if kind == 2:
            raise Misbehaves(429, b"", {"Retry-After": "3"})
        if kind == 3:
            raise Misbehaves(200, b"<html>")
        if kind == 4:
            raise LookupError(-32005, "query timeout exceeded")
        if kind == 5 and method == "eth_blockNumber":
            return hex(world.chain.head + dice.choice([-20, -3, 2, 900]))
        if kind == 6 and method == "eth_getLogs":
            found = world.node._result(method, params)
            return found + found
        if kind == 7 and method == "eth_getBlockByNumber":
            return dice.choice([None, {}, [], "0x", {"number": "0x1", "hash": 3}])
        if kind == 8 and method == "eth_getLogs":
            return [{"address": "0x" + "09" * 20, "blockNumber": "0x1"}]
        return None

    follower = world.follower()
    for _ in range(60):
        world.node.misbehave = lie
        for _ in range(4):
            try:
                follower.step()
            except NodeError as error:
                sentences.add(str(error))
                if dice.random() < 0.5:
                    follower = world.follower()
        world.node.misbehave = None
        # what is final stays so: the chain grows beyond what can be reorganized
        world.chain.grow(4)
        world.follow(follower)
    world.chain.grow(1)
    world.follow(follower)
    world.require_equal()
    assert world.value("select count(*) from app.chain_reorganizations where chain_id = %s") > 3
    assert len(sentences) > 10
    assert all("the node node.example of chain" in sentence for sentence in sentences)
    assert [sentence for sentence in sentences if chains.KEY in sentence] == []
