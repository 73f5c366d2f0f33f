"""What a worker has in hand ends when it is done, and not with the job that began it."""

import asyncio

import pytest
import structlog

from hedge.queue import starting

DONE: list[str] = []


@starting.outlives_its_job
async def run(name: str, error: Exception | None = None) -> None:
    """Be in hand for a moment, and then be done or fail."""
    await asyncio.sleep(0.02)
    DONE.append(name)
    if error is not None:
        raise error


async def abort(name: str, error: Exception | None = None) -> None:
    """Abort the job of a run, as procrastinate does, and wait for the run."""
    job = asyncio.create_task(run(name, error))
    await asyncio.sleep(0.01)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert name not in DONE
    await starting.wait_for_runs()


def test_a_run_whose_job_is_aborted_is_done_all_the_same() -> None:
    asyncio.run(abort("aborted"))
    assert "aborted" in DONE
    assert starting._in_hand == set()


def test_a_failure_that_no_job_can_tell_is_logged() -> None:
    with structlog.testing.capture_logs() as logged:
        asyncio.run(abort("failed", ValueError("the database is gone")))
    assert [(line["event"], line["error"]) for line in logged] == [
        ("run failed", "the database is gone")
    ]


def test_a_job_that_is_not_aborted_tells_the_failure_itself() -> None:
    with structlog.testing.capture_logs() as logged, pytest.raises(ValueError, match="of itself"):
        asyncio.run(run("itself", ValueError("of itself")))
    assert logged == []
    assert starting._in_hand == set()


def test_a_worker_without_runs_waits_for_none() -> None:
    asyncio.run(starting.wait_for_runs())
