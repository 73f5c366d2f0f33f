"""Which test modules are about a file, where nothing is recorded of what they execute: a guess by
names."""

import ast
import re
from collections import Counter
from pathlib import PurePath

from tests import PROJECT, areas

#: Words that say nothing of what a module is about.
_EVERYWHERE = {"test", "the", "and", "sql", "import", "error", "integration", "migration"}


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


def nearest_first(file: str, modules: list[str]) -> list[str]:
    """Test modules, those first whose names share the most words with the path of a file; of equals
    those that share the most with the names of what it imports, then those that name it in their
    text, and then those that came first."""
    words, imported = _words(file), _imported(file)
    name = re.compile(rf"\b{re.escape(PurePath(file).stem)}\b")

    def distance(module: str) -> tuple[int, int, bool]:
        of_module = _words(module)
        is_named = name.search((PROJECT / module).read_text()) is not None
        return -len(words & of_module), -sum(imported[word] for word in of_module), not is_named

    found = [module for module in modules if PurePath(module).stem.startswith("test_")]
    return sorted(found, key=distance)


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
