"""The stream of events: GET /events (server-sent events)."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from http import HTTPStatus
from types import FrameType
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, HeaderParameter, QueryParameter
from litestar.response import ServerSentEvent

from api import boards, rate_limits
from api.database import Database
from api.event_hub import EventHub
from api.existing import require_cluster
from api.settings import Settings
from hedge.errors import UsageError
from hedge.ids import id_of

_STREAM = ResponseSpec(
    # Without a schema: the document has none for the events of a stream (OpenAPI 3.1).
    Any,
    generate_examples=False,
    media_type="text/event-stream",
    description="The events, each with its id and an Event as its data, until the client or the"
    " service ends the stream.",
)


@get("/events", responses={HTTPStatus.OK: _STREAM})
async def stream_events(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromQuery[str | None] = None,
    board: FromQuery[str | None] = None,
    after: Annotated[str | None, QueryParameter(name="lastEventId")] = None,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Response[Any]:
    """The events of a cluster, of a board, or of both, from now on; with Last-Event-ID those
    behind that id. Where it is older than the kept events, the first event is `reset`: read
    again what the stream is about. The header counts before the parameter."""
    if cluster is None and board is None:
        raise UsageError("name a cluster or a board: the stream is about it")
    if cluster is not None:
        await require_cluster(database, cluster)
    if board is not None:
        await boards.board(database, board)
    given = last_event_id or after
    begin = _id(given) if given else None
    if request.scope["state"].get("is_head"):
        return Response(None, media_type="text/event-stream", status_code=HTTPStatus.OK)
    hub: EventHub = request.app.state.events
    return ServerSentEvent(
        hub.messages(
            [cluster] if cluster is not None else [], [board] if board is not None else [], begin
        )
    )


def _id(text: str) -> int:
    """The id in a header, which is that of an event of ours or nothing."""
    found = id_of(text)
    if found is None:
        raise UsageError(f"Last-Event-ID '{text[:80]}' is not the id of an event")
    return found


def router(settings: Settings) -> Router:
    """The route of events, with limits of the open streams."""
    return Router(
        "/",
        route_handlers=[stream_events],
        middleware=[rate_limits.open_streams(settings)],
        tags=["events"],
    )


@contextlib.contextmanager
def ended_by_signals(hub: EventHub) -> Iterator[None]:
    """End the streams when the process is told to stop: the server waits for open responses before
    it tells the application, and a stream would go on until it is killed."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may say what a signal does.
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hub.end_streams)
        # the server's own; what asyncio calls is called all the same
        if callable(before[number]):
            before[number](number, frame)

    for number in map(int, (signal.SIGTERM, signal.SIGINT)):
        before[number] = signal.getsignal(number)
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
