"""Generated chains, and a node that holds one: as nodes answer, and as they misbehave.

A chain is a function of its seed and of the reorganizations that it went through, so that a test
knows what the canonical logs are.
"""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
from eth_utils import keccak

#: The path of a node is a key of its provider.
KEY = "k3y-of-a-provider"
Json = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """A block and its logs, as JSON-RPC has them."""

    number: int
    hash: bytes
    parent: bytes
    seconds: int
    logs: tuple[Json, ...]

    def header(self, with_bloom: bool = True) -> Json:
        """As eth_getBlockByNumber gives it."""
        return {
            "number": hex(self.number),
            "hash": "0x" + self.hash.hex(),
            "parentHash": "0x" + self.parent.hex(),
            "timestamp": hex(self.seconds),
            "transactions": [],
        } | ({"logsBloom": self._bloom()} if with_bloom else {})

    def _bloom(self) -> str:
        bits = 0
        for log in self.logs:
            for word in (log["address"], *log["topics"]):
                digest = keccak(bytes.fromhex(word[2:]))
                for place in (0, 2, 4):
                    bits |= 1 << (int.from_bytes(digest[place : place + 2]) & 2047)
        return f"0x{bits:0512x}"


class Chain:
    """A chain that grows and is reorganized."""

    def __init__(
        self, addresses: list[bytes], *, seed: int = 1, blocks: int = 1, logs: float = 0.5
    ) -> None:
        """logs is the share of blocks that hold some, of the addresses and of others."""
        self.addresses = list(addresses)
        self.dice = random.Random(seed)
        self.share = logs
        self.fork = 0
        self._again: list[Json] = []
        #: The blocks that are canonical, and all that ever were, by their hash.
        self.blocks: list[Block] = []
        self.known: dict[bytes, Block] = {}
        self.grow(blocks)

    @property
    def head(self) -> int:
        """The number of the newest block."""
        return len(self.blocks) - 1

    def grow(self, blocks: int = 1) -> None:
        """Make new blocks."""
        for _ in range(blocks):
            number = len(self.blocks)
            parent = self.blocks[-1].hash if self.blocks else bytes(32)
            digest = keccak(parent + number.to_bytes(8) + self.fork.to_bytes(4))
            logs = self._logs(number, digest) if self.dice.random() < self.share else ()
            block = Block(number, digest, parent, 1_777_000_000 + 2 * number, logs)
            self.blocks.append(block)
            self.known[digest] = block

    def reorganize(self, lost: int, new: int) -> None:
        """Lose the newest blocks, and make others in their place. Transactions of lost blocks may
        be mined again, with the same hash."""
        again = [log for block in self.blocks[len(self.blocks) - lost :] for log in block.logs]
        del self.blocks[len(self.blocks) - lost :]
        self.fork += 1
        self._again = again
        self.grow(new)
        self._again = []

    def _logs(self, number: int, block_hash: bytes) -> tuple[Json, ...]:
        logs: list[Json] = []
        for index in range(self.dice.randint(1, 4)):
            address, topics, data = self._event()
            transaction = keccak(block_hash + bytes([index]))
            if self._again and self.dice.random() < 0.5:
                old = self._again.pop()
                address = bytes.fromhex(old["address"][2:])
                transaction = bytes.fromhex(old["transactionHash"][2:])
                topics, data = self._mined_again(old, topics, data)
            logs.append(
                {
                    "address": "0x" + address.hex(),
                    "topics": ["0x" + topic.hex() for topic in topics],
                    "data": "0x" + data.hex(),
                    "blockNumber": hex(number),
                    "blockHash": "0x" + block_hash.hex(),
                    "transactionHash": "0x" + transaction.hex(),
                    "transactionIndex": hex(index),
                    "logIndex": hex(index),
                    "removed": False,
                }
            )
        return tuple(logs)

    def _event(self) -> tuple[bytes, list[bytes], bytes]:
        """The address, the topics and the data of a new log."""
        address = self.dice.choice([*self.addresses, b"\xee" * 20])
        topics = [self.dice.randbytes(32) for _ in range(self.dice.randint(0, 4))]
        return address, topics, self.dice.randbytes(32 * self.dice.randint(0, 3))

    def _mined_again(
        self, old: Json, topics: list[bytes], data: bytes
    ) -> tuple[list[bytes], bytes]:
        """The topics and the data of a log of a transaction that is mined again; those that a new
        one would have, since a transaction may do something else in another block."""
        return topics, data

    def canonical_logs(self, first: int = 0) -> set[tuple[int, bytes, bytes, int, bytes]]:
        """The logs of the addresses in canonical blocks: block, its hash, transaction, index and
        data."""
        wanted = {"0x" + address.hex() for address in self.addresses}
        return {
            (
                block.number,
                block.hash,
                bytes.fromhex(log["transactionHash"][2:]),
                int(log["logIndex"], 16),
                bytes.fromhex(log["data"][2:]),
            )
            for block in self.blocks[first:]
            for log in block.logs
            if log["address"] in wanted
        }


class Misbehaves(Exception):
    """What a node answers instead: a status and a body, after some seconds."""

    def __init__(self, status: int, body: bytes = b"", headers: Json | None = None) -> None:
        """Keep them."""
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


@dataclass
class NodeOfChain:
    """A node that holds a chain. misbehave is called with each call before it is answered, and may
    return another result, or raise Misbehaves or an error of httpx."""

    chain: Chain
    chain_id: int = 53935
    largest_range: int | None = None
    most_results: int | None = None
    has_batches: bool = True
    largest_batch: int = 1000
    with_bloom: bool = True
    knows_hashes: bool = True
    misbehave: Callable[[str, list[Any]], Any] | None = None
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """In the place of a network."""

        def handle(request: httpx.Request) -> httpx.Response:
            assert request.url.path == f"/{KEY}"
            status, body, headers = self.respond(request.content)
            return httpx.Response(status, content=body, headers=headers)

        return httpx.MockTransport(handle)

    def respond(self, content: bytes) -> tuple[int, bytes, Json]:
        """What is answered to a request of HTTP."""
        asked = json.loads(content)
        try:
            if isinstance(asked, list):
                if not self.has_batches:
                    answer: Any = _error(None, -32600, "batch requests are not supported")
                elif len(asked) > self.largest_batch:
                    answer = _error(None, -32600, "batch too large")
                else:
                    # in any order
                    answer = [self._answer(one) for one in reversed(asked)]
            else:
                answer = self._answer(asked)
        except Misbehaves as error:
            return error.status, error.body, error.headers
        return 200, json.dumps(answer).encode(), {"Content-Type": "application/json"}

    def _answer(self, asked: Json) -> Json:
        method, params, number = asked["method"], asked["params"], asked["id"]
        self.calls.append((method, params))
        try:
            other = self.misbehave(method, params) if self.misbehave else None
            result = self._result(method, params) if other is None else other
        except LookupError as error:
            return _error(number, *error.args)
        return {"jsonrpc": "2.0", "id": number, "result": result}

    def _result(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_blockNumber":
            return hex(self.chain.head)
        if method == "eth_getBlockByNumber":
            number = int(params[0], 16)
            if number > self.chain.head:
                return None
            return self.chain.blocks[number].header(self.with_bloom)
        if method == "eth_getLogs":
            return self.logs(params[0])
        raise LookupError(-32601, f"the method {method} does not exist/is not available")

    def logs(self, asked: Json) -> list[Json]:
        """What eth_getLogs gives."""
        if "blockHash" in asked:
            if not self.knows_hashes:
                raise LookupError(-32602, "invalid params")
            block = self.chain.known.get(bytes.fromhex(asked["blockHash"][2:]))
            if block is None:
                raise LookupError(-32000, "unknown block")
            blocks = [block]
        else:
            first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
            if self.largest_range and last - first + 1 > self.largest_range:
                raise LookupError(
                    -32000,
                    f"requested too many blocks from {first} to {last}, maximum is set to"
                    f" {self.largest_range}",
                )
            # as geth does, nothing is said of blocks that it does not have
            blocks = self.chain.blocks[first : last + 1]
        logs = [log for block in blocks for log in block.logs if log["address"] in asked["address"]]
        if self.most_results and len(logs) > self.most_results:
            raise LookupError(-32005, f"query returned more than {self.most_results} results")
        return logs


def _error(number: int | None, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


class Served:
    """A node on loopback, over HTTP."""

    def __init__(self, node: NodeOfChain) -> None:
        """Listen on a free port."""
        self.node = node
        self.lock = threading.Lock()
        served = self

        class Handler(_Handler):
            of = served

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = (
            f"http://user:pass-w0rd@127.0.0.1:{self._server.server_port}/{KEY}?secret=1234567"
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Served":
        """The node."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    of: Served
    protocol_version = "HTTP/1.1"
    # headers and body in one packet, or each answer waits for an acknowledgement
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with self.of.lock:
            status, body, headers = self.of.node.respond(content)
        time.sleep(float(headers.pop("delay", 0)))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # a client that was killed, or does not wait any longer
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)


def stored(connection: psycopg.Connection, chain: int) -> set[tuple[Any, ...]]:
    """The logs that are stored as those of canonical blocks, as Chain.canonical_logs has them."""
    return set(
        connection.execute(
            "select block_number, block_hash, tx_hash, log_index, data from raw.chain_logs"
            " where chain_id = %s and removed_at is null",
            [chain],
        )
    )


def deploy_chain(
    connection: psycopg.Connection,
    chain_id: int,
    addresses: list[bytes],
    *,
    depth: int,
    from_block: int = 0,
) -> None:
    """Let the deployed seeds have a chain, and more contracts of it instead of those it has."""
    connection.execute(
        "delete from analytics.chain_contracts where chain_id = %s and from_block is null",
        [chain_id],
    )
    connection.execute("delete from analytics.chains where chain_id = %s", [chain_id])
    connection.execute(
        "insert into analytics.chains (chain_id, name, finality_depth, explorer_tx_url,"
        " block_seconds) values (%s, %s, %s, '', 2)",
        [chain_id, f"chain {chain_id}", depth],
    )
    for address in addresses:
        connection.execute(
            "insert into analytics.chain_contracts (contract, chain_id, address, from_block)"
            " values (%s, %s, %s, %s)",
            [f"contract {address[0]}", chain_id, f"0x{address.hex().upper()}", from_block],
        )
