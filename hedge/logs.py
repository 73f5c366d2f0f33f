"""Structured logs on standard error: one JSON object per event and line, or text for people when
standard error is a terminal. HEDGE_LOG_TO=stdout writes JSON to standard output instead, for what
collects that of containers.

During an outage the same line would be written hundreds of times a second. A warning or error is
written once a second at most for each cause; the next line of the cause says how many were left
out.

An error of Hedge, and one of a database that is lost or fails, is told by its message: its
traceback would say nothing about the cause. Any other exception keeps it.
"""

import logging
import re
import sys
import time

import psycopg
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from hedge import settings
from hedge.errors import HedgeError

#: Seconds in which a cause is written once, and how many causes are remembered.
PAUSE, MOST_CAUSES = 1.0, 1000
#: What differs between two lines of one cause: numbers, such as those of jobs and requests.
_NUMBERS = re.compile(r"\d+")


class Causes:
    """The causes of the lines that were written in the last second."""

    def __init__(self) -> None:
        """No cause was written yet."""
        self._written: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def left_out(self, words: str) -> int | None:
        """How many lines of the same cause were left out before this one, which may be written;
        None where it is to be left out as well."""
        now = time.monotonic()
        cause = _NUMBERS.sub("#", words)
        if now - self._written.get(cause, -PAUSE) < PAUSE:
            self._left_out[cause] = self._left_out.get(cause, 0) + 1
            return None
        if len(self._written) >= MOST_CAUSES:
            self._written.clear()
            self._left_out.clear()
        self._written[cause] = now
        return self._left_out.pop(cause, 0)

    def of_structlog(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """The processor of lines of Hedge; those to leave out are dropped."""
        if event["level"] in ("debug", "info"):
            return event
        words = {name: event[name] for name in event if name not in ("request_id", "timestamp")}
        left_out = self.left_out(repr(words))
        if left_out is None:
            raise structlog.DropEvent
        if left_out:
            event["left_out"] = left_out
        return event

    def of_library(self, record: logging.LogRecord) -> bool:
        """The filter of lines of libraries: whether one is written."""
        if record.levelno < logging.WARNING:
            return True
        if record.name == "asyncio" and record.exc_info and sentence_of(record.exc_info[1]):
            # A task that was given up because of an outage, which others have told.
            return False
        left_out = self.left_out(f"{record.name} {record.getMessage()}")
        record.left_out = left_out
        return left_out is not None


def sentence_of(error: BaseException | None) -> str | None:
    """The message of an error of Hedge, of a database that is lost or fails, or of a right that is
    missing, in one line; of a library's error, that of its cause. None where a traceback is needed.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    while error is not None and error.__cause__ is not None and not isinstance(error, HedgeError):
        error = error.__cause__
    missing_right = psycopg.errors.InsufficientPrivilege
    if isinstance(error, HedgeError | psycopg.OperationalError | missing_right):
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _told_by_its_message(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put the message of an error in the place of its traceback."""
    raised = event.get("exc_info")
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException) and (sentence := sentence_of(raised)):
        del event["exc_info"]
        event["error"] = sentence
    return event


def _of_record(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add what a line of a library does not say by itself: its logger and what was left out. A
    message of several lines becomes one."""
    record: logging.LogRecord = event["_record"]
    event["event"] = " ".join(str(event["event"]).split())
    event["logger"] = record.name
    if left_out := getattr(record, "left_out", 0):
        event["left_out"] = left_out
    return event


def configure() -> None:
    """Let structlog and the standard logging of libraries write to one stream in one format. A
    HEDGE_LOG_TO that is wrong is a UsageError."""
    to_stdout = settings.logs_to_stdout()
    stream = sys.stdout if to_stdout else sys.stderr
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if stream.isatty() and not to_stdout
        else structlog.processors.JSONRenderer()
    )
    causes = Causes()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _told_by_its_message,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, causes.of_structlog, renderer],
        # structlog could cache loggers. A cached one would keep this stream, and write to a closed
        # file after logs are configured again.
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(causes.of_library)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[*shared, _of_record],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
