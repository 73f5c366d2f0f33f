"""Backfills beside following, and what the status says of both."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from hedge.chain import backfilling, configured, decoding, running
from hedge.chain.answers import NodeError
from hedge.chain.decoding import Decoded
from hedge.chain.status import ChainStatus, status
from hedge.errors import HedgeError, UsageError
from tests import Hedge
from tests.support import chains
from tests.support.chains import Misbehaves, NodeOfChain, Served, deploy_chain, stored

ADDRESSES = [bytes([number]) * 20 for number in (1, 2, 3)]
CHAIN = 53935


@pytest.fixture
def node(connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeOfChain]:
    """The node of a chain of 2,000 blocks and a finality depth of 10, which is set and deployed."""
    deploy_chain(connection, CHAIN, ADDRESSES, depth=10)
    node = NodeOfChain(chains.Chain(ADDRESSES, blocks=2000, logs=0.3), CHAIN)
    with Served(node) as served:
        monkeypatch.setenv(f"HEDGE_CHAIN_URL_{CHAIN}", served.url)
        yield node


def gaps(one: ChainStatus) -> list[list[list[int]]]:
    """The gaps of the contracts."""
    return [contract.gaps for contract in one.contracts]


def test_what_was_not_followed_is_backfilled(
    connection: psycopg.Connection, node: NodeOfChain
) -> None:
    running.follow(CHAIN, threading.Event(), until_head=True)
    (one,) = status(connection)
    assert (one.block_number, one.head_number, one.lag_blocks) == (1999, 1999, 0)
    assert gaps(one) == [[[0, 1988]]] * 3
    assert stored(connection, CHAIN) == node.chain.canonical_logs(1989)
    told: list[tuple[int, int]] = []
    done = backfilling.backfill(
        CHAIN, 500, 1499, jobs=3, report=lambda *blocks: told.append(blocks)
    )
    assert (done.from_block, done.to_block, done.blocks) == (500, 1499, 1000)
    assert told[-1] == (1000, 1000)
    (one,) = status(connection)
    assert gaps(one) == [[[0, 499], [1500, 1988]]] * 3
    assert [each.state for each in one.backfills] == ["DONE"]
    done = backfilling.backfill(CHAIN, every_block=True)
    assert (done.from_block, done.to_block, done.blocks) == (0, 1989, 989)
    assert stored(connection, CHAIN) == node.chain.canonical_logs()
    (one,) = status(connection)
    assert gaps(one) == [[]] * 3
    asked = len(node.calls)
    assert backfilling.backfill(CHAIN).blocks == 0
    assert "eth_getLogs" not in [method for method, _ in node.calls[asked:]]


def test_a_new_contract_is_asked_for_alone(
    connection: psycopg.Connection, node: NodeOfChain
) -> None:
    backfilling.backfill(CHAIN)
    running.follow(CHAIN, threading.Event(), until_head=True)
    node.chain.addresses.append(b"\xee" * 20)
    deploy_chain(connection, CHAIN, [b"\xee" * 20], depth=10, from_block=300)
    running.follow(CHAIN, threading.Event(), until_head=True)
    (one,) = status(connection)
    assert [each.gaps for each in one.contracts if each.address == "0x" + "ee" * 20] == [
        [[300, 1999]]
    ]
    asked = len(node.calls)
    backfilling.backfill(CHAIN)
    # of the blocks that were not final, the follower knew the others
    running.follow(CHAIN, threading.Event(), until_head=True)
    ranges = [params[0] for method, params in node.calls[asked:] if method == "eth_getLogs"]
    assert {tuple(params["address"]) for params in ranges} == {("0x" + "ee" * 20,)}
    assert min(int(params["fromBlock"], 16) for params in ranges) == 300
    wanted = {log for log in node.chain.canonical_logs() if 300 <= log[0] < 1990}
    assert {log for log in stored(connection, CHAIN) if 300 <= log[0] < 1990} == wanted


def test_a_backfill_that_failed_goes_on_where_it_was(
    connection: psycopg.Connection, node: NodeOfChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "FIRST_PAUSE", 0.0)
    node.largest_range = 100

    def refuse(method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) > 1200:
            raise Misbehaves(403)

    node.misbehave = refuse
    with pytest.raises(NodeError, match="refuses this key \\(status 403\\)"):
        backfilling.backfill(CHAIN)
    (one,) = status(connection)
    assert one.backfills[0].state == "FAILED"
    assert "refuses this key" in str(one.backfills[0].error)
    known = stored(connection, CHAIN)
    assert known
    node.misbehave = None
    done = backfilling.backfill(CHAIN)
    assert done.blocks < 1200
    assert (
        known
        < stored(connection, CHAIN)
        == {log for log in node.chain.canonical_logs() if log[0] < 1990}
    )


def test_blocks_of_which_a_node_hid_logs_are_fetched_again(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    """Nothing is doubled, what was hidden comes, and what is hidden this time stays."""

    def hiding(even: bool) -> Any:
        def answer(method: str, params: list[Any]) -> Any:
            if method == "eth_getLogs":
                logs = node.logs(params[0])
                return [one for one in logs if int(one["blockNumber"], 16) % 2 == even]
            return None

        return answer

    node.misbehave = hiding(even=True)
    backfilling.backfill(CHAIN)
    wanted = {log for log in node.chain.canonical_logs() if log[0] < 1990}
    odd = {log for log in wanted if log[0] % 2}
    assert stored(connection, CHAIN) == odd
    asked = len(node.calls)
    assert backfilling.backfill(CHAIN, 100, 1099).blocks == 0
    assert "eth_getLogs" not in [method for method, _ in node.calls[asked:]]

    again = ("chain", "backfill", "--chain", str(CHAIN), "--again")
    node.misbehave = hiding(even=False)
    found = {log for log in wanted if 100 <= log[0] < 1100 and not log[0] % 2}
    hidden = {log for log in odd if 100 <= log[0] < 1100}
    assert found
    assert hidden
    code, out, _ = hedge(*again, "--from", "100", "--to", "1099")
    assert (code, re.sub(r", \d+ s;", ";", out)) == (
        0,
        f"chain {CHAIN}, blocks 100 to 1099: 1000 fetched again, {len(found)} new logs;"
        f" {len(hidden)} logs that are stored were not given, and stay\n",
    )
    assert stored(connection, CHAIN) == odd | found
    (one,) = status(connection)
    assert gaps(one) == [[]] * 3

    # interrupted, it lacks the rest and is no different from another gap
    node.misbehave = lambda method, params: (_ for _ in ()).throw(Misbehaves(403))
    with pytest.raises(NodeError):
        backfilling.backfill(CHAIN, 1500, 1600, again=True)
    node.misbehave = None
    with pytest.raises(UsageError, match="--again goes with --from and --to"):
        backfilling.backfill(CHAIN, 5, again=True)


def test_what_is_not_final_is_not_backfilled(
    connection: psycopg.Connection, node: NodeOfChain
) -> None:
    with pytest.raises(
        UsageError, match="block 1990 of chain 53935 is not final: the head is 1999"
    ):
        backfilling.backfill(CHAIN, to_block=1990)
    with pytest.raises(UsageError, match="no blocks from 7 to 6"):
        backfilling.backfill(CHAIN, 7, 6)


def test_a_node_of_another_chain_is_refused(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    node.chain_id = 1
    for command in (["follow", "--until-head"], ["backfill"]):
        code, out, err = hedge("chain", *command, "--chain", str(CHAIN))
        assert (code, out) == (1, "")
        assert err.strip().splitlines()[-1] == (
            "hedge: the node 127.0.0.1 of chain 53935 is of chain 1: HEDGE_CHAIN_URL_53935 names a"
            " wrong node"
        )


def test_commands_say_what_is_followed_and_never_the_url(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    said = [
        hedge("chain", "follow", "--chain", str(CHAIN), "--until-head", "--from", "1500"),
        hedge("chain", "status"),
        hedge("chain", "backfill", "--chain", str(CHAIN), "--from", "1000", "--json"),
        hedge("chain", "status", "--json"),
        hedge("settings"),
    ]
    assert [code for code, _, _ in said] == [0] * 5
    table = said[1][1]
    assert re.search(r"53935 +1999 +1999 +2026\S+ \S+ +0 +1 +\d+ +not followed", table)
    assert "lacks blocks 0 to 1499: hedge chain backfill --chain 53935 --from 0 --to 1499" in table
    assert json.loads(said[2][1])["blocks"] == 500
    (one,) = json.loads(said[3][1])
    assert one["contracts"][0]["gaps"] == [[0, 999]]
    assert "HEDGE_CHAIN_URL_53935" in said[4][1]
    # a node that repeats its key when it fails
    node.misbehave = lambda method, params: (_ for _ in ()).throw(
        LookupError(-32000, f"unknown key {chains.KEY} at http://127.0.0.1/{chains.KEY}")
    )
    said += [
        hedge("chain", "follow", "--chain", str(CHAIN), "--until-head"),
        hedge("chain", "status"),
        hedge("chain", "backfill", "--chain", str(CHAIN)),
    ]
    assert "unknown key ***" in said[-1][2]
    for _, out, err in said:
        for secret in (chains.KEY, "pass-w0rd", "1234567"):
            assert secret not in out + err


def test_a_chain_that_is_unknown_or_has_no_node_is_named(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    assert hedge("chain", "backfill", "--chain", "7") == (
        2,
        "",
        "hedge: chain 7 has no node: set HEDGE_CHAIN_URL_7 to the URL of one\n",
    )


@pytest.mark.parametrize(
    ("statement", "chain", "sentence"),
    [
        ("select 1", 7, "there is no chain 7 in the deployed seed chains"),
        (
            f"delete from analytics.chain_contracts where chain_id = {CHAIN}",
            CHAIN,
            f"chain {CHAIN} has no contract in the deployed seed chain_contracts",
        ),
        (
            "drop table analytics.chain_contracts cascade",
            CHAIN,
            "the deployed project knows no chains: hedge etl deploy one with the seed chains",
        ),
    ],
)
def test_a_chain_that_the_seeds_lack_is_named(
    transaction: psycopg.Connection, statement: str, chain: int, sentence: str
) -> None:
    deploy_chain(transaction, CHAIN, ADDRESSES, depth=10)
    assert len(configured.chain(transaction, CHAIN).contracts) == 3
    transaction.execute(statement)
    with pytest.raises(HedgeError, match=f"^{sentence}$"):
        configured.chain(transaction, chain)


def test_a_person_says_which_logs_are_known(hedge: Hedge, connection: psycopg.Connection) -> None:
    deploy_chain(connection, CHAIN, ADDRESSES, depth=10)
    covered = ["chain", "covered", "--chain", str(CHAIN), "--from", "8", "--to"]
    assert hedge(*covered, "7") == (2, "", "hedge: there are no blocks from 8 to 7\n")
    spans = "select distinct covered::text from app.chain_coverage where chain_id = %s"
    assert connection.execute(spans, [CHAIN]).fetchall() == []
    assert hedge(*covered, "8")[0] == 0
    assert connection.execute(spans, [CHAIN]).fetchall() == [("{[8,9)}",)]


def test_a_chain_goes_back_only_to_what_was_followed_and_is_certain(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    def rewind(to: int) -> tuple[int, str]:
        status, _, err = hedge("chain", "rewind", "--chain", str(CHAIN), "--to", str(to))
        return status, err.strip()

    forget = ["chain", "forget", "--chain", str(CHAIN)]
    assert hedge(*forget) == (2, "", "hedge: chain 53935 was not followed\n")
    sentence = "hedge: chain 53935 is {}: it cannot go back to block {}"
    assert rewind(1979) == (2, sentence.format("not followed", 1979))
    follow = ["chain", "follow", "--chain", str(CHAIN), "--until-head", "--from", "1900"]
    # a unit of systemd calls it with --from each time
    for has_no_effect in (False, True):
        status, _, err = hedge(*follow)
        assert (status, "so that --from has no effect" in err) == (0, has_no_effect)
    before = stored(connection, CHAIN)
    assert rewind(1999) == (2, sentence.format("followed to block 1999", 1999))
    other = node.chain.blocks[1998].header() | {"hash": "0x" + "ee" * 32}
    first = iter([other])
    node.misbehave = lambda method, params: (
        next(first, None) if method == "eth_getBlockByNumber" else None
    )
    status, err = rewind(1998)
    assert (status, err.endswith("gives two different blocks 1998")) == (1, True), err
    assert stored(connection, CHAIN) == before
    assert rewind(1998) == (0, "")
    assert hedge(*forget) == (0, "chain 53935 is forgotten\n", "")


def test_a_person_decides_about_a_deep_reorganization(
    hedge: Hedge, connection: psycopg.Connection, node: NodeOfChain
) -> None:
    follow = ["chain", "follow", "--chain", str(CHAIN), "--until-head"]
    assert hedge(*follow, "--from", "1900")[0] == 0
    node.chain.reorganize(20, 40)
    code, _, err = hedge(*follow)
    assert code == 1
    assert "has another block 1989 than is stored, which was final (finality depth 10)" in err
    (one,) = status(connection)
    assert one.is_halted
    assert one.block_number == 1999
    code, out, _ = hedge("chain", "rewind", "--chain", str(CHAIN), "--to", "1979")
    assert code == 0
    assert out.startswith("chain 53935 is followed to block 1979: 20 blocks and ")
    assert hedge(*follow)[0] == 0
    assert stored(connection, CHAIN) == node.chain.canonical_logs(1900)
    (one,) = status(connection)
    assert (one.is_halted, one.error, one.block_number) == (False, None, 2019)


def test_new_facts_wake_one_run(
    connection: psycopg.Connection, node: NodeOfChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Decoded(inserted=1)
    monkeypatch.setattr(decoding, "decode", lambda connection, sessions: facts)
    requests = "select kind, reason from app.etl_requests"
    for _ in range(3):
        running.follow(CHAIN, threading.Event(), until_head=True)
        assert connection.execute(requests).fetchall() == [("INCREMENTAL", "new facts of a chain")]
        node.chain.grow(20)
    # a worker has taken it, and five seconds have not passed
    connection.execute("delete from app.etl_requests")
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert connection.execute(requests).fetchall() == []
    connection.execute("update app.chain_wakes set woken_at = woken_at - interval '5 s'")
    # nothing is new, but a run is still owed
    facts = Decoded()
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert len(connection.execute(requests).fetchall()) == 1
    connection.execute("delete from app.etl_requests")
    connection.execute("update app.chain_wakes set woken_at = clock_timestamp()")
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert connection.execute(requests).fetchall() == []
    # the clock of the server was ahead
    connection.execute("update app.chain_wakes set woken_at = now() + interval '1 day'")
    running.follow(CHAIN, threading.Event(), until_head=True)
    assert len(connection.execute(requests).fetchall()) == 1
