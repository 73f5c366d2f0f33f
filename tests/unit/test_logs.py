"""The lines of the log, which a program reads."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from hedge import logs


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
