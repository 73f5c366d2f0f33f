"""Which tests execute which lines: recorded with coverage, once for many mistakes.

`make mutants` passes all tests under coverage with this plugin (`-p tests.mutants.recording`),
which writes the duration of each test beside coverage's data. The context of a line that a test
executes in its process is the test; that of a line in a process which a test starts is its module.
"""

import ast
import json
import os
import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import coverage
import pytest

#: The file of durations, and the environment variable that names it.
DURATIONS = "HEDGE_TEST_DURATIONS"

#: The most seconds of tests for one mistake.
_BUDGET = 90.0


class Durations:
    """The plugin that writes the duration of each test as a line of JSON."""

    def __init__(self, file: Path) -> None:
        """Begin the file."""
        self._file = file
        file.write_text("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the duration of a test without its fixtures, which others may share."""
        if report.when != "call":
            return
        with self._file.open("a") as file:
            file.write(json.dumps([_without_group(report.nodeid), report.duration]) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin in the process that collects the reports."""
    if os.environ.get(DURATIONS) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Durations(Path(os.environ[DURATIONS])))


@pytest.fixture(scope="module", autouse=True)
def _context_of_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let coverage name this module as the context of the processes that its tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_TEST_MODULE", str(request.path.relative_to(request.config.rootpath)))
        yield


def _without_group(test: str) -> str:
    """The id of a test without the group that pytest-xdist appends to it."""
    return re.sub(r"@\w+$", "", test)


class Record:
    """What was recorded of a project's tests."""

    def __init__(self, project: Path, data: Path, durations: Path) -> None:
        """Read coverage's data and the durations."""
        self._project = project
        self._data = coverage.CoverageData(str(data))
        self._data.read()
        self._measured = self._data.measured_files()
        self._seconds: dict[str, float] = {}
        for line in durations.read_text().splitlines():
            test, seconds = json.loads(line)
            for name in (test, test.partition("::")[0]):
                self._seconds[name] = self._seconds.get(name, 0) + seconds

    def tests_of(self, file: str, line: int) -> list[str] | None:
        """The tests that execute a statement, or the query that a statement names; quick ones
        first. None where no test does, or where that is not known: what is executed while a module
        is imported counts for the test that imported it first."""
        if file.endswith(".py"):
            if not is_in_function(self._project / file, line):
                return None
            found = self._contexts(file, line)
        elif "/sql/" in file:
            found = set().union(*(self._contexts(*place) for place in self._readers(file)))
            found |= set(self._modules_that_name(file))
        else:
            return None
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(found, key=lambda test: self._seconds.get(test, 0)):
            module = test.partition("::")[0]
            if module not in chosen and test in self._seconds and (self._project / module).exists():
                chosen.append(test)
                spent += self._seconds[test]
            if spent > _BUDGET:
                break
        return chosen or None

    def quick_first(self, modules: list[str]) -> list[str]:
        """Test modules by their duration, as many as the budget allows."""
        seconds = {module: self._seconds.get(module, 0) for module in modules}
        ordered = sorted(modules, key=seconds.__getitem__)
        spent = accumulate(seconds[module] for module in ordered)
        return [module for module, so_far in zip(ordered, spent, strict=True) if so_far <= _BUDGET]

    def _contexts(self, file: str, line: int) -> set[str]:
        """The tests and modules that execute the statement of a line."""
        path = str(self._project / file)
        if path not in self._measured:
            return set()
        first, last = _statement(self._project / file, line)
        found = set()
        for at, contexts in self._data.contexts_by_lineno(path).items():
            if first <= at <= last:
                found |= set(contexts)
        # static|dynamic, where either may be missing; the phase of the test follows another bar
        names = {part for context in found for part in context.split("|")}
        return {_without_group(name) for name in names if name.startswith("tests/")}

    def _modules_that_name(self, file: str) -> Iterator[str]:
        """The test modules that execute a query by its name, or whose package does."""
        for path in sorted((self._project / "tests").rglob("*.py")):
            if f'"{Path(file).stem}"' in path.read_text():
                is_shared = path.name in ("__init__.py", "conftest.py")
                for module in path.parent.glob("test_*.py") if is_shared else [path]:
                    if module.name.startswith("test_"):
                        yield str(module.relative_to(self._project))

    def _readers(self, file: str) -> Iterator[tuple[str, int]]:
        """The places in Python that name a query."""
        name = f'"{Path(file).stem}"'
        package = file.partition("/")[0]
        for path in sorted((self._project / package).rglob("*.py")):
            for number, text in enumerate(path.read_text().splitlines(), start=1):
                if name in text:
                    yield str(path.relative_to(self._project)), number


def is_in_function(path: Path, line: int) -> bool:
    """Whether a line is in the body of a function."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body[0].lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(ast.parse(path.read_text()))
    )


def _statement(path: Path, line: int) -> tuple[int, int]:
    """The first and last line of the innermost statement on a line; of a compound statement its
    header."""
    found = (line, line)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or line
            if line <= last:
                found = (node.lineno, max(last, node.lineno))
    return found
