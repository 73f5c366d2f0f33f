"""What the seeds of a project must hold, from the YAML files beside them.

seeds/_seeds.yml explains its words. dbt reads column_types, and the checks read all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hedge.errors import HedgeError
from hedge.project import files
from hedge.suggestions import did_you_mean


@dataclass(frozen=True)
class Column:
    """A column of a seed. form is `address`, `name` or None; accepted is None for any value."""

    name: str
    type: str
    is_optional: bool = False
    accepted: tuple[str, ...] | None = None
    at_least: int | None = None
    above: int | None = None
    form: str | None = None


@dataclass(frozen=True)
class Reference:
    """Columns whose values must occur in columns of another seed."""

    columns: tuple[str, ...]
    seed: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """What a seed must hold. unique are lists of columns that no two rows share, the key first;
    described_in is the YAML file."""

    seed: str
    described_in: str
    columns: dict[str, Column]
    unique: tuple[tuple[str, ...], ...]
    references: tuple[Reference, ...]


def schemas(project: Path) -> dict[str, Schema]:
    """The schemas of the seeds that have a description, by seed, those first to which others refer.

    A description that contradicts itself is a HedgeError with its file.
    """
    described: dict[str, tuple[str, dict[str, Any]]] = {}
    for file in files.matching(project, ("seeds/**/*.yml", "seeds/**/*.yaml")):
        path = file.relative_to(project).as_posix()
        for entry in files.read_yaml(project, path).get("seeds") or ():
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise HedgeError(f"{path}: a seed has no name")
            described[entry["name"]] = path, entry
    keys = {seed: _names(_meta(entry).get("key")) for seed, (_, entry) in described.items()}
    found = {seed: _schema(path, entry, keys) for seed, (path, entry) in described.items()}
    for schema in found.values():
        for reference in schema.references:
            _require_columns(schema, reference.keys, found[reference.seed])
    return {schema.seed: schema for schema in _in_order(found)}


def _schema(path: str, entry: dict[str, Any], keys: dict[str, tuple[str, ...]]) -> Schema:
    seed, meta = entry["name"], _meta(entry)
    types = _mapping(_mapping(entry.get("config")).get("column_types"))
    more = {
        str(column.get("name")): _meta(column)
        for column in entry.get("columns") or ()
        if isinstance(column, dict)
    }
    references = []
    for one in meta.get("references") or ():
        columns, to = _names(_mapping(one).get("columns")), _mapping(one).get("to")
        if to not in keys:
            raise HedgeError(f"{path}: {seed} refers to a seed {to}{did_you_mean(str(to), keys)}")
        references.append(Reference(columns, to, _names(one.get("by")) or keys[to]))
    unique = [keys[seed], *map(_names, meta.get("unique") or ())]
    schema = Schema(
        seed,
        path,
        {name: _column(name, str(type_), more.get(name, {})) for name, type_ in types.items()},
        tuple(filter(None, unique)),
        tuple(references),
    )
    for names in (*schema.unique, *(one.columns for one in references), tuple(more)):
        _require_columns(schema, names, schema)
    return schema


def _column(name: str, type_: str, meta: dict[str, Any]) -> Column:
    accepted = meta.get("accepted")
    return Column(
        name,
        type_,
        is_optional=bool(meta.get("optional")),
        accepted=None if accepted is None else tuple(map(str, accepted)),
        at_least=meta.get("at_least"),
        above=meta.get("above"),
        form=meta.get("form"),
    )


def _require_columns(schema: Schema, names: tuple[str, ...], of: Schema) -> None:
    for name in names:
        if name not in of.columns:
            raise HedgeError(
                f"{schema.described_in}: {schema.seed} names a column {name}, which column_types "
                f"of {of.seed} lacks{did_you_mean(name, of.columns)}"
            )


def _in_order(schemas: dict[str, Schema]) -> Iterator[Schema]:
    """The schemas, each after those to which it refers."""
    done: set[str] = set()

    def add(schema: Schema) -> Iterator[Schema]:
        if schema.seed not in done:
            done.add(schema.seed)
            for reference in schema.references:
                yield from add(schemas[reference.seed])
            yield schema

    for schema in schemas.values():
        yield from add(schema)


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return _mapping(_mapping(entry.get("config")).get("meta"))


def _mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _names(found: Any) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()
