"""Requests are answered beside more streams of events than Granian takes by itself."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.conftest import Service

pytestmark = pytest.mark.ci
#: Granian accepts 1,024 connections by itself, and a shell lets a process have so many files.
STREAMS = 1_200


@pytest.fixture(scope="module", autouse=True)
def many_streams() -> Iterator[None]:
    """Let an address have so many, before the service of this module is started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_STREAMS_PER_ADDRESS", str(STREAMS))
        yield


def test_requests_are_answered_beside_many_streams(many_streams: None, told: Service) -> None:
    port = int(told.url.rpartition(":")[2])

    async def open_one() -> tuple[bytes, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /events?cluster=somebody HTTP/1.1\r\nHost: a\r\n\r\n")
        return await reader.readline(), writer

    async def statuses() -> tuple[set[bytes], list[int]]:
        opened = []
        for _ in range(STREAMS // 100):
            opened += await asyncio.gather(*(open_one() for _ in range(100)))
        answers = [
            (await asyncio.to_thread(httpx.get, f"{told.url}{path}", timeout=10)).status_code
            for path in ("/healthz", "/readyz", "/clusters/somebody/progress", "/leaderboards")
        ]
        for _, writer in opened:
            writer.close()
        return {status for status, _ in opened}, answers

    found = asyncio.run(asyncio.wait_for(statuses(), 60))
    assert found == ({b"HTTP/1.1 200 OK\r\n"}, [200, 200, 200, 200])
