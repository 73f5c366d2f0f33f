"""A stand-in for a node of a chain on loopback: eth_call of contracts that check signatures as the
wallet contracts of the game's players do (EIP-1271), by the key of an owner."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hedge.signing import eth_account

#: What isValidSignature(bytes32,bytes) begins with, and what it answers for yes.
SELECTOR = "1626ba7e"


class StandInNode:
    """A node with contracts: the address of the owner of each."""

    def __init__(self, chain_id: int) -> None:
        """Listen on a free port."""
        self.chain_id = chain_id
        self.owners: dict[str, str] = {}
        #: Contracts that have no such function.
        self.others: set[str] = set()
        #: What is answered instead, as (status, body), and after how many seconds.
        self.instead: tuple[int, bytes] | None = None
        self.delay = 0.0
        self.methods: list[str] = []
        stand_in = self

        class Handler(_Handler):
            node = stand_in

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/rpc/a-key"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What JSON-RPC answers to a call."""
        self.methods.append(asked["method"])
        if asked["method"] != "eth_call":
            return {"error": {"code": -32601, "message": "the method does not exist"}}
        transaction, block = asked["params"]
        if block != "latest" or int(transaction["chainId"], 16) != self.chain_id:
            return {"error": {"code": -32000, "message": "chainId does not match node's"}}
        contract = transaction["to"]
        if contract in self.others:
            return {"error": {"code": 3, "message": "execution reverted", "data": "0x"}}
        if contract not in self.owners:
            return {"result": "0x"}
        return {"result": "0x" + self._check(contract, transaction["data"])}

    def _check(self, contract: str, data: str) -> str:
        """The contract: decodes its arguments, and compares the signer with its owner."""
        call = bytes.fromhex(data[2:])
        assert call[:4].hex() == SELECTOR
        digest, place = call[4:36], int.from_bytes(call[36:68])
        arguments = call[4:]
        length = int.from_bytes(arguments[place : place + 32])
        signature = arguments[place + 32 : place + 32 + length]
        assert len(arguments) == place + 32 + -(-length // 32) * 32
        # this contract wants a byte of its own before the signature of the owner
        signer = eth_account().Account._recover_hash(digest, signature=signature[1:])
        is_owner = signature[:1] == b"\x01" and signer.lower() == self.owners[contract]
        return (SELECTOR if is_owner else "ffffffff").ljust(64, "0")


class _Handler(BaseHTTPRequestHandler):
    node: StandInNode

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/rpc/a-key":
            status, content = 401, b"no"
        elif self.node.instead is not None:
            status, content = self.node.instead
        else:
            asked = json.loads(body)
            answer = {"jsonrpc": "2.0", "id": asked["id"]} | self.node.answer(asked)
            status, content = 200, json.dumps(answer).encode()
        # after the call is noted, so that a test never sees one of the test before it
        time.sleep(self.node.delay)
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
