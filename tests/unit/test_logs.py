"""The lines of the log, which a program reads."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import structlog

from hedge import logs
from hedge.errors import HedgeError, UsageError


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process in the time zone of Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_a_line_has_its_instant_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of libraries are written like those of Hedge."""
    logs.configure()
    structlog.get_logger("hedge.test").warning("ours", number=1)
    logging.getLogger("a.library").warning("theirs")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["number"]) == ("ours", "warning", 1)
    assert (theirs["event"], theirs["level"]) == ("theirs", "warning")
    for line in (ours, theirs):
        instant = datetime.fromisoformat(line["timestamp"])
        assert line["timestamp"].endswith("Z")
        assert datetime.now(UTC) - instant < timedelta(minutes=5)


def test_the_log_is_json_on_standard_output_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where standard output is a terminal: a program reads it."""
    monkeypatch.setenv("HEDGE_LOG_TO", "stdout")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    logs.configure()
    structlog.get_logger("hedge.test").warning("ours")
    logging.getLogger("a.library").warning("theirs")
    captured = capsys.readouterr()
    assert [json.loads(line)["event"] for line in captured.out.splitlines()] == ["ours", "theirs"]
    assert captured.err == ""
    monkeypatch.setenv("HEDGE_LOG_TO", "syslog")
    with pytest.raises(UsageError, match="HEDGE_LOG_TO is 'syslog'"):
        logs.configure()


# -- an outage -------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the log, which a test sets."""
    instant = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: instant[0])
    return instant


def written(capsys: pytest.CaptureFixture[str]) -> list[tuple]:
    lines = map(json.loads, capsys.readouterr().err.splitlines())
    return [(line["event"], line.get("left_out")) for line in lines]


def test_a_cause_is_written_once_a_second_with_the_number_of_lines_left_out(
    capsys: pytest.CaptureFixture[str], clock: list[float]
) -> None:
    logs.configure()
    ours, theirs = structlog.get_logger("hedge.test"), logging.getLogger("psycopg.pool")
    for number in range(50):
        ours.warning("away", error="refused", request_id=str(number))
        theirs.warning("error connecting in %r: refused by job %d", "pool-1", number)
    assert written(capsys) == [
        ("away", None),
        ("error connecting in 'pool-1': refused by job 0", None),
    ]
    clock[0] += 0.9
    ours.warning("away", error="refused")
    ours.warning("away", error="timeout")
    theirs.error("another error")
    assert written(capsys) == [("away", None), ("another error", None)]
    clock[0] += 0.2
    ours.warning("away", error="refused")
    theirs.warning("error connecting in %r: refused by job %d", "pool-1", 99)
    assert written(capsys) == [
        ("away", 50),
        ("error connecting in 'pool-1': refused by job 99", 49),
    ]


def test_what_is_no_warning_is_written_each_time(
    capsys: pytest.CaptureFixture[str], clock: list[float]
) -> None:
    logs.configure()
    for _ in range(3):
        structlog.get_logger("hedge.test").info("request", status=200)
    assert written(capsys) == [("request", None)] * 3


def test_the_memory_of_causes_is_bounded(clock: list[float]) -> None:
    causes = logs.Causes()
    for number in range(3 * logs.MOST_CAUSES):
        assert causes.left_out("x" * number) == 0
    assert len(causes._written) <= logs.MOST_CAUSES


def raised_from(cause: Exception) -> Exception:
    """An error of a library, which was raised from another one."""
    error = RuntimeError("\n    Database error.\n    ")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (psycopg.OperationalError("it is away\nreally"), "it is away really"),
        (raised_from(psycopg.errors.AdminShutdown("terminating")), "terminating"),
        (ExceptionGroup("a", [ExceptionGroup("b", [HedgeError("no run")])]), "no run"),
        (psycopg.OperationalError(), "OperationalError"),
        (raised_from(psycopg.errors.InsufficientPrivilege("not for you")), "not for you"),
        (KeyError("boards"), None),
        (raised_from(KeyError("boards")), None),
        (psycopg.errors.UndefinedColumn("no column"), None),
    ],
)
def test_an_error_of_an_outage_is_told_by_its_message_and_others_by_a_traceback(
    capsys: pytest.CaptureFixture[str], error: Exception, sentence: str | None
) -> None:
    logs.configure()
    for library in ("anyio", "procrastinate"):
        logging.getLogger(library).error(f"{library} failed", exc_info=error)
    structlog.get_logger("hedge").error("the run failed", exc_info=error)
    # a task of asyncio that nobody has waited for
    logging.getLogger("asyncio").error("never retrieved", exc_info=error)
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    events = ["anyio failed", "procrastinate failed", "the run failed"]
    assert [line["event"] for line in written] == events + ["never retrieved"] * (not sentence)
    for line in written:
        assert line.get("error") == sentence
        assert ("exception" in line) == (sentence is None)


def test_a_line_of_a_library_names_its_logger_and_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    logging.getLogger("psycopg.pool").warning("connection failed: no such file\n\tIs it running?")
    (first,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["logger"] == "psycopg.pool"
    assert first["event"] == "connection failed: no such file Is it running?"
