"""A body that does not end keeps no connection of a served process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import PROJECT

# a process that serves takes a second to start, and a body a second to be late
pytestmark = pytest.mark.ci

HEAD = b"POST /clusters/progress HTTP/1.1\r\nHost: hedge\r\nContent-Type: application/json\r\n"
BODY = b'{"clusterIds": ["nobody"]}'


@contextmanager
def served(port: int) -> Iterator[None]:
    """The service in a process of granian, which is ended afterwards."""
    granian = Path(sys.executable).parent / "granian"
    options = ["--interface", "asgi", "--port", str(port), "--no-log"]
    process = subprocess.Popen(
        [granian, *options, "tests.acceptance.served_with_short_bodies:app"],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def answer(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """The status and the body of an answer, after which the connection ends."""
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = b"".join(body.split(b"\r\n")[1::2])
    return int(head.split()[1]), json.loads(body)


def test_an_unfinished_body_is_answered_and_its_connection_closed(
    deployed: psycopg.Connection, free_tcp_port: int
) -> None:
    with served(free_tcp_port):

        def connected() -> socket.socket:
            return socket.create_connection(("127.0.0.1", free_tcp_port), timeout=20)

        began = time.monotonic()
        silent, dripping, chunked = connected(), connected(), connected()
        silent.sendall(HEAD + b"Content-Length: 100\r\n\r\n" + BODY[:5])
        dripping.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
        chunked.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + BODY[:5] + b"\r\n")
        for byte in BODY[:6]:
            dripping.sendall(bytes([byte]))
            time.sleep(0.1)
        # another one is served meanwhile
        whole = connected()
        length = f"Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n".encode()
        whole.sendall(HEAD + length + BODY)
        assert answer(whole) == (200, {"clusters": [], "unknown": ["nobody"]})
        for connection in (silent, dripping, chunked):
            status, problem = answer(connection)
            assert (status, problem["code"]) == (408, "body_too_slow")
            assert problem["detail"] == "the body did not end within 1 s"
        assert 1 <= time.monotonic() - began < 15
