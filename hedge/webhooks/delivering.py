"""The worker's part of webhooks: events are sent, tried again after growing pauses, or given up.

Each webhook is served by a task of its own, so that a target which is down delays nobody else. A
lock in the database lets one worker at a time serve it. After a round in which nothing arrived, a
webhook rests for a while that grows, too: a target that is down is not called for each cluster.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass
from functools import cache

import httpcore
import psycopg
import structlog
from psycopg.rows import class_row

from hedge import database
from hedge.queries import query
from hedge.webhooks import signing
from hedge.webhooks.connections import CheckedNetwork
from hedge.webhooks.targets import NotAllowed

log = structlog.get_logger("hedge.webhooks")
#: Seconds to wait after each failed attempt; after the last one, a delivery is given up. Together
#: they are three days.
PAUSES = (5, 30, 300, 1800, 7200, 18_000, 36_000, 86_400, 86_400)
#: Seconds that an attempt may take.
LONGEST_ATTEMPT = 10.0
#: How many deliveries of a webhook are under way at once, each of another cluster or board.
AT_ONCE = 8
#: Seconds between two looks for work, where no event wakes the worker.
LOOK = 2.0
#: Seconds for which a webhook rests after one, two and more rounds in which nothing arrived.
RESTS = (0, 5, 15, 60)


@dataclass(frozen=True)
class _Due:
    """A row of hedge/sql/webhook_due.sql."""

    delivery_id: int
    event_id: int
    attempts: int
    url: str
    secret: bytes
    message: str


@dataclass
class _Rest:
    """How many rounds in a row nothing arrived, and until when a webhook rests."""

    rounds: int = 0
    until: float = 0.0


async def deliver_repeatedly() -> None:
    """Serve all webhooks until cancelled. An error of the database is raised."""
    serving: dict[int, asyncio.Task[None]] = {}
    rests: dict[int, _Rest] = {}
    async with await _connect() as connection:
        await connection.execute("listen hedge_events")
        try:
            while True:
                for webhook in [one for one, task in serving.items() if task.done()]:
                    serving.pop(webhook).result()
                found = await (await connection.execute(query("webhook_with_work"))).fetchall()
                now = time.monotonic()
                for (webhook,) in found:
                    rest = rests.setdefault(webhook, _Rest())
                    if webhook not in serving and rest.until <= now:
                        serving[webhook] = asyncio.create_task(_serve(webhook, rest))
                async for _ in connection.notifies(timeout=LOOK, stop_after=1):
                    pass
        finally:
            for task in serving.values():
                task.cancel()
            await asyncio.gather(*serving.values(), return_exceptions=True)


async def _serve(webhook: int, rest: _Rest) -> None:
    """Send what is due to a webhook, unless another worker does, until nothing is due or nothing
    arrives."""
    async with await _connect() as connection:
        lock = "select pg_try_advisory_lock(hashtext('app.webhooks'), %s)"
        if (await (await connection.execute(lock, [webhook])).fetchone()) != (True,):
            return
        while await _plan(connection, webhook):
            pass
        async with connection.cursor(row_factory=class_row(_Due)) as cursor:
            while True:
                parameters = {"webhook": webhook, "limit": AT_ONCE}
                due = await (await cursor.execute(query("webhook_due"), parameters)).fetchall()
                if not due:
                    return
                async with asyncio.TaskGroup() as group:
                    attempts = [group.create_task(_attempt(one)) for one in due]
                arrived = 0
                for one, attempt in zip(due, attempts, strict=True):
                    status, error = attempt.result()
                    arrived += error is None
                    await _record(connection, one, status, error)
                rest.rounds = 0 if arrived else rest.rounds + 1
                if not arrived:
                    seconds = RESTS[min(rest.rounds, len(RESTS)) - 1]
                    rest.until = time.monotonic() + seconds
                    log.warning("a webhook got nothing", webhook=webhook, error=error, rest=seconds)
                    return


async def _plan(connection: psycopg.AsyncConnection, webhook: int) -> bool:
    """Give a webhook deliveries of new events; whether there are more."""
    cursor = await connection.execute(query("webhook_plan"), {"webhook": webhook})
    return (await cursor.fetchone()) == (True,)


async def _record(
    connection: psycopg.AsyncConnection, one: _Due, status: int | None, error: str | None
) -> None:
    is_last = one.attempts >= len(PAUSES)
    await connection.execute(
        query("webhook_record"),
        {
            "delivery": one.delivery_id,
            "state": "DELIVERED" if error is None else "FAILED" if is_last else "WAITING",
            "pause": 0 if error is None or is_last else PAUSES[one.attempts],
            "http_status": status,
            "error": error,
        },
    )


async def _attempt(one: _Due) -> tuple[int | None, str | None]:
    """Send an event; the status of the answer, and why it has not arrived, None where it has."""
    body = one.message.encode()
    headers = signing.headers(one.event_id, int(time.time()), body, one.secret)
    scheme = one.url.partition("://")[0].lower()
    try:
        async with (
            asyncio.timeout(LONGEST_ATTEMPT),
            httpcore.AsyncConnectionPool(
                ssl_context=_certificates(), network_backend=CheckedNetwork(scheme)
            ) as pool,
            # what the target answers is not read: it may be endless
            pool.stream("POST", one.url, headers=headers, content=body) as answer,
        ):
            status = answer.status
    except TimeoutError:
        return None, f"no answer within {LONGEST_ATTEMPT:g} s"
    except NotAllowed as error:
        return None, str(error)
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        return None, f"{type(error).__name__}: {error}"[:300]
    except (httpcore.UnsupportedProtocol, OSError, ValueError) as error:
        return None, f"{type(error).__name__}: {error}"[:300]
    if 200 <= status < 300:
        return status, None
    return status, f"it answered {status}, not 2xx"


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _connect() -> psycopg.AsyncConnection:
    url = await asyncio.to_thread(database.url)
    return await psycopg.AsyncConnection.connect(
        database.with_network_options(url),
        autocommit=True,
        application_name="hedge-webhooks",
        options=database.SESSION_OPTIONS,
    )
