"""Answers of a node that are none: what is said of each, and what is asked again."""

import itertools
import json
from typing import Any

import httpx
import pytest

from hedge.chain import nodes
from hedge.chain.answers import NodeError, Span, WrongAnswer
from hedge.chain.fetching import ChainMoved, fetch_all
from hedge.chain.refusals import Busy, Refused, TooSlow
from tests.support.chains import Misbehaves
from tests.unit.test_chain_nodes import ADDRESSES, CHAIN, World, change


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"jsonrpc": "2.0", "id": null, "result": []}'),
        (200, b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "no batch"}}'),
        (413, b""),
        (400, b"<html>"),
    ],
    ids=["result", "error", "413", "400"],
)
def test_a_node_that_answers_no_batch_is_asked_for_one_block_after_the_other(
    status: int, body: bytes
) -> None:
    world = World()
    answer, sizes = world.of_chain.respond, []

    def respond(content: bytes) -> tuple[int, bytes, dict[str, Any]]:
        if not content.startswith(b"["):
            return answer(content)
        sizes.append(len(json.loads(content)))
        return status, body, {}

    world.of_chain.respond = respond
    assert [header.number for header in world.node.headers(range(8))] == list(range(8))
    assert sizes == [8, 4, 2]
    assert world.slept == []


def test_a_call_that_is_too_large_is_refused_and_another_is_a_fault_of_the_node() -> None:
    world = World()
    for status, error, sentence in (
        (413, Refused, "refuses 1 call with status 413"),
        (400, NodeError, "answers with status 400"),
    ):
        world.answer(Misbehaves(status, b""))
        with pytest.raises(NodeError, match=f"{sentence}$") as refused:
            world.node.head()
        assert type(refused.value) is error


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (Misbehaves(200, b"<html>"), Busy, "answers what is no JSON-RPC"),
        (Misbehaves(200, b"7"), Busy, "answers what is no JSON-RPC"),
        (Misbehaves(200, b"[]"), Busy, "answers what is no JSON-RPC"),
        (Misbehaves(200, b'{"id": 2}'), Busy, "answers what is no JSON-RPC"),
        (Misbehaves(503), Busy, "answers with status 503"),
        (httpx.ConnectError("no"), Busy, "cannot be reached .ConnectError."),
        (httpx.ReadTimeout("no"), TooSlow, "did not answer in time .ReadTimeout."),
        (
            Misbehaves(200, b'{"id": 1, "result": "0x7"}'),
            WrongAnswer,
            "answers another question than it was asked",
        ),
        ("seven", WrongAnswer, "gives no number: "),
    ],
    ids=["html", "number", "list", "no result", "busy", "away", "slow", "other", "text"],
)
def test_what_a_node_answers_instead_of_a_number_is_said(
    answer: Any, kind: type[NodeError], sentence: str
) -> None:
    world = World()
    assert world.node.head() == 299
    world.node._ids = itertools.repeat(2)
    world.answer(*[answer] * nodes.ATTEMPTS)
    with pytest.raises(kind, match=f"^the node node.example of chain {CHAIN} {sentence}"):
        world.node.head()
    # what may be for the moment is asked again
    assert len(world.slept) == (nodes.ATTEMPTS - 1 if kind in (Busy, TooSlow) else 0)


def test_what_a_contract_returns_is_bytes_and_logs_are_of_the_block() -> None:
    world = World()
    world.answer("0xzz")
    with pytest.raises(WrongAnswer, match="gives no bytes: the result of a call '0xzz'"):
        world.node.calls_of_contracts([(ADDRESSES[0], b"\x01\x02\x03\x04", 7)])
    (header,) = world.node.headers([7])
    world.answer([change()])
    with pytest.raises(WrongAnswer, match="gives logs of another block 7 than was asked for"):
        world.node.logs_of_blocks([header], ADDRESSES)


def test_an_answer_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LONGEST_ANSWER", -1.0)
    with pytest.raises(TooSlow, match=r"did not answer completely in -1 s$"):
        World().logs()


@pytest.mark.parametrize(
    ("change_of", "sentence"),
    [
        (lambda of: [*of, of[0] | {"id": 999}], "answers in a batch what it was not asked"),
        (lambda of: [*of[1:], "no object"], "answers in a batch what it was not asked"),
        (
            lambda of: [*of, of[0] | {"result": None}],
            "answers one question of a batch in two ways",
        ),
        (lambda of: of[1:], "leaves out answers of a batch of "),
    ],
    ids=["other", "text", "two", "missing"],
)
def test_a_batch_that_is_not_answered_one_to_one_is_said(change_of: Any, sentence: str) -> None:
    world = World()
    answer = world.of_chain.respond

    def respond(content: bytes) -> tuple[int, bytes, dict[str, Any]]:
        status, body, headers = answer(content)
        found = json.loads(body)
        # the last one is asked for again and again, with another one beside it
        found = change_of(found) if isinstance(found, list) else {"id": found["id"], "error": "no"}
        return status, json.dumps(found).encode(), headers

    world.of_chain.respond = respond
    with pytest.raises(NodeError) as refused:
        world.node._patiently(
            lambda: world.node._ask_batch(
                [("eth_blockNumber", [])] * 3, range(3), {}, set(), lambda failure: None
            )
        )
    assert sentence in str(refused.value)


def test_blocks_and_logs_of_several_chains_are_no_range() -> None:
    world = World()
    block = world.chain.blocks[7]
    other = block.header() | {"parentHash": "0x" + "ee" * 32}

    def answer(method: str, params: list[Any]) -> Any:
        return other if method == "eth_getBlockByNumber" and params[0] == "0x7" else None

    world.of_chain.misbehave = answer
    with pytest.raises(ChainMoved, match=r"gives a block 7 whose parent is not its block 6$"):
        fetch_all(world.node, Span(5, 9), ADDRESSES)
    world.answer(*[None] * 5, [change()])
    with pytest.raises(ChainMoved, match=r"gives logs of another block 7 than the block itself$"):
        fetch_all(world.node, Span(5, 9), ADDRESSES)
    world.of_chain.misbehave = None
    assert [one.number for one in fetch_all(world.node, Span(5, 9), ADDRESSES).headers] == [
        *range(5, 10)
    ]
