"""Runs that have a process of their own: how a worker starts, awaits and ends them.

A run takes minutes, and a worker that has lost the database connects again in seconds. So a run
does not end with the job that began it, and the worker does not wait for it before it works again.
"""

import asyncio
import contextlib
import functools
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec

import structlog

from hedge import child_processes
from hedge.errors import HedgeError
from hedge.queue.run_process import FAULTS, PARTIAL, TEMPORARY

log = structlog.get_logger("hedge.queue.starting")
#: What the log says of a run that is done, although it did not end with 0.
DONE_ALL_THE_SAME = {PARTIAL: "run left something out", FAULTS: "data tests find faults"}
#: The processes of runs.
_processes: set[asyncio.subprocess.Process] = set()
#: What waits for processes, and serves their requests when they end.
_in_hand: set[asyncio.Task[None]] = set()

Parameters = ParamSpec("Parameters")


def outlives_its_job(
    do: Callable[Parameters, Coroutine[Any, Any, None]],
) -> Callable[Parameters, Awaitable[None]]:
    """Let a task go on where its job is aborted. A failure that no job can tell is logged."""

    def tell(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("run failed", error=str(error))

    @functools.wraps(do)
    async def goes_on(*arguments: Parameters.args, **named: Parameters.kwargs) -> None:
        task = asyncio.create_task(do(*arguments, **named))
        _in_hand.add(task)
        task.add_done_callback(_in_hand.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(tell)
            raise

    return goes_on


async def wait_for_runs() -> None:
    """Return when no run is in hand, whose job has ended or not."""
    if _in_hand:
        await asyncio.wait(_in_hand)


def terminate_processes() -> None:
    """Tell the processes of runs to end, which cancels the runs."""
    for process in _processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()


class ProcessFailed(HedgeError):
    """A run in a process of its own failed; is_temporary where only the server is to blame,
    is_cancelled where the run was cancelled."""

    def __init__(self, sentence: str, is_temporary: bool, is_cancelled: bool = False) -> None:
        """Keep all three."""
        super().__init__(sentence)
        self.is_temporary = is_temporary
        self.is_cancelled = is_cancelled


async def run_in_process(task: str, *caused_by: str) -> ProcessFailed | None:
    """Run hedge.queue.run_process for a task; returns its error, or None when it succeeded. Lines
    of the log name the requests of the API that caused the run, as its row of the ledger does."""
    told = log.bind(task=task, **({"caused_by": list(caused_by)} if caused_by else {}))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hedge.queue.run_process", task, *caused_by),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=child_processes.environment(),
    )
    _processes.add(process)
    try:
        _, stderr = await process.communicate()
    finally:
        _processes.discard(process)
    if process.returncode == 0:
        told.info("run done")
        return None
    error = stderr.decode(errors="replace").strip()
    if process.returncode in DONE_ALL_THE_SAME:
        told.error(DONE_ALL_THE_SAME[process.returncode], error=error)
        return None
    if is_cancelled := process.returncode in (128 + signal.SIGTERM, -signal.SIGTERM):
        told.warning("run cancelled")
    else:
        told.error("run failed", error=error)
    return ProcessFailed(
        error or f"the process ended with {process.returncode}",
        process.returncode == TEMPORARY,
        is_cancelled,
    )
