"""What all scaffolds share: names, templates, and edits of files of the project."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jinja2

from hedge.errors import HedgeError, UsageError
from hedge.project import csv_files, files

#: PostgreSQL truncates names to 63 characters, and dbt and our macros append to them.
LONGEST_NAME = 40

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    # The files that are written contain Jinja of dbt, so the templates need other delimiters.
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


def require_name(name: str) -> None:
    """Raise a UsageError for a name that is not snake_case or too long."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"'{name}' is not a name in snake_case of at most {LONGEST_NAME} characters"
        )


def require_new(project: Path, name: str) -> None:
    """Raise a UsageError for a name that a model, seed or metric source has already."""
    require_name(name)
    for found in (*project.glob("models/*/*.sql"), *project.glob("seeds/*.csv")):
        if found.stem == name:
            raise UsageError(f"{name} exists already: {found.relative_to(project)}")
    if name in files.metric_sources(project):
        raise UsageError(f"{name} exists already: it is a metric source in dbt_project.yml")


def rendered(template: str, words: Mapping[str, object]) -> str:
    """The text of a template of this package."""
    return _TEMPLATES.get_template(f"{template}.jinja").render(words)


def edited(project: Path, path: str, edit: Callable[[str], str]) -> str:
    """The text of a file of the project after an edit; the HedgeError of an edit that is not
    possible names the file."""
    text = files.read_text(project, path)
    try:
        return edit(text)
    except HedgeError as error:
        raise HedgeError(f"{path}: {error}") from error


def with_rows(project: Path, seed: str, rows: Sequence[Sequence[object]]) -> str:
    """The text of a seed with more rows at its end."""
    return edited(
        project,
        f"seeds/{seed}.csv",
        lambda before: before.removesuffix("\n") + "\n" + csv_files.text(rows),
    )


def write(project: Path, texts: Mapping[str, str]) -> list[str]:
    """Write files of the project; returns their paths."""
    for path, text in texts.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    return list(texts)
