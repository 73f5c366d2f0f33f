"""A sample of mistakes, drawn by a seed."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests import PROJECT
from tests.areas import files_in_git
from tests.mutants import of_python, of_sql
from tests.mutants.mistakes import Mistake

#: The parts of the product and their share of a sample.
PARTS = {
    "models": (("models/*.sql",), 18),
    "macros": (("macros/*.sql",), 12),
    "queries": (("hedge/sql/*.sql", "api/sql/*.sql"), 15),
    "migrations": (("hedge/migrations/*",), 7),
    "hedge": (("hedge/*.py",), 25),
    "api": (("api/*.py",), 15),
    "cli": (("cli/*.py",), 8),
}

#: Files whose mistakes no test of this project has to notice.
_LEFT_OUT = ("hedge/world/*", "*/__init__.py", "cli/demo.py", "cli/asgi.py")

_EQUIVALENT = Path(__file__).with_name("equivalent.toml")


def sample(size: int, seed: int, parts: Sequence[str]) -> Iterator[Mistake]:
    """Mistakes in the files of the project, each once: first a part is drawn by its share, then a
    file by its length, then a rule, then a place."""
    rng = random.Random(seed)
    files = {part: _files(PARTS[part][0]) for part in parts}
    texts = {path: (PROJECT / path).read_text() for found in files.values() for path in found}
    lengths = {path: len(text.splitlines()) for path, text in texts.items()}
    drawn: set[tuple[str, str, int]] = set()
    misses = 0
    while len(drawn) < size and misses < 1000:
        (part,) = rng.choices(list(files), [PARTS[part][1] for part in files])
        (file,) = rng.choices(files[part], [lengths[path] for path in files[part]])
        rules = of_python if file.endswith(".py") else of_sql
        places = list(rules.mistakes_of(file, texts[file]))
        if not places:
            continue
        rule = rng.choice(sorted({rule for rule, _, _ in places}))
        _, occurrence, _ = rng.choice([place for place in places if place[0] == rule])
        if (file, rule, occurrence) in drawn:
            misses += 1
            continue
        mistake = rules.plant(file, texts[file], rule, occurrence)
        if mistake is not None:
            drawn.add((file, rule, occurrence))
            yield mistake


def equivalent() -> dict[tuple[str, str, str], str]:
    """The mistakes that change nothing, by file, line before and line after: the reason."""
    entries = tomllib.loads(_EQUIVALENT.read_text()).get("equivalent", [])
    return {(entry["file"], entry["before"], entry["after"]): entry["reason"] for entry in entries}


def _files(patterns: Sequence[str]) -> list[str]:
    return [
        file
        for file in sorted(files_in_git())
        if any(fnmatch(file, pattern) for pattern in patterns)
        and not any(fnmatch(file, pattern) for pattern in _LEFT_OUT)
        and file.endswith((".py", ".sql"))
    ]
