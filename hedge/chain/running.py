"""Followers at work: until they are told to stop, whatever nodes and the database do.

A worker starts `python -m hedge.chain.running`, which follows the chains whose nodes are set, each
in a thread. It is a process of its own because a step may take seconds, while a worker that is to
stop has few.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable

import psycopg
import structlog

from hedge import child_processes, database, logs, settings
from hedge.chain import calling, configured, waking
from hedge.chain.answers import NodeError
from hedge.chain.following import AnotherFollower, DeepReorganization, Follower, only_follower
from hedge.chain.nodes import Node
from hedge.chain.several import Sessions
from hedge.errors import DatabaseAway, HedgeError, UsageError
from hedge.stopping import Stopped, end_without_garbage_collection, signals_stop

log = structlog.get_logger("hedge.chain")
#: Seconds between two looks at the head of a chain.
LOOK = 2.0
#: Seconds in which a node is not asked for calls of contracts after it has refused them.
PAUSE_OF_CALLS = 300.0
#: Seconds before a failed step is tried again, which double, and the most.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
#: Seconds after which a follower begins anew that could not, because another one follows the chain
#: or a setting is wrong.
PAUSE_OF_BEGINNINGS = 30.0
#: Seconds in which the session of a follower that was killed has ended.
PATIENCE = 5.0
#: Seconds between two looks at the contracts that are deployed.
PAUSE_OF_RENEWALS = 60.0
#: Seconds that a process of followers has to end by itself.
GRACE = 5.0

#: Tells what a step has done: the block that is followed, and the logs that changed.
Tell = Callable[[Follower], None]


def follow(
    chain_id: int,
    stop: threading.Event,
    *,
    start: int | None = None,
    until_head: bool = False,
    tell: Tell = lambda follower: None,
) -> None:
    """Follow a chain until stop is set, or with until_head until its head is reached.

    What nodes do wrong is noted, logged and waited for. AnotherFollower, a DeepReorganization and
    errors of the settings, and of the database, are raised; with until_head those of nodes, too.
    """
    with database.connect() as connection, only_follower(connection, chain_id, PATIENCE):
        chain = configured.chain(connection, chain_id)
        with configured.node(chain_id) as node, Sessions(settings.decode_jobs()) as sessions:
            follower = Follower(connection, chain, node, start)
            if start is not None and (cursor := follower.cursor()) is not None:
                log.warning(
                    "the chain is followed already, so that --from has no effect",
                    chain=chain_id,
                    followed_to=cursor.block_number,
                )
            _repeat(connection, follower, node, sessions, stop, until_head, tell)


class _Caller:
    """Asks contracts for what facts want, as blocks become final. A node that refuses that is
    followed all the same, and asked again later."""

    def __init__(self, connection: psycopg.Connection, node: Node) -> None:
        self._connection, self._node = connection, node
        self._final: int | None = None
        self._not_before = 0.0

    def call(self, follower: Follower, *, has_changed: bool) -> None:
        """Ask, where facts have changed or wait, or other blocks are final than the last time."""
        if time.monotonic() < self._not_before:
            return
        if not has_changed and follower.final == self._final:
            return
        try:
            called = calling.call(self._connection, self._node, follower.final)
            if called.answered:
                waking.decode(self._connection)
            # the rest after the next step of the follower
            self._final = None if called.is_more else follower.final
        except NodeError as error:
            self._not_before = time.monotonic() + PAUSE_OF_CALLS
            log.warning("a node calls no contracts", chain=self._node.chain, error=str(error))


def _renew(connection: psycopg.Connection, follower: Follower, chain_id: int) -> None:
    """Take what was deployed meanwhile; while a seed is replaced, nothing."""
    with contextlib.suppress(HedgeError, psycopg.errors.UndefinedTable):
        follower.renew(configured.chain(connection, chain_id))


def _repeat(
    connection: psycopg.Connection,
    follower: Follower,
    node: Node,
    sessions: Sessions,
    stop: threading.Event,
    until_head: bool,
    tell: Tell,
) -> None:
    pause, is_sure, seconds = FIRST_PAUSE, False, 0.0
    caller = _Caller(connection, node)
    renewed = time.monotonic()
    while not stop.wait(seconds):
        if time.monotonic() - renewed > PAUSE_OF_RENEWALS:
            _renew(connection, follower, node.chain)
            renewed = time.monotonic()
        try:
            if not is_sure:
                node.require_chain()
                is_sure = True
            is_behind = follower.step()
        except DeepReorganization as error:
            follower.note_failure(error)
            raise
        except psycopg.Error:
            raise
        except HedgeError as error:
            follower.note_failure(error)
            if until_head:
                raise
            log.warning("following fails", chain=node.chain, error=str(error), pause=pause)
            # The URL may lead to another node next time.
            is_sure, seconds, pause = False, pause, min(2 * pause, LONGEST_PAUSE)
            continue
        follower.note_success()
        tell(follower)
        caller.call(follower, has_changed=waking.decode(connection, sessions))
        if until_head and not is_behind:
            return
        pause, seconds = FIRST_PAUSE, 0.0 if is_behind else LOOK


def follow_configured(stop: threading.Event) -> None:
    """Follow all chains whose nodes are set, each in a thread, until stop is set. A chain that
    cannot be followed is tried again later, and delays no other one."""
    threads = [
        threading.Thread(target=_follow_again, args=[chain, stop], name=f"chain {chain}")
        for chain in settings.chain_urls()
    ]
    for thread in threads:
        # What is in hand when the process is to end is rolled back by the database.
        thread.daemon = True
        thread.start()
    while not stop.wait(1):
        pass


def _follow_again(chain: int, stop: threading.Event) -> None:
    said = None
    while not stop.is_set():
        try:
            follow(chain, stop)
        except (AnotherFollower, UsageError, DatabaseAway) as error:
            # Where a second worker follows, that is as it should be.
            if str(error) != said:
                log.info("the chain is not followed here", chain=chain, error=str(error))
            said = str(error)
        except (HedgeError, psycopg.Error) as error:
            log.error(
                "the chain is not followed",
                chain=chain,
                error=logs.sentence_of(error) or str(error),
            )
        stop.wait(PAUSE_OF_BEGINNINGS)


async def follow_beside() -> None:
    """The task of a worker: a process that follows the chains whose nodes are set, until cancelled.
    Nothing is done where none is. A process that ends is started again."""
    if not settings.chain_urls():
        return
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hedge.chain.running"),
            stdin=asyncio.subprocess.DEVNULL,
            env=child_processes.environment(),
        )
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), GRACE)
                except TimeoutError:
                    process.kill()
            raise
        log.error("the process that follows chains has ended", status=status)
        await asyncio.sleep(PAUSE_OF_BEGINNINGS)


def main() -> None:
    """The process of a worker."""
    child_processes.end_with_parent()
    logs.configure()
    try:
        with signals_stop():
            follow_configured(threading.Event())
    except Stopped as stop:
        sys.exit(stop.exit_status)
    finally:
        end_without_garbage_collection()


if __name__ == "__main__":
    main()
