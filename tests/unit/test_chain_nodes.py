"""What a node of a chain is asked, and what its answers are taken for."""

import itertools
import json
from typing import Any

import httpx
import pytest

from hedge.chain import nodes
from hedge.chain.answers import NodeError, Span, UnknownBlock, WrongAnswer
from hedge.chain.nodes import Node
from hedge.chain.refusals import Busy, Refused, TooSlow, Unanswered
from tests.support import chains
from tests.support.chains import KEY, Misbehaves, NodeOfChain

ADDRESSES = [bytes([number]) * 20 for number in (1, 2)]
CHAIN = 53935


class World:
    """A node, and what waits for it."""

    def __init__(self, **of_node: Any) -> None:
        self.chain = chains.Chain(ADDRESSES, blocks=300, logs=0.7)
        self.of_chain = NodeOfChain(self.chain, CHAIN, **of_node)
        self.slept: list[float] = []
        self.node = Node(
            CHAIN,
            f"https://ada:pass-w0rd@node.example/{KEY}?apikey=qu3ry-key",
            transport=self.of_chain.transport(),
            sleep=self.slept.append,
        )

    def answer(self, *answers: Any) -> None:
        """Answer the next calls otherwise, each once: an exception is raised."""
        left = iter(answers)

        def answer(method: str, params: list[Any]) -> Any:
            found = next(left, None)
            if isinstance(found, Exception):
                raise found
            return found

        self.of_chain.misbehave = answer

    def logs(self) -> list[Any]:
        return self.node.logs(Span(0, 20), ADDRESSES)


def test_what_is_refused_for_the_moment_is_asked_again_after_growing_pauses() -> None:
    world = World()
    world.answer(
        Misbehaves(503),
        httpx.ConnectError("no route to https://ada:pass-w0rd@node.example"),
        Misbehaves(200, b"<html>"),
        LookupError(429, "Your app has exceeded its compute units per second capacity"),
    )
    assert world.node.head() == 299
    assert [0.5 * 2**n / 2 <= pause <= 0.5 * 2**n for n, pause in enumerate(world.slept)] == [
        True
    ] * 4
    world.answer(*[Misbehaves(429, b"", {"Retry-After": "17"})] * 5)
    with pytest.raises(
        Busy, match=r"^the node node\.example of chain 53935 answers with status 429$"
    ):
        world.node.head()
    assert world.slept[4:] == [17.0] * 4


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (200, -32000, "requested too many blocks from 1 to 9000, maximum is set to 2048"),
        (200, -32005, "query returned more than 10000 results"),
        (200, -32602, "Log response size exceeded. You can make eth_getLogs requests with up to"),
        (413, -32614, "eth_getLogs is limited to a 10,000 range"),
        (400, -32600, "block range is too wide"),
        (200, -32602, "range 1000000 exceeds limit of 10000"),
        (200, -32000, "block range is larger than max block range, block range = 5120"),
        (200, -32000, "exceed maximum block range: 50000"),
        (200, -32005, "query timeout exceeded"),
        (200, -32000, "context deadline exceeded"),
    ],
)
def test_a_range_that_is_too_much_is_refused_at_once(status: int, code: int, message: str) -> None:
    """As subnet-evm, Infura, Alchemy, QuickNode, Ankr and others say it."""
    world = World()
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
    world.answer(Misbehaves(status, json.dumps(error).encode()))
    with pytest.raises(Refused, match=f"refuses eth_getLogs: {message[:40]}"):
        world.logs()
    world.answer(httpx.ReadTimeout(""))
    with pytest.raises(TooSlow):
        world.logs()
    assert world.slept == []


@pytest.mark.parametrize(
    "message",
    [
        f"invalid key {KEY}",
        f"see https://node.example/{KEY}",
        "unknown user pass-w0rd",
        "no such key: qu3ry-key",
    ],
)
def test_no_sentence_has_a_part_of_the_url(message: str) -> None:
    world = World()
    world.answer(LookupError(-32000, message))
    with pytest.raises(Refused) as refused:
        world.node.head()
    world.answer(Misbehaves(401, message.encode()))
    with pytest.raises(NodeError, match="see HEDGE_CHAIN_URL_53935") as unauthorized:
        world.node.head()
    for text in (str(refused.value), str(unauthorized.value), repr(world.node)):
        assert "node.example" in text
        for secret in (KEY, "pass-w0rd", "qu3ry-key"):
            assert secret not in text


def change(**changes: Any) -> Any:
    """A log of block 7 with other values."""
    log = {
        "address": "0x" + "01" * 20,
        "topics": ["0x" + "07" * 32],
        "data": "0x",
        "blockNumber": "0x7",
        "blockHash": "0x" + "aa" * 32,
        "transactionHash": "0x" + "bb" * 32,
        "logIndex": "0x0",
        "removed": False,
    }
    return log | changes


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({}, "gives an object for the logs of blocks 0 to 20, which is no list"),
        ("0x", "gives '0x' for the logs"),
        ([3], "gives 3 for a log of blocks 0 to 20, which is no object"),
        ([change(blockNumber="0x15")], "was asked for logs of blocks 0 to 20 and gives one of"),
        (
            [change(blockNumber=None, blockHash=None)],
            "gives a log of blocks 0 to 20 that is none: blockNumber is missing",
        ),
        ([change(blockHash=None)], "a log of block 7 that is in no block"),
        ([change(removed=True)], "a log of block 7 that is in no block"),
        (
            [change(address="0x" + "09" * 20)],
            "a log of block 7 of the contract 0x(09){20}, which was not asked for",
        ),
        ([change(topics=["0x07"])], r"topics\[0\] '0x07' has 2 hexadecimal digits, not 64"),
        ([change(topics=["0x" + "07" * 32] * 5)], "topics has 5 words"),
        ([change(data="0xabc")], "data '0xabc' has an odd number"),
        ([change(logIndex="first")], "logIndex 'first' is not a number"),
        ([change(), change(data="0x01")], "two different logs of index 0 of block 7"),
        (
            [change(), change(logIndex="0x1", blockHash="0x" + "cc" * 32)],
            "gives logs of two different blocks 7",
        ),
    ],
)
def test_logs_that_cannot_be_are_a_wrong_answer(answer: Any, sentence: str) -> None:
    world = World()
    world.answer(answer)
    with pytest.raises(WrongAnswer, match=sentence):
        world.logs()


def test_a_log_that_is_given_twice_is_one() -> None:
    world = World()
    world.answer([change(logIndex="0x1"), change(), change()])
    assert [log.log_index for log in world.logs()] == [0, 1]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([], "gives a list for block 5, which is no object"),
        ({"number": "0x5"}, "gives a block 5 that is none: hash is missing"),
        (
            chains.Chain(ADDRESSES, blocks=7).blocks[6].header(),
            "was asked for block 5 and gives block 6",
        ),
        (
            chains.Chain(ADDRESSES, blocks=7).blocks[5].header() | {"timestamp": "0xffffffffffff"},
            "is after the year 9999",
        ),
        (
            chains.Chain(ADDRESSES, blocks=7).blocks[5].header() | {"logsBloom": "0x00"},
            "logsBloom",
        ),
        (
            chains.Chain(ADDRESSES, blocks=7).blocks[5].header() | {"parentHash": None},
            "a block 5 without its parent",
        ),
    ],
)
def test_blocks_that_cannot_be_are_a_wrong_answer(answer: Any, sentence: str) -> None:
    world = World()
    world.answer(answer)
    with pytest.raises(WrongAnswer, match=sentence):
        world.node.headers([5])
    with pytest.raises(UnknownBlock) as unknown:
        world.node.headers([5, 300])
    assert unknown.value.number == 300


def test_only_what_a_batch_lacks_is_asked_again() -> None:
    world = World()
    counted = itertools.count()

    def answer(method: str, params: list[Any]) -> Any:
        if next(counted) in (3, 8):
            raise LookupError(-32007, "15/second request limit reached")
        if next(counted) == 40:
            raise LookupError(-32000, "header not found")

    world.of_chain.misbehave = answer
    assert [header.number for header in world.node.headers(range(60))] == list(range(60))
    asked = [int(params[0], 16) for _, params in world.of_chain.calls]
    assert len(asked) <= 63
    assert world.node._batch == nodes.BATCH


def test_batches_grow_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(largest_batch=10)
    world.node.headers(range(100))
    assert world.node._batch <= 10
    monkeypatch.setattr(nodes, "PATIENCE", 3)
    world.of_chain.largest_batch = 1000
    for _ in range(10):
        world.node.headers(range(200))
    assert world.node._batch == nodes.BATCH


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-32000, "invalid opcode: INVALID"),
        (-32000, "out of gas"),
        (-32015, "VM execution error: Bad instruction fe"),
        (-32000, "invalid jump destination"),
        (-32000, "stack underflow (0 <=> 1)"),
        (3, "execution reverted"),
    ],
)
def test_a_call_that_ends_in_the_contract_is_refused_for_good(code: int, message: str) -> None:
    world = World()
    world.answer(LookupError(code, message))
    assert world.node.calls_of_contracts([(ADDRESSES[0], b"\x01\x02\x03\x04", 7)]) == [
        Unanswered.REFUSED
    ]


def test_calls_of_contracts_that_revert_have_no_result() -> None:
    """Nor those for a state that the node does not have any more."""
    world = World()
    world.answer(
        "0x" + "01" * 32,
        LookupError(3, "execution reverted"),
        LookupError(-32000, "missing trie node"),
        "0x",
    )
    calls = [(address, b"\x01\x02\x03\x04", 7) for address in (*ADDRESSES, *ADDRESSES[::-1])]
    # the node answers a batch from its end
    assert world.node.calls_of_contracts(calls) == [
        b"",
        Unanswered.NO_STATE,
        Unanswered.REFUSED,
        (b"\x01" * 32),
    ]
    assert world.of_chain.calls[0] == (
        "eth_call",
        [{"to": "0x" + "01" * 20, "data": "0x01020304"}, "0x7"],
    )


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LARGEST_ANSWER", 1000)
    world = World()
    world.answer(Misbehaves(200, b" " * 1001))
    with pytest.raises(Refused, match="answers more than 1000 bytes"):
        world.logs()
