"""The deployed project: the copy of the definitions that runs use.

A deploy keeps a copy of the files that it deployed in HEDGE_HOME/dbt/deployed, under their hash,
so that an edit of the project changes nothing before it is deployed.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from hedge import database, settings
from hedge.errors import HedgeError
from hedge.project import files
from hedge.queries import query
from hedge.runs import dbt


@dataclass(frozen=True)
class ParsedProject:
    """A project as dbt has parsed it (manifest is dbt's Manifest), and the variables of its
    dbt_project.yml."""

    folder: Path
    manifest: Any
    variables: dict[str, Any]


def project_of_runs(connection: psycopg.Connection) -> tuple[Path, str]:
    """The folder of the project that runs use, and the hash of its definitions.

    It is the deployed project. Where that was deployed with another HEDGE_HOME, or where dbt was
    called by hand since, there is no copy, and runs use the project that is being edited.
    """
    definitions = database.value(connection, query("runs_deployed_definitions"))
    copy = _copies() / str(definitions)
    if copy.is_dir():
        return copy, str(definitions)
    project = settings.project()
    return project, files.definitions_hash(project)


def deployed_project(connection: psycopg.Connection) -> ParsedProject:
    """The deployed project, parsed; a HedgeError where this HEDGE_HOME has no copy of it."""
    definitions = database.value(connection, query("runs_deployed_definitions"))
    project, found = project_of_runs(connection)
    if definitions is None or found != definitions:
        raise HedgeError(
            "the definitions were deployed from elsewhere, or dbt was run by hand since, so that "
            f"{_copies()} has no copy of them: run hedge etl deploy in the project "
            "that is deployed"
        )
    return _parsed(project, found)


def edited_project() -> ParsedProject:
    """The project that is being edited, parsed; a HedgeError where it does not parse."""
    project = settings.project()
    return _parsed(project, files.definitions_hash(project))


def _parsed(project: Path, definitions: str) -> ParsedProject:
    manifest = dbt.unused_manifest(project, definitions)
    manifest.build_parent_and_child_maps()
    return ParsedProject(project, manifest, files.variables(project))


@contextlib.contextmanager
def keep_deployed_project(project: Path, definitions: str) -> Iterator[None]:
    """Keep a copy of a project's files if the block, which deploys them, succeeds.

    The copy is made before the block, so that it holds what was deployed even when somebody
    edits the project meanwhile.
    """
    copy = _copies() / definitions
    copy.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix="new-") as new:
        for file in files.matching(project, (*files.DEFINITIONS, *files.TESTS)):
            target = Path(new) / copy.name / file.relative_to(project)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        yield
        if copy.exists():
            copy.touch()
        else:
            (Path(new) / copy.name).rename(copy)
    dbt.delete_all_but_newest(
        [kept for kept in copy.parent.iterdir() if not kept.name.startswith("new-")]
    )


def _copies() -> Path:
    return settings.home() / "dbt" / "deployed"
