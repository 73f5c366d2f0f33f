"""Every file and every test module has an area, and the clock of tests can be shifted."""

import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import PROJECT, areas, clock

LISTED = areas.files_in_git()
#: A macro that more files call is a word of the language that models are written in.
MOST_CALLERS = 9


def test_every_file_has_an_area() -> None:
    product = [
        file
        for file in LISTED
        if file.endswith((".py", ".sql", ".yml", ".csv")) and not file.startswith(".")
    ]
    assert len(product) > 300
    # the rules of the house concern every file, and no behaviour
    assert [file for file in product if not set(areas.of_file(file)) - {"rules"}] == []


def test_every_module_of_tests_belongs_to_an_area_of_the_product() -> None:
    """It could notice a change of something, for which `make test AREA=..` passes it."""
    of_an_area = {module for area in areas.AREAS.values() for module in areas.modules(area)}
    modules = {file for file in LISTED if re.fullmatch(r"tests/(.+/)?test_\w+\.py", file)}
    assert len(modules) > 400
    assert modules - of_an_area == set()


def test_every_pattern_of_tests_matches_a_module() -> None:
    for name, area in areas.AREAS.items():
        for pattern in area.tests:
            assert list((PROJECT / "tests").glob(f"{pattern}.py")), (name, pattern)


def _texts(*folders: str, ending: str) -> dict[str, str]:
    """The texts of the files of some folders."""
    return {
        file: (PROJECT / file).read_text()
        for file in LISTED
        if file.endswith(ending) and file.split("/")[0] in folders
    }


def _areas(file: str) -> set[str]:
    """The areas whose tests are of the behaviour of a file."""
    return set(areas.of_file(file)) - {"rules"}


def test_a_query_has_an_area_of_each_module_that_executes_it() -> None:
    """Else a mistake in the query would be looked for by tests that never execute it."""
    wrong, seen = [], set()
    names_in_api = {Path(file).stem for file in LISTED if file.startswith("api/sql/")}
    for module, text in _texts("hedge", "api", "cli", ending=".py").items():
        named = {
            f"hedge/sql/{name}.sql" for name in re.findall(r'\b(?:query|reading)\(\s*"(\w+)"', text)
        }
        if module.startswith("api/"):
            named |= {
                f"api/sql/{name}.sql"
                for name in re.findall(r'"(\w+)"', text)
                if name in names_in_api
            }
        seen |= named
        wrong += [(file, module) for file in named if not _areas(file) & _areas(module)]
    assert len(seen) > 300
    assert sorted(wrong) == []


def test_a_migration_has_an_area_of_what_it_is_about() -> None:
    """Beside those whose tests execute every migration."""
    found = [file for file in LISTED if file.startswith("hedge/migrations/")]
    alone = [file for file in found if _areas(file) <= {"migrations", "database"}]
    # versions of the service are an affair of migrating
    assert alone == ["hedge/migrations/0033-served-versions.sql"]


def test_a_macro_has_an_area_of_each_file_that_calls_it() -> None:
    """But the few that are called everywhere: every area would pass their tests."""
    files = {
        file: re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
        for file, text in _texts("models", "macros", ending=".sql").items()
    }
    callers: dict[str, set[str]] = {}
    for file, text in files.items():
        for name in re.findall(r"{%-?\s*macro\s+(\w+)", text):
            callers.setdefault(file, set()).update(
                other
                for other, called in files.items()
                if other != file and re.search(rf"\b{name}\(", called)
            )
    assert len(callers) > 80
    wrong = [
        (file, caller)
        for file, found in callers.items()
        if len(found) <= MOST_CALLERS
        for caller in found
        if not _areas(file) & _areas(caller)
    ]
    assert sorted(wrong) == []


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
