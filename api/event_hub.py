"""What is told to the open streams of this process.

One connection listens for all streams. When events were committed, it reads those of the clusters
and boards that somebody listens to, once, and hands each to its streams. A stream keeps a bounded
number of them; one that is read too slowly forgets them and reads the database again from the last
event that it has sent, so that a slow reader costs little memory and misses nothing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import psycopg
import structlog
from litestar.response import ServerSentEventMessage

from api import tasks
from api.database import LONGEST_CONNECT, Database, rows
from hedge import database as databases
from hedge import poolers
from hedge.errors import HedgeError

log = structlog.get_logger("hedge.api")
#: The channel on which a transaction with events notifies (hedge/migrations/0053-events.sql).
CHANNEL = "hedge_events"
#: Seconds between two signs of life of a stream, before a lost connection is made again, and in
#: which a client is asked to wait before it connects again.
HEARTBEAT, PAUSE, RETRY = 15.0, 1.0, 2.0
#: How many events are read at once, and how many a stream keeps that its client has not read.
PAGE, MOST_KEPT = 1000, 200


@dataclass
class _Event:
    """A row of api/sql/events.sql."""

    event_id: int
    event_type: str
    cluster_id: str | None
    leaderboard_key: str | None
    message: str

    def encoded(self) -> ServerSentEventMessage:
        """The event as a stream sends it."""
        return _message(data=self.message, event=self.event_type, id=self.event_id)


@dataclass
class _Interval:
    """A row of api/sql/events_until.sql."""

    pruned_until: int
    newest: int


@dataclass(eq=False)
class _Stream:
    """An open stream: what it is about, the last id that was handed to it, and what it keeps."""

    clusters: frozenset[str]
    boards: frozenset[str]
    kept: deque[_Event] = field(default_factory=deque)
    is_behind: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hand(self, event: _Event) -> None:
        """Keep an event for the client; forget all where there are too many."""
        if self.is_behind:
            return
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()
            self.is_behind = True
        else:
            self.kept.append(event)
        self.woken.set()


class EventHub:
    """The open streams of a process, and the connection that listens for them."""

    def __init__(self, database: Database) -> None:
        """A hub that open() connects. database is read by streams that are behind."""
        self._database = database
        self._streams: set[_Stream] = set()
        self._by_cluster: dict[str, set[_Stream]] = {}
        self._by_board: dict[str, set[_Stream]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._newest: int | None = None
        self._is_closing = False

    def open(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen_repeatedly())

    def end_streams(self) -> None:
        """End every stream after what it sends now; a new one ends at once."""
        self._is_closing = True
        for stream in self._streams:
            stream.woken.set()

    async def close(self) -> None:
        """End the streams and the connection."""
        self.end_streams()
        await tasks.end(self._listening)

    async def messages(
        self, clusters: Iterable[str], boards: Iterable[str], after: int | None
    ) -> AsyncIterator[ServerSentEventMessage]:
        """The messages of a stream: the events after an id, or from now on without one, and signs
        of life. After an id that is older than what is kept, the first one is `reset`."""
        stream = _Stream(frozenset(clusters), frozenset(boards))
        # before the newest id is read: what is committed in between is handed to it
        self._add(stream)
        try:
            interval = await self._database.single(_Interval, "events_until")
            if after is None:
                sent = interval.newest
            elif interval.pruned_until <= after <= interval.newest:
                sent, stream.is_behind = after, True
            else:
                sent = interval.newest
                yield _message(data=f'{{"id": {sent}}}', event="reset", id=sent)
            yield _message(id=sent, retry=int(RETRY * 1000), comment="this stream is open")
            while not self._is_closing:
                if stream.is_behind:
                    async for event in self._missed(stream, sent):
                        sent = event.event_id
                        yield event.encoded()
                elif stream.kept:
                    event = stream.kept.popleft()
                    if event.event_id > sent:
                        sent = event.event_id
                        yield event.encoded()
                elif not await _is_set_within(stream.woken, HEARTBEAT):
                    # the id keeps a stream without events from being older than what is kept
                    if not stream.kept and self._newest is not None:
                        sent = max(sent, self._newest)
                    yield _message(id=sent, comment="nothing new")
        except psycopg.Error as error:
            # the client connects again, and goes on after the last id
            log.warning("a stream ended, because the database is away", error=str(error))
        finally:
            self._remove(stream)

    async def _missed(self, stream: _Stream, sent: int) -> AsyncIterator[_Event]:
        """The events that a stream which is behind has not sent. Its end is when it has caught up
        with what is handed to it meanwhile."""
        while not self._is_closing:
            stream.kept.clear()
            stream.is_behind = False
            interval = await self._database.single(_Interval, "events_until")
            page = await self._database.rows(
                _Event,
                "events",
                after=sent,
                until=interval.newest,
                clusters=list(stream.clusters),
                boards=list(stream.boards),
                limit=PAGE,
            )
            for event in page:
                sent = event.event_id
                yield event
            if len(page) < PAGE and not stream.is_behind:
                return

    def _add(self, stream: _Stream) -> None:
        self._streams.add(stream)
        for cluster in stream.clusters:
            self._by_cluster.setdefault(cluster, set()).add(stream)
        for board in stream.boards:
            self._by_board.setdefault(board, set()).add(stream)

    def _remove(self, stream: _Stream) -> None:
        self._streams.discard(stream)
        for found, names in ((self._by_cluster, stream.clusters), (self._by_board, stream.boards)):
            for name in names:
                found[name].discard(stream)
                if not found[name]:
                    del found[name]

    async def _listen_repeatedly(self) -> None:
        """Listen until cancelled; after a lost connection, go on where it ended."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, HedgeError, OSError) as error:
                log.warning("events are not listened for", error=str(error))
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        url = databases.with_network_options(await asyncio.to_thread(databases.url))
        connection = await psycopg.AsyncConnection.connect(
            url,
            autocommit=True,
            connect_timeout=LONGEST_CONNECT,
            application_name="hedge-api-events",
            options=databases.SESSION_OPTIONS,
        )
        async with connection:
            await self._look_for_pooler(connection)
            await connection.execute(f"listen {CHANNEL}")
            while True:
                await self._read(connection)
                # also without a notification, so that a connection that is dead is noticed
                async for _ in connection.notifies(timeout=HEARTBEAT, stop_after=1):
                    pass

    async def _look_for_pooler(self, connection: psycopg.AsyncConnection) -> None:
        """Say that events come late through a pooler in transaction mode. Its sessions notify
        nobody, or another client: what was committed is read at each sign of life then."""
        (process,) = await (await connection.execute(poolers.PROCESS)).fetchone() or (None,)
        if poolers.is_between(connection, process):
            connection.prepare_threshold = None
            log.warning(
                "events may be late, because a pooler in transaction mode does not notify",
                at_most_seconds=HEARTBEAT,
            )

    async def _read(self, connection: psycopg.AsyncConnection) -> None:
        """Hand what was committed since to the streams that it concerns."""
        (interval,) = await rows(connection, _Interval, "events_until")
        if self._newest is None:
            # streams that were opened before this was listened for may have missed some
            self._newest = interval.newest
            for stream in self._streams:
                stream.is_behind = True
                stream.woken.set()
        before = self._newest
        while before < interval.newest and self._streams:
            page = await rows(
                connection,
                _Event,
                "events",
                after=before,
                until=interval.newest,
                clusters=list(self._by_cluster),
                boards=list(self._by_board),
                limit=PAGE,
            )
            for event in page:
                for stream in self._concerned(event):
                    stream.hand(event)
            before = page[-1].event_id if len(page) == PAGE else interval.newest
        self._newest = interval.newest

    def _concerned(self, event: _Event) -> Iterable[_Stream]:
        if event.cluster_id is not None:
            return self._by_cluster.get(event.cluster_id, ())
        if event.leaderboard_key is not None:
            return self._by_board.get(event.leaderboard_key, ())
        return self._streams


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event is set in time; it is cleared then."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True


def _message(
    data: str | None = None,
    event: str | None = None,
    id: int | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> ServerSentEventMessage:
    return ServerSentEventMessage(data, event, id, retry, comment, sep="\n")
