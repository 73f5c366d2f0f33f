"""A sample of mistakes, drawn by a seed."""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests import PROJECT
from tests.areas import files_in_git
from tests.mutants import of_python, of_sql
from tests.mutants.mistakes import Key, Mistake

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

#: A function that a migration creates, to the end of its body, or drops.
_FUNCTION = re.compile(
    r"^(?:(?P<drop>drop)|create(?: or replace)?) function (?P<name>app\.\w+)\("
    r"(?(drop)[^;]*;|.*?(?:\$\$.*?\$\$;|^return\b[^;]*;))",
    re.MULTILINE | re.DOTALL,
)

_EQUIVALENT = Path(__file__).with_name("equivalent.toml")


def sample(size: int, seed: int, parts: Sequence[str]) -> Iterator[Mistake]:
    """Mistakes in the files of the project, each once: first a part is drawn by its share, then a
    file by its length, then a rule, then a place."""
    rng = random.Random(seed)
    files = {part: _files(PARTS[part][0]) for part in parts}
    texts = {path: (PROJECT / path).read_text() for found in files.values() for path in found}
    lengths = {path: len(text.splitlines()) for path, text in texts.items()}
    replaced = replaced_lines(
        {path: text for path, text in sorted(texts.items()) if path.startswith("hedge/migrations/")}
    )
    drawn: set[tuple[str, str, int]] = set()
    misses = 0
    while len(drawn) < size and misses < 1000:
        (part,) = rng.choices(list(files), [PARTS[part][1] for part in files])
        (file,) = rng.choices(files[part], [lengths[path] for path in files[part]])
        rules = of_python if file.endswith(".py") else of_sql
        places = [
            place
            for place in rules.mistakes_of(file, texts[file])
            if place[2] not in replaced.get(file, ())
        ]
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


def replaced_lines(migrations: Mapping[str, str]) -> dict[str, set[int]]:
    """The lines of functions that a later migration replaces or drops, by file. migrations are
    texts by file, in the order in which they are applied. A mistake there changes nothing."""
    found: dict[str, set[int]] = {}
    living: dict[str, tuple[str, set[int]]] = {}
    for file, text in migrations.items():
        for match in _FUNCTION.finditer(text):
            if earlier := living.pop(match["name"], None):
                found.setdefault(earlier[0], set()).update(earlier[1])
            if not match["drop"]:
                first, last = (text.count("\n", 0, at) + 1 for at in match.span())
                living[match["name"]] = file, set(range(first, last + 1))
    return found


def equivalent() -> dict[Key, str]:
    """The mistakes that change nothing, and the reason of each."""
    entries = tomllib.loads(_EQUIVALENT.read_text()).get("equivalent", [])
    return {
        (entry["file"], entry["before"], entry["after"], place): entry["reason"]
        for entry in entries
        for place in entry.get("places", [1])
    }


def _files(patterns: Sequence[str]) -> list[str]:
    return [
        file
        for file in sorted(files_in_git())
        if any(fnmatch(file, pattern) for pattern in patterns)
        and not any(fnmatch(file, pattern) for pattern in _LEFT_OUT)
        and file.endswith((".py", ".sql"))
    ]
