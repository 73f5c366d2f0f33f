"""The end of tasks that last as long as the application."""

import asyncio

from api import tasks


def test_a_task_that_loses_a_cancellation_ends_all_the_same() -> None:
    lost = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(True)

    async def main() -> bool:
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        await tasks.end(task)
        await tasks.end(None)
        return task.cancelled()

    assert asyncio.run(asyncio.wait_for(main(), 10))
    assert lost == [True]
