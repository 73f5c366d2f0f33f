"""Checks of the form of a project's files, for faults that dbt reports without file and line, with
pages of its own, or not at all: encodings, YAML, keys that a YAML file has twice, Jinja."""

from collections.abc import Collection, Iterator
from pathlib import Path

import jinja2
import yaml
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from hedge.errors import HedgeError
from hedge.project import files

_YAML = ("dbt_project.yml", "models/**/*.yml", "macros/**/*.yml", "seeds/**/*.yml")
_TEMPLATES = ("models/**/*.sql", "macros/**/*.sql", "tests/dbt/**/*.sql", "models/**/*.md")


class _BlocksOfDbt(Extension):
    """Parses the blocks that dbt adds to Jinja."""

    tags: set[str] = {"test", "data_test", "materialization", "snapshot", "docs"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        """The contents of a block, up to the end tag of its name."""
        tag = next(parser.stream)
        while parser.stream.current.type != "block_end":
            next(parser.stream)
        inside = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        return nodes.Scope(inside, lineno=tag.lineno)


_JINJA = jinja2.Environment(extensions=["jinja2.ext.do", _BlocksOfDbt])


def require_readable(project: Path, edited: Collection[str] | None = None) -> None:
    """Raise a HedgeError that lists the files which are not UTF-8 or not YAML, one per line: of
    all files, or of those that were edited, named by their paths in the project."""
    found = [*_encoding_faults(project, edited), *_yaml_faults(project, edited)]
    if found:
        raise HedgeError("\n".join(found))


def template_fault(project: Path) -> str | None:
    """The first file whose Jinja does not parse, as `file:line: cause`; None without any."""
    for file in files.matching(project, _TEMPLATES):
        text = file.read_text(errors="replace")
        try:
            _JINJA.parse(text)
        except jinja2.TemplateSyntaxError as error:
            line = text.splitlines()[error.lineno - 1].strip() if text else ""
            return f"{file.relative_to(project)}:{error.lineno}: {error.message} At: {line}"
    return None


def _checked(
    project: Path, patterns: tuple[str, ...], edited: Collection[str] | None
) -> Iterator[tuple[str, Path]]:
    """The files to check, by their paths in the project."""
    for file in files.matching(project, patterns):
        path = file.relative_to(project).as_posix()
        if edited is None or path in edited:
            yield path, file


def _encoding_faults(project: Path, edited: Collection[str] | None) -> Iterator[str]:
    for path, file in _checked(project, (*_YAML, *_TEMPLATES), edited):
        wrong = files.encoding_fault(file.read_bytes())
        if wrong:
            yield f"{path}:{wrong[0]}: {wrong[1]}"


def _yaml_faults(project: Path, edited: Collection[str] | None) -> Iterator[str]:
    for path, file in _checked(project, _YAML, edited):
        text = file.read_text(encoding="utf-8-sig", errors="replace")
        try:
            found = yaml.compose(text, files.LOADER)
        except yaml.YAMLError as error:
            yield files.yaml_fault(path, text, error)
            continue
        if found is not None and not isinstance(found, yaml.MappingNode):
            yield f"{path}:1: the file is not a mapping such as `version: 2`"
        elif found is not None:
            yield from _repeated_keys(path, found)
            yield from _versions(path, found)


def _versions(path: str, found: yaml.Node) -> Iterator[str]:
    """Models with versions: dbt calls them by other ids, and everything here finds a model and its
    relation by the name."""
    for _, models in _entries(found, "models"):
        for model in models.value if isinstance(models, yaml.SequenceNode) else ():
            for key, _ in _entries(model, "versions"):
                yield (
                    f"{path}:{key.start_mark.line + 1}: a model cannot have versions, because "
                    "runs, boards and explanations find it by its name: give a metric that changes "
                    "its meaning another key beside the old one"
                )


def _entries(node: yaml.Node, name: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """The entries (key, value) of a mapping under a name; none of what is no mapping."""
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if key.value == name]


def _repeated_keys(path: str, node: yaml.Node) -> Iterator[str]:
    """Keys that a mapping has twice, of which YAML forgets the first."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            # `<<` merges another mapping, and may do so again
            if name in lines and name != "<<":
                yield f"{path}:{line}: line {lines[name]} has {name} already, and YAML forgets it"
            lines.setdefault(name, line)
            yield from _repeated_keys(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(path, value)
