"""Tasks that last as long as the application."""

import asyncio


async def end(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait until it has ended.

    It is cancelled again each second until then: asyncio.wait_for of Python 3.11, by which the
    driver waits, loses a cancellation that comes in the moment in which what it waits for is there
    (https://github.com/python/cpython/issues/86296).
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
