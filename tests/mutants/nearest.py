"""Which test modules are about a file, where nothing is recorded of what they execute: a guess by
names."""

import ast
import functools
import math
import re
from collections import Counter
from pathlib import PurePath

from tests import PROJECT, areas
from tests.mutants.mistakes import Mistake

#: How many of the nearest modules are passed in both tiers before all others.
NEAREST = 12
#: Words that say nothing of what a module is about.
_EVERYWHERE = {"test", "the", "and", "sql", "import", "error", "integration", "migration"}

#: The tests of each file of a part: dbt's own of every model, the recorded answers and options, and
#: the columns and constraints of every table.
_OF_A_PART = {
    "hedge/migrations/": [
        "tests/integration/test_migrations_of_app_tables.py",
        "tests/integration/test_migrations_of_raw_tables.py",
    ],
    "models/": ["tests/integration/test_unit_tests_of_dbt.py"],
    "macros/": ["tests/integration/test_unit_tests_of_dbt.py"],
    "api/": ["tests/house/test_published_json_is_recorded.py"],
    "cli/": ["tests/house/test_published_json_is_recorded.py"],
}
#: What a mistake can be in, with its name.
_BEGINNINGS = (
    r"^\s*(?:async )?def (\w+)",
    r"^class (\w+)",
    r"\{% (?:macro|materialization) (\w+)",
    r"^create (?:or replace )?function (?:\w+\.)?(\w+)",
    r"^create (?:table|view) (?:\w+\.)?(\w+)",
    r"^create trigger (\w+)",
)


def modules_of(file: str) -> list[str]:
    """The test modules that could notice a mistake in a file: those of its areas, and of a
    migration, which defines what others use, also all that share a word with its name."""
    modules = areas.modules_of_files([file], without=["rules"])
    if file.startswith("hedge/migrations/"):
        words = _words(file)
        for path in sorted((PROJECT / "tests").rglob("test_*.py")):
            module = str(path.relative_to(PROJECT))
            if words & _words(module) and module not in modules:
                modules.append(module)
    return modules


def nearest_first(mistake: Mistake, modules: list[str]) -> list[str]:
    """Test modules, the most likely to notice a mistake first: by the words that their names share
    with the path of the file, half as much with what it imports, and by the names in their text,
    the rarer the more, that are in the changed line or are of the function, macro, table or query
    around it. Those of processes and browsers go last, because they take long, and the tests that
    are about each file of a part go first."""
    words, imported = _words(mistake.file), _imported(mistake.file)
    names = _names(mistake.before) | _around(mistake)
    of_part = [
        module
        for part, tests_of_part in _OF_A_PART.items()
        if mistake.file.startswith(part)
        for module in tests_of_part
    ]

    def nearness(module: str) -> tuple[bool, bool, float]:
        of_module, text = _words(module), _names_of_module(module)
        score = 3 * len(words & of_module) + sum(imported[word] for word in of_module) / 2
        score += sum(_rarity(name) for name in sorted(names & text))
        return module in of_part, not module.startswith("tests/acceptance/"), score

    candidates = [*of_part, *(module for module in modules if module not in of_part)]
    found = [module for module in candidates if PurePath(module).stem.startswith("test_")]
    return sorted(found, key=nearness, reverse=True)


def _names(text: str) -> set[str]:
    """The names in a text that are long enough to say something."""
    return set(re.findall(r"[A-Za-z_]\w{3,}", text))


@functools.cache
def _names_of_module(module: str) -> set[str]:
    return _names((PROJECT / module).read_text())


@functools.cache
def _modules_with_name() -> tuple[int, Counter[str]]:
    """The number of test modules, and of those that have a name."""
    modules = [str(path.relative_to(PROJECT)) for path in (PROJECT / "tests").rglob("test_*.py")]
    return len(modules), Counter(name for module in modules for name in _names_of_module(module))


def _rarity(name: str) -> float:
    modules, having = _modules_with_name()
    return math.log(modules / having[name]) if having[name] else 0.0


def _around(mistake: Mistake) -> set[str]:
    """The names of the query, and of the last function, class, macro, table, view or trigger that
    begins before the mistake, each of which it may be in."""
    before = (PROJECT / mistake.file).read_text().splitlines()[: mistake.line]
    found = {PurePath(mistake.file).stem}
    for pattern in _BEGINNINGS:
        begun = [match[1] for line in before if (match := re.search(pattern, line))]
        found.update(begun[-1:])
    return found


def _imported(file: str) -> Counter[str]:
    """The words of the modules of the project that a file imports, by how many have them."""
    found: Counter[str] = Counter()
    if not file.endswith(".py"):
        return found
    for node in ast.walk(ast.parse((PROJECT / file).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package = node.module.replace(".", "/")
            inner = [f"{package}/{alias.name}.py" for alias in node.names]
            modules = [one for one in inner if (PROJECT / one).exists()] or [f"{package}.py"]
            for module in modules:
                if (PROJECT / module).exists():
                    found.update(_words(module))
    return found


def _words(path: str) -> set[str]:
    """The words of a path below its first folder, in the singular; the shortest are in most."""
    below = path.partition("/")[2].removesuffix(".py")
    return {word.rstrip("s") for word in re.findall("[a-z]{3,}", below)} - _EVERYWHERE
