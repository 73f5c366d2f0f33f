"""Reads streams of events of a site, which a client of whole answers cannot."""

import asyncio
import json
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.in_process import Site

#: Seconds in which something has to arrive.
SOON = 30.0


class Message(NamedTuple):
    """A message of a stream: its event and its id; its data as JSON and as it was sent."""

    event: str | None
    id: int | None
    data: Any
    comment: str | None


class Stream:
    """An open stream."""

    def __init__(self, site: Site, path: str, address: str, headers: dict[str, str]) -> None:
        """Made by open_stream."""
        self.status, self.headers, self._left = 0, dict[str, str](), b""
        self._received: queue.Queue[dict[str, Any]] = queue.Queue()
        self._portal = site.portal
        self._disconnected = self._portal.call(asyncio.Event)
        self._may_send = self._portal.call(asyncio.Event)
        self._portal.call(self._may_send.set)
        route, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "GET",
            "scheme": "https",
            "path": route,
            "raw_path": route.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
            "client": (address, 4711),
            "server": ("hedge.example", 443),
        }
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self._disconnected.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            await self._may_send.wait()
            self._received.put(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # as a server does
                self._disconnected.set()

        self._task = self._portal.start_task_soon(site.app, scope, receive, send)
        start = self._received.get(timeout=SOON)
        self.status = start["status"]
        self.headers = {name.decode(): text.decode() for name, text in start["headers"]}

    def next(self, seconds: float = SOON) -> Message:
        """The next message; queue.Empty where none arrives in time."""
        while b"\n\n" not in self._left:
            message = self._received.get(timeout=seconds)
            if not message.get("more_body"):
                raise EOFError(self._left + message["body"])
            self._left += message["body"]
        block, _, self._left = self._left.partition(b"\n\n")
        fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
        data = fields.get("data")
        return Message(
            fields.get("event"),
            int(fields["id"]) if "id" in fields else None,
            data and json.loads(data),
            fields.get(""),
        )

    def events(self, number: int) -> list[Message]:
        """The next so many messages that are no signs of life."""
        found: list[Message] = []
        while len(found) < number:
            message = self.next()
            if message.event is not None:
                found.append(message)
        return found

    def is_silent(self) -> bool:
        """Whether nothing arrives for a while."""
        try:
            self.next(0.2)
        except queue.Empty:
            return True
        return False

    def body(self) -> Any:
        """The whole answer, which is JSON."""
        return json.loads(self._received.get(timeout=SOON)["body"])

    def stop_reading(self) -> None:
        """Let the service wait with what it sends next."""
        self._portal.call(self._may_send.clear)

    def go_on_reading(self) -> None:
        """Take what the service sends."""
        self._portal.call(self._may_send.set)

    def has_ended(self) -> bool:
        """Whether the service ends the answer soon."""
        deadline = time.monotonic() + SOON
        while not self._task.done() and time.monotonic() < deadline:
            time.sleep(0.01)
        return self._task.done()

    def close(self) -> None:
        """Disconnect, and wait until the service has noticed."""
        self._portal.call(self._may_send.set)
        self._portal.call(self._disconnected.set)
        assert self.has_ended()


@contextmanager
def open_stream(
    site: Site,
    address: str = "198.51.100.1",
    last_event_id: str | int | None = None,
    **parameters: str | int,
) -> Iterator[Stream]:
    """A stream of events, which is disconnected at the end of the block."""
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    stream = Stream(site, f"/events?{urlencode(parameters)}", address, headers)
    yield stream
    stream.close()
