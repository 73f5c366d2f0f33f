"""The areas of the product: which tests could notice a change of which files (areas.toml).

`make test AREA=boards` passes the tests of one area, `make test AREA=changed` those of every area
with a file that differs from the last commit. `make mutants` plants a mistake into a file and
passes the tests of its areas.
"""

import functools
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch

from tests import PROJECT


@dataclass(frozen=True)
class Area:
    """An area as areas.toml describes it."""

    files: list[str]
    tests: list[str]
    without: tuple[str, ...] | list[str] = ()


AREAS = {
    name: Area(**area)
    for name, area in tomllib.loads((PROJECT / "tests" / "areas.toml").read_text()).items()
}


def _matches(file: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns)


def modules(area: Area) -> list[str]:
    """The paths of an area's test modules, in the order of its patterns."""
    return list(dict.fromkeys(path for pattern in area.tests for path in _modules_of(pattern)))


@functools.cache
def _modules_of(pattern: str) -> list[str]:
    """The paths of the test modules that a pattern matches, in alphabetical order."""
    found = (PROJECT / "tests").glob(f"{pattern}.py")
    return sorted(str(path.relative_to(PROJECT)) for path in found)


def of_file(file: str) -> list[str]:
    """The areas that a file, by its path in the project, belongs to."""
    return [
        name
        for name, area in AREAS.items()
        if file in modules(area)
        or (_matches(file, area.files) and not _matches(file, area.without))
    ]


def modules_of_files(files: Iterable[str], without: Iterable[str] = ()) -> list[str]:
    """The test modules of all areas, save some, that any of the files belongs to."""
    names = dict.fromkeys(
        name for file in files for name in of_file(file) if name not in set(without)
    )
    return list(dict.fromkeys(module for name in names for module in modules(AREAS[name])))


def files_in_git(*options: str) -> list[str]:
    """The files of the project that git tracks; with options of git ls-files, others."""
    return _git("ls-files", *options)


def changed_files() -> list[str]:
    """The files that differ from the last commit, new ones included."""
    lines = _git("status", "--porcelain", "--untracked-files=all")
    return [line[3:].rpartition(" -> ")[2].strip('"') for line in lines]


def _git(*arguments: str) -> list[str]:
    """The lines that a git command prints."""
    return subprocess.run(
        ["git", *arguments], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def main(name: str = "") -> None:
    """Print the test modules of an area, or of the areas of changed files; without a name,
    nothing, which is all tests to pytest."""
    if not name:
        return
    if name == "changed":
        found = modules_of_files(changed_files())
        if not found:
            sys.exit("no changed file belongs to an area")
    elif name in AREAS:
        found = modules(AREAS[name])
    else:
        sys.exit(f"there is no area {name}; there are: changed, {', '.join(AREAS)}")
    print(*found)


if __name__ == "__main__":
    main(*sys.argv[1:])
