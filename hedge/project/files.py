"""The files of a dbt project that define what a run computes, their hash, and how they are read."""

import contextlib
import fnmatch
import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from hedge.errors import HedgeError

#: libyaml's loader is about ten times as fast as Python's.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Patterns of the files that define what a run computes.
DEFINITIONS = ("dbt_project.yml", "models/**/*", "macros/**/*", "seeds/**/*")
#: Patterns of the other files that dbt parses.
TESTS = ("tests/dbt/**/*.sql",)
#: The variables of dbt_project.yml that list the metric sources.
METRIC_SOURCES = ("metric_sources", "derived_metric_sources")


def matching(project: Path, patterns: Sequence[str]) -> list[Path]:
    """The files of a project that match any of the patterns, sorted."""
    return [project / name for name in _names(project, patterns)]


def _names(project: Path, patterns: Sequence[str]) -> list[str]:
    """The paths in the project of these files, with slashes, in the order of their parts."""
    found: set[str] = set()
    for pattern in patterns:
        folder, below, name = pattern.partition("/**/")
        if below and "/" not in name and "*" not in folder:
            # Path.glob would take three times as long, which every run would wait for.
            found.update(fnmatch.filter(_below(f"{project}/{folder}", f"{folder}/"), f"*/{name}"))
        else:
            files = filter(Path.is_file, project.glob(pattern))
            found.update(file.relative_to(project).as_posix() for file in files)
    return sorted(found, key=lambda name: name.split("/"))


def _below(folder: str, prefix: str) -> Iterator[str]:
    """The names of all files in a folder and those in it, each after the prefix; links to folders
    are not followed."""
    with (
        contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError),
        os.scandir(folder) as entries,
    ):
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name


def is_definition(path: str) -> bool:
    """Whether a file, by its path in the project with slashes, defines what a run computes."""
    return any(
        path.startswith(pattern.removesuffix("**/*")) if "*" in pattern else path == pattern
        for pattern in DEFINITIONS
    )


def definitions_hash(project: Path) -> str:
    """The SHA-256 of the names and contents of all files that define what a run computes."""
    return _hash(project, DEFINITIONS)


def parsed_hash(project: Path) -> str:
    """The SHA-256 of the names and contents of all files that dbt parses, which are more: a data
    test can be edited alone."""
    return _hash(project, (*DEFINITIONS, *TESTS))


def parsed_hashes(project: Path) -> dict[str, str]:
    """The SHA-256 of each of these files, by its path in the project."""
    return {
        name: hashlib.sha256((project / name).read_bytes()).hexdigest()
        for name in _names(project, (*DEFINITIONS, *TESTS))
    }


def differing_definitions(one: Path, other: Path) -> set[str]:
    """The paths of the files that define what a run computes and are not alike in two projects."""
    before, after = parsed_hashes(one), parsed_hashes(other)
    differing = {path for path in before.keys() | after if before.get(path) != after.get(path)}
    return set(filter(is_definition, differing))


def saves(project: Path, pause: float) -> Iterator[None]:
    """Yield now, and then after each time that a file which dbt parses was saved, came or went;
    the files are looked at every `pause` seconds."""
    while True:
        seen = _times(project)
        yield
        while seen == _times(project):
            time.sleep(pause)


def _times(project: Path) -> dict[Path, int]:
    """When each file that dbt parses was saved, in nanoseconds."""
    found = {}
    for file in matching(project, (*DEFINITIONS, *TESTS)):
        # An editor may put a new file in place of the old one just now.
        with contextlib.suppress(FileNotFoundError):
            found[file] = file.stat().st_mtime_ns
    return found


def _hash(project: Path, patterns: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in _names(project, patterns):
        digest.update(f"{name}\0".encode())
        # Path.read_bytes would take half as long again in all.
        with open(f"{project}/{name}", "rb", buffering=0) as file:
            digest.update(file.readall())
    return digest.hexdigest()


def variables(project: Path) -> dict[str, Any]:
    """The variables that the project's dbt_project.yml declares.

    A file that is not YAML, lacks the lists of metric sources, or names one twice, is a HedgeError.
    """
    found = read_yaml(project, "dbt_project.yml").get("vars")
    declared: dict[str, Any] = found if isinstance(found, dict) else {}
    for name in METRIC_SOURCES:
        sources = declared.get(name)
        if not isinstance(sources, list) or not all(isinstance(one, str) for one in sources):
            raise HedgeError(
                f"dbt_project.yml: vars has no list {name}: it names the models of models/metrics"
            )
    counted = Counter(source for name in METRIC_SOURCES for source in declared[name])
    for source, number in counted.items():
        if number > 1:
            raise HedgeError(
                f"dbt_project.yml: vars names the metric source {source} {number} times in "
                f"{' and '.join(METRIC_SOURCES)}: name it once"
            )
    return declared


def metric_sources(project: Path) -> list[str]:
    """The names of all metric sources, those that read facts before the derived ones."""
    declared = variables(project)
    return [source for name in METRIC_SOURCES for source in declared[name]]


def read_yaml(project: Path, path: str) -> dict[str, Any]:
    """A YAML file of a project, which holds a mapping.

    A file that cannot be read or is no such YAML is a HedgeError with file and line.
    """
    text = read_text(project, path)
    try:
        found = yaml.load(text, LOADER)
    except yaml.YAMLError as error:
        raise HedgeError(yaml_fault(path, text, error)) from error
    if not isinstance(found, dict):
        raise HedgeError(f"{path}:1: the file is not a mapping such as `version: 2`")
    return found


def yaml_fault(path: str, text: str, error: yaml.YAMLError) -> str:
    """Why a text is not YAML, as `file:line: cause`."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    # The parser stops at the first line that does not fit, which may be after the tab.
    for number in (line, line - 1):
        if 0 < number <= len(lines) and "\t" in lines[number - 1][: _indent(lines[number - 1])]:
            return f"{path}:{number}: a tab indents the line, and YAML takes spaces only"
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    shown = f" At: {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
    return f"{path}:{line}: this is not YAML: {problem}{shown}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def read_text(project: Path, path: str) -> str:
    """The text of a file of a project; a HedgeError where it is missing or not UTF-8."""
    try:
        content = (project / path).read_bytes()
    except OSError as error:
        raise HedgeError(f"{path} cannot be read: {error.strerror}") from error
    fault = encoding_fault(content)
    if fault:
        line, sentence = fault
        raise HedgeError(f"{path}:{line}: {sentence}")
    return content.decode("utf-8-sig")


def encoding_fault(content: bytes) -> tuple[int, str] | None:
    """Why a content is not a text in UTF-8: the number of the line and a sentence with the cure;
    None where it is one."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        return 1, "the file is UTF-16 or binary, not UTF-8: save it as UTF-8"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = content[error.start : error.start + 1]
        return line, (
            f"the byte 0x{wrong.hex()}, which is '{wrong.decode('latin-1')}' in Latin-1, is not "
            "UTF-8: save the file as UTF-8"
        )
    return None
