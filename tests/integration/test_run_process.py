"""The process of a run that a worker starts: its tasks, its errors and its exit status."""

import asyncio
import sys
from typing import Any

import psycopg
import pytest

from hedge import boards, runs, seasons
from hedge.errors import DatabaseAway, HedgeError, NoRunNow, RunFailed
from hedge.queue import run_process, starting, worker
from hedge.runs import cancelling


def test_a_process_that_succeeds_has_no_error_and_one_that_fails_says_why(
    deployed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(starting.run_in_process("PRUNE")) is None
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    error = asyncio.run(starting.run_in_process("PRUNE"))
    assert str(error).startswith("no connection to postgresql://nobody@127.0.0.1:1/none: ")
    assert "\n" not in str(error)
    assert error.is_temporary


def test_a_process_that_is_killed_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.create_subprocess_exec

    async def start(*_: str, **options: Any) -> asyncio.subprocess.Process:
        return await real(
            sys.executable,
            "-c",
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            **options,
        )

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    error = asyncio.run(starting.run_in_process("FULL"))
    assert (str(error), error.is_temporary) == ("the process ended with -9", False)


@pytest.mark.parametrize(
    "program",
    [
        # before it has begun
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; from hedge import runs; from hedge.queue import run_process;"
        "runs.full = lambda **_: os.kill(os.getpid(), signal.SIGTERM); run_process.main()",
    ],
)
def test_a_process_that_is_stopped_was_cancelled(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    real = asyncio.create_subprocess_exec

    async def start(*_: str, **options: Any) -> asyncio.subprocess.Process:
        return await real(sys.executable, "-c", program, "FULL", **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    error = asyncio.run(starting.run_in_process("FULL"))
    assert (error.is_cancelled, error.is_temporary) == (True, False)


def test_a_worker_cancels_the_runs_in_hand_after_some_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = asyncio.create_subprocess_exec

    async def start(*_: str, **options: Any) -> asyncio.subprocess.Process:
        return await real(sys.executable, "-c", "import time; time.sleep(60)", **options)

    async def run() -> starting.ProcessFailed | None:
        asyncio.get_running_loop().call_later(0.2, worker._cancel_runs)
        return await starting.run_in_process("FULL")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    try:
        assert asyncio.run(run()).is_cancelled
        # and those of its own process
        assert cancelling._cancelled.is_set()
    finally:
        cancelling.allow_runs()
    assert starting._processes == set()


def test_each_task_of_a_process_is_the_run_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple] = []
    for module, name in ((runs, "full"), (runs, "incremental")):
        monkeypatch.setattr(
            module, name, lambda caused_by, name=name: called.append((name, caused_by))
        )
    monkeypatch.setattr(runs, "pass_data_tests", lambda: called.append(("data tests",)) or [])
    monkeypatch.setattr(boards, "run", lambda **options: called.append(("boards", options)))
    monkeypatch.setattr(seasons, "run_due", lambda: called.append(("seasons",)))
    monkeypatch.setattr(boards, "run_pending", lambda: called.append(("pending",)))
    for arguments in (
        ["FULL", "request-1", "request-2"],
        ["INCREMENTAL"],
        ["PENDING_BOARDS"],
        ["DUE_BOARDS"],
    ):
        monkeypatch.setattr(sys, "argv", ["run_process", *arguments])
        run_process.main()
    assert called == [
        ("full", ["request-1", "request-2"]),
        ("data tests",),
        ("incremental", []),
        ("pending",),
        ("boards", {"mode": "DUE"}),
        ("seasons",),
    ]


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (HedgeError("the full run failed: why"), 1, "the full run failed: why"),
        (RunFailed("the full run failed", ["22012"]), 1, "the full run failed"),
        (RunFailed("the full run failed", ["53100"]), 75, "the full run failed"),
        (DatabaseAway("no connection"), 75, "no connection"),
        (NoRunNow("stamps are later than now"), 75, "stamps are later than now"),
        (
            psycopg.errors.DivisionByZero("division\nDETAIL: more"),
            1,
            "the database says: division",
        ),
        (psycopg.errors.DiskFull("no space"), 75, "the database says: no space"),
        (psycopg.OperationalError("it closed"), 75, "the database says: it closed"),
        (psycopg.ProgrammingError("no such"), 1, "the database says: no such"),
    ],
)
def test_an_error_of_a_process_is_one_sentence_and_says_whether_it_may_pass(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    status: int,
    sentence: str,
) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(runs, "full", fail)
    monkeypatch.setattr(sys, "argv", ["run_process", "FULL"])
    with pytest.raises(SystemExit) as ended:
        run_process.main()
    assert (ended.value.code, capsys.readouterr().err) == (status, f"{sentence}\n")


@pytest.mark.parametrize(
    ("found", "ends"),
    [("None", 0), ("'1 data test finds'", 5), ("HedgeError('no room')", 5)],
    ids=["nothing", "a fault", "an error"],
)
def test_a_full_run_is_done_whatever_its_data_tests_find(
    monkeypatch: pytest.MonkeyPatch, found: str, ends: int
) -> None:
    real = asyncio.create_subprocess_exec
    program = (
        "from types import SimpleNamespace; from hedge import runs; from hedge.errors import *;"
        "from hedge.queue import run_process; found = " + found + "\n"
        "def passed():\n"
        "    if isinstance(found, Exception): raise found\n"
        "    return found\n"
        "runs.full = lambda **_: SimpleNamespace(state='SUCCESS'); runs.pass_data_tests = passed\n"
        "runs.faults_of = lambda found: found; run_process.main()"
    )
    ended = []

    async def start(*_: str, **options: Any) -> asyncio.subprocess.Process:
        process = await real(sys.executable, "-c", program, "FULL", **options)
        ended.append(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    assert asyncio.run(starting.run_in_process("FULL")) is None
    assert [process.returncode for process in ended] == [ends]
