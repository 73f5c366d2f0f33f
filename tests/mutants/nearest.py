"""Which test modules are about a file: those go first, where nothing is recorded of what they
execute. It is a guess by names, which decides about the order alone."""

import re
from pathlib import PurePath

from tests import PROJECT


def nearest_first(file: str, modules: list[str]) -> list[str]:
    """Test modules, those first whose names share the most words with the path of a file; of equals
    those that name it in their text, and then those that came first."""
    words = _words(file)
    name = re.compile(rf"\b{re.escape(PurePath(file).stem)}\b")

    def distance(module: str) -> tuple[int, bool]:
        shared = len(words & _words(module))
        return -shared, name.search((PROJECT / module).read_text()) is None

    return sorted(modules, key=distance)


def _words(path: str) -> set[str]:
    """The words of a path below its first folder, in the singular; the shortest are in most."""
    below = path.partition("/")[2].rpartition(".")[0]
    return {word.rstrip("s") for word in re.findall("[a-z]{3,}", below)} - {"test", "the"}
