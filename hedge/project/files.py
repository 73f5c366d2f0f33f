"""The files of a dbt project that define what a run computes, and their hash."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

#: Patterns of the files that define what a run computes.
DEFINITIONS = ("dbt_project.yml", "models/**/*", "macros/**/*", "seeds/**/*")
#: Patterns of the other files that dbt parses.
TESTS = ("tests/dbt/*.sql",)


def matching(project: Path, patterns: Sequence[str]) -> list[Path]:
    """The files of a project that match any of the patterns, sorted."""
    found = {file for pattern in patterns for file in project.glob(pattern)}
    return sorted(file for file in found if file.is_file())


def definitions_hash(project: Path) -> str:
    """The SHA-256 of the names and contents of all files that define what a run computes."""
    return _hash(project, DEFINITIONS)


def parsed_hash(project: Path) -> str:
    """The SHA-256 of the names and contents of all files that dbt parses, which are more: a data
    test can be edited alone."""
    return _hash(project, (*DEFINITIONS, *TESTS))


def _hash(project: Path, patterns: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for file in matching(project, patterns):
        digest.update(f"{file.relative_to(project)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def variables(project: Path) -> dict[str, Any]:
    """The variables that the project's dbt_project.yml declares."""
    found: dict[str, Any] = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    return found


def metric_sources(project: Path) -> list[str]:
    """The names of all metric sources, those that read facts before the derived ones."""
    declared = variables(project)
    return [*declared["metric_sources"], *declared["derived_metric_sources"]]
