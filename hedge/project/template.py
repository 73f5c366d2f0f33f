"""Editable projects: the dbt project of the package, copied into a folder of an analyst.

The macros and models of one version of Hedge belong to the Python code of that version: runs pass
variables that the macros read, and queries read the columns of the models. The file
hedge-files.json of a project therefore records which version wrote which files, with their
SHA-256. Commands that read edits refuse a project of another version, and an update rewrites the
files that nobody has changed since.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import hedge
from hedge import settings
from hedge.errors import HedgeError, UsageError, file_error
from hedge.project import files

#: The record in a project.
RECORD = "hedge-files.json"
#: An update writes the package's version of a file that was changed here under this suffix, which
#: dbt does not read.
TO_MERGE = ".hedge-new"
#: The files of the package's dbt project that an editable project gets.
_OF_PACKAGE = (*files.DEFINITIONS, *files.TESTS, "profiles.example.yml")
#: Files that only an editable project has: their names there, and in the folder of templates.
_OTHERS = {
    "README.md": "README.md",
    "ci-example.yml": "ci-example.yml",
    "pre-push-example": "pre-push-example",
    ".gitignore": "gitignore",
}
#: The folders of a project that dbt reads.
_READ = {pattern.split("/")[0] for pattern in (*files.DEFINITIONS, *files.TESTS) if "/" in pattern}
#: An error names at most so many files.
_MOST_NAMES = 5


@dataclass(frozen=True)
class Created:
    """A new project: its folder, the version of Hedge, and the files that were written."""

    folder: str
    version: str
    files: list[str]


@dataclass(frozen=True)
class Updated:
    """A project after an update, with the paths of its files.

    written were rewritten or are new, deleted are no longer part of Hedge; nobody had changed
    either. kept are no longer part of Hedge, but were changed in the project. to_merge were changed
    by both: the package's version lies beside each of them, under the suffix .hedge-new.
    """

    folder: str
    version_before: str
    version: str
    written: list[str]
    deleted: list[str]
    kept: list[str]
    to_merge: list[str]


def create(folder: Path) -> Created:
    """Write an editable project into a folder, which is created where it is missing.

    A folder that has one of the files already, or that another project reads, is a UsageError, and
    nothing is written.
    """
    for parent in folder.parents:
        if (parent / "dbt_project.yml").is_file():
            read = folder.relative_to(parent).parts[0]
            if read in _READ:
                raise UsageError(
                    f"{folder} is in the folder {read} of the project {parent}, which would read "
                    "the new one as its own: name a folder elsewhere"
                )
    contents = _contents()
    existing = [path for path in (RECORD, *contents) if (folder / path).exists()]
    if existing:
        hint = "hedge init --update updates a project" if RECORD in existing else "name another"
        raise UsageError(f"{folder} has {_names(existing)} already: nothing was written; {hint}")
    try:
        for path, content in contents.items():
            _write(folder / path, content)
        _write_record(folder, {path: _hash(content) for path, content in contents.items()})
    except OSError as error:
        raise file_error(f"{error.filename} cannot be written", error) from error
    return Created(str(folder), hedge.__version__, [*contents, RECORD])


def update(folder: Path) -> Updated:
    """Bring a project to the version of this package; files that were changed in it stay.

    A folder without a record of hedge init is a UsageError. An interrupted update can be repeated.
    """
    record = _record(folder)
    if record is None:
        raise UsageError(f"{folder} has no {RECORD}: hedge init did not write this project")
    version, before = record
    contents = _contents()
    after = {path: _hash(content) for path, content in contents.items()}
    result = Updated(str(folder), version, hedge.__version__, [], [], [], [])
    try:
        for path in sorted(before.keys() | after.keys()):
            _update(folder / path, path, before.get(path), contents.get(path), result)
        _write_record(folder, after)
    except OSError as error:
        raise file_error(f"{error.filename} cannot be written", error) from error
    result.to_merge.extend(_to_merge(folder))
    return result


def _update(
    file: Path, path: str, before: str | None, content: bytes | None, result: Updated
) -> None:
    """Update one file; before is the hash of what the older version wrote, content what this
    version has. None stands for a file that does not exist."""
    here = _hash(file.read_bytes()) if file.is_file() else None
    after = None if content is None else _hash(content)
    if after in (here, before):
        return
    if content is None:
        if here == before:
            file.unlink()
            result.deleted.append(path)
        elif here is not None:
            result.kept.append(path)
    elif here == before:
        _write(file, content)
        result.written.append(path)
    else:
        _write(file.with_name(file.name + TO_MERGE), content)


def require_usable(project: Path) -> None:
    """Raise a HedgeError where a project belongs to another version of Hedge than this one, or
    where an update of it left files to merge.

    A project without a record, such as that of the checkout, is not checked.
    """
    record = _record(project)
    if record is None:
        return
    version, _ = record
    if version != hedge.__version__:
        raise HedgeError(
            f"{project} was written for Hedge {version}, and this is Hedge {hedge.__version__}: "
            f"run hedge init --update {project}, or install Hedge {version}"
        )
    left = _to_merge(project)
    if left:
        raise HedgeError(
            f"{_names(left)} in {project} changed both here and in Hedge: copy what you need from "
            f"the file with the suffix {TO_MERGE} beside each, then delete that one"
        )


def editable() -> Path:
    """The project that commands write edits into; a UsageError where it is the one inside an
    installed package."""
    project = settings.project()
    if settings.is_installed(project):
        raise UsageError(
            "the current folder is no project of Hedge, and the one inside the package is not "
            "for editing: run hedge init FOLDER first, then this command in that folder"
        )
    require_usable(project)
    return project


def _contents() -> dict[str, bytes]:
    """The files of an editable project by their paths in it."""
    package = settings.PACKAGED_PROJECT
    templates = Path(__file__).parent / "templates"
    contents = {
        file.relative_to(package).as_posix(): file.read_bytes()
        for file in files.matching(package, _OF_PACKAGE)
    }
    return contents | {name: (templates / file).read_bytes() for name, file in _OTHERS.items()}


def _record(folder: Path) -> tuple[str, dict[str, str]] | None:
    """The version that wrote a project, and the hashes of its files; None without a record."""
    file = folder / RECORD
    if not file.is_file():
        return None
    try:
        found = json.loads(file.read_text())
        return str(found["version"]), dict(found["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file} is not a record of hedge init: restore it from version control"
        ) from error


def _write_record(folder: Path, hashes: dict[str, str]) -> None:
    record = {"version": hedge.__version__, "files": dict(sorted(hashes.items()))}
    _write(folder / RECORD, (json.dumps(record, indent=1) + "\n").encode())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _to_merge(folder: Path) -> list[str]:
    """The files whose version of the package lies beside them."""
    places = ("", "models/**/", "macros/**/", "seeds/**/", "tests/dbt/**/")
    found = files.matching(folder, [f"{place}*{TO_MERGE}" for place in places])
    return [file.relative_to(folder).as_posix().removesuffix(TO_MERGE) for file in found]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _names(paths: list[str]) -> str:
    """Paths for a sentence: the first ones, and how many there are besides."""
    if len(paths) > _MOST_NAMES:
        return f"{', '.join(paths[:_MOST_NAMES])} and {len(paths) - _MOST_NAMES} more files"
    return " and ".join(filter(None, [", ".join(paths[:-1]), paths[-1]]))
