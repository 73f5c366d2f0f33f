"""Every file and every test module has an area, and the clock of tests can be shifted."""

import shutil
import sys
from datetime import UTC, datetime

import pytest

from tests import PROJECT, areas, clock

LISTED = areas.files_in_git()


def test_every_file_has_an_area() -> None:
    product = [
        file
        for file in LISTED
        if file.endswith((".py", ".sql", ".yml", ".csv")) and not file.startswith(".")
    ]
    assert len(product) > 300
    # the rules of the house concern every file, and no behaviour
    assert [file for file in product if not set(areas.of_file(file)) - {"rules"}] == []


def test_every_pattern_of_tests_matches_a_module() -> None:
    for name, area in areas.AREAS.items():
        for pattern in area.tests:
            assert list((PROJECT / "tests").glob(f"{pattern}.py")), (name, pattern)


def test_an_area_is_its_modules(capsys: pytest.CaptureFixture[str]) -> None:
    areas.main("loading")
    printed = capsys.readouterr().out.split()
    assert printed
    assert set(printed) <= set(areas.modules_of_files(["hedge/loading/storing.py"]))
    areas.main()
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit, match="no area chess"):
        areas.main("chess")


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2026, 12, 31, 23, 59, 57, tzinfo=UTC), 1),
        (datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC), 365 * 86_400),
        (datetime(2026, 12, 30, 23, 59, 58, tzinfo=UTC), 86_400),
    ],
)
def test_the_clock_is_shifted_to_the_next_such_instant(now: datetime, seconds: int) -> None:
    assert clock.seconds_until("12-31T23:59:58", now) == seconds


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on this machine")
def test_the_time_of_day_is_shifted_and_waiting_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    waiting = "import datetime as d, threading as t, time; t.Event().wait(0.01); time.sleep(0.01);"
    printing = "print(d.datetime.now(d.UTC), time.gmtime()[:4], time.monotonic() < 10**8)"
    status = clock.main("06-15T12:00:30", sys.executable, "-c", waiting + printing)
    printed = capfd.readouterr().out
    assert status == 0
    assert "-06-15 12:00:" in printed
    assert ", 6, 15, 12) True" in printed
    assert clock.main("06-15T12:00:30", sys.executable, "-c", "raise SystemExit(3)") == 3
