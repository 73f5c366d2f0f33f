"""docs/faults.md names tests that exist, and every step of the soak."""

import ast
import re

from tests import PROJECT
from tests.faults.soak.accidents import ACCIDENTS
from tests.faults.soak.actions import ACTIONS
from tests.faults.soak.disasters import DISASTERS

PAGE = (PROJECT / "docs" / "faults.md").read_text()
FAULTS, _, SOAK = PAGE.partition("## The soak")
STEPS, _, _ = SOAK.partition("The last soaks")
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_[a-z0-9_]+)`")


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of the tables in a text, without heads."""
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [line.split(" | ") for line in lines if not line.startswith(("fault |", "kind |"))]


def test_every_fault_names_what_holds_and_tests_that_exist() -> None:
    listed = rows(FAULTS)
    assert len(listed) > 35
    for fault, holds, tests in listed:
        assert fault
        assert holds
        named = NAMED.findall(tests)
        assert named, fault
        assert NAMED.sub("", tests).strip(", ") == "", fault
        for file, name in named:
            path = PROJECT / "tests" / file
            assert path.is_file(), file
            defined = {
                part.name
                for part in ast.walk(ast.parse(path.read_text()))
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in defined, (file, name)


def test_every_step_of_the_soak_is_listed() -> None:
    listed = [name for _, steps in rows(STEPS) for name in re.findall(r"`(\w+)`", steps)]
    steps = [step.__name__ for step in ACTIONS | DISASTERS | ACCIDENTS]
    assert sorted(listed) == sorted(set(steps)) == sorted(steps)
