"""Checks of the seeds of a project by their schema. Each fault names its file and line.

They read files only and need neither dbt nor a database, so that a mistake is reported before
anything is built. Where a value is wrong, or a file cannot be read, what would follow from that
is not reported.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from hedge.errors import HedgeError
from hedge.project import files, seed_rules
from hedge.project.seed_files import Fault, Row, SeedFile, read
from hedge.project.seed_schema import Column, Schema, schemas
from hedge.suggestions import did_you_mean

#: How many faults of one file are listed.
MOST_OF_A_FILE = 5
#: The least and the greatest value of the integer types.
_BOUNDS = {"smallint": 2**15, "integer": 2**31, "int": 2**31, "bigint": 2**63}
#: Numbers of more digits before or after the point are taken for a mistake.
_MOST_DIGITS = 100
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FORMS = {
    "address": (re.compile(r"0x[0-9a-f]{40}"), "an address: 0x and 40 lower-case hex digits"),
    "name": (
        re.compile(r"[a-z][a-z0-9_]*"),
        "a name of lower-case letters, digits and underscores",
    ),
}


def require_sound(project: Path, *, are_facts_made: bool = True) -> None:
    """Raise a HedgeError that lists the faults of the seeds, one per line."""
    found = faults(project, are_facts_made=are_facts_made)
    if found:
        raise HedgeError("\n".join(listed(found)))


def listed(found: Sequence[Fault]) -> list[str]:
    """Faults as lines: the first ones of each file, and how many more it has."""
    lines: list[str] = []
    for file, group in groupby(found, lambda fault: fault.file):
        of_file = list(group)
        lines += map(str, of_file[:MOST_OF_A_FILE])
        more = len(of_file) - MOST_OF_A_FILE
        if more > 0:
            lines.append(f"{file}: and {more} more {'fault' if more == 1 else 'faults'}")
    return lines


def seed_names(project: Path) -> dict[str, Path]:
    """The seeds of a project by name, with their files."""
    return {file.stem: file for file in files.matching(project, ("seeds/**/*.csv",))}


def faults(project: Path, *, are_facts_made: bool = True) -> list[Fault]:
    """All faults of the seeds, file by file: seeds to which others refer come first. Of a file,
    the form comes first, then values, keys, references and what the game demands. While a person
    adds an event, nothing makes its facts yet: where are_facts_made is false, that is no fault.

    A description of the seeds that is not YAML or contradicts itself is a HedgeError.
    """
    described, paths = schemas(project), seed_names(project)
    names = [*described, *(name for name in paths if name not in described)]
    found: dict[str, list[Fault]] = {name: [] for name in names}
    seeds: dict[str, SeedFile] = {}
    for name, file in paths.items():
        schema = described.get(name)
        seeds[name] = read(project, file, list(schema.columns) if schema else None)
        found[name] += seeds[name].faults
        if schema:
            found[name] += _value_faults(schema, seeds[name].rows)
            found[name] += _key_faults(schema, seeds[name].rows)
    for name in described.keys() - paths.keys():
        seeds[name] = SeedFile([], [], is_whole=False)
        others = [other for other in paths if other not in described]
        found[name].append(_missing(name, described[name], others))
    for name, schema in described.items():
        found[name] += _reference_faults(schema, seeds)
    for fault in seed_rules.faults(project, seeds, are_facts_made=are_facts_made):
        found[Path(fault.file).stem].append(fault)
    return [fault for of_file in found.values() for fault in of_file]


def _missing(name: str, schema: Schema, others: Sequence[str]) -> Fault:
    """The fault of a seed that is described and has no file."""
    sentence = f"there is no file of the seed {name}, which {schema.described_in} describes"
    return Fault(f"seeds/{name}.csv", 1, sentence + did_you_mean(name, others))


def _value_faults(schema: Schema, rows: Sequence[Row]) -> Iterator[Fault]:
    """Values that are empty or not what their column may hold."""
    for row in rows:
        for column in schema.columns.values():
            sentence = value_fault(column, row[column.name])
            if sentence:
                row.faulty.add(column.name)
                yield row.fault(sentence)


def value_fault(column: Column, value: str) -> str | None:
    """Why a value is none of its column; None where it is one."""
    name = column.name
    if value.casefold() == "null":
        return f"{name} is '{value}', which dbt reads as no value"
    if not value:
        return None if column.is_optional else f"{name} is empty"
    if column.type == "boolean" and value not in ("true", "false"):
        return f"{name} is '{value}': write true or false"
    if column.type in ("numeric", *_BOUNDS) and not _is_number(column, value):
        return f"{name} is '{value}', not {_wanted_number(column, value)}"
    if column.type == "date" and not _is_day(value):
        return f"{name} is '{value}', not a day such as 2026-01-31"
    if column.accepted is not None and value not in column.accepted:
        return f"{name} is '{value}', not one of {', '.join(column.accepted)}" + did_you_mean(
            value, column.accepted
        )
    if column.form is not None:
        pattern, wanted = _FORMS[column.form]
        if not pattern.fullmatch(value):
            return f"{name} is '{value}', not {wanted}"
    return None


def _is_day(value: str) -> bool:
    """Whether a value is a day of the calendar as YYYY-MM-DD, the one form of it here."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _wanted_number(column: Column, value: str) -> str:
    """What the number of a column must be, in words; with the bound of its type where the
    value is above that."""
    words = "a number" if column.type == "numeric" else "a whole number"
    if column.above is not None:
        words += f" above {column.above}"
    if column.at_least is not None:
        words += f" of at least {column.at_least}"
    limit = _BOUNDS.get(column.type)
    if limit is not None and value.isdecimal() and int(value) >= limit:
        words += f", at most {limit - 1}"
    return words


def _is_number(column: Column, value: str) -> bool:
    """Whether a value is a number of the type and within the bounds of a column."""
    if not _NUMBER.fullmatch(value):
        return False
    number = Decimal(value)
    if abs(number.adjusted()) > _MOST_DIGITS:
        return False
    limit = _BOUNDS.get(column.type)
    if limit is not None and not (re.fullmatch(r"[+-]?[0-9]+", value) and -limit <= number < limit):
        return False
    return (column.above is None or number > column.above) and (
        column.at_least is None or number >= column.at_least
    )


def _key_faults(schema: Schema, rows: Sequence[Row]) -> Iterator[Fault]:
    """Rows that share the values of a key with an earlier one, each reported once."""
    reported: set[int] = set()
    for columns in schema.unique:
        first: dict[tuple[object, ...], Row] = {}
        for row in rows:
            if not row.is_sound(columns):
                continue
            key = tuple(_comparable(schema.columns[name], row[name]) for name in columns)
            earlier = first.setdefault(key, row)
            if earlier is row or row.line in reported:
                continue
            reported.add(row.line)
            if earlier.values == row.values:
                yield row.fault(f"the line repeats line {earlier.line}: delete one of them")
            else:
                yield row.fault(f"line {earlier.line} has {_words(columns, row)} already")


def _comparable(column: Column, value: str) -> object:
    """A value by which equal ones are equal: 1 and 01 are the same number."""
    return Decimal(value) if column.type in ("numeric", *_BOUNDS) and value else value


def _reference_faults(schema: Schema, seeds: dict[str, SeedFile]) -> Iterator[Fault]:
    """Values that do not occur in the seed to which they refer."""
    for reference in schema.references:
        other = seeds[reference.seed]
        if not other.is_whole:
            continue
        known = {tuple(row[key] for key in reference.keys): row for row in other.rows}
        for row in seeds[schema.seed].rows:
            named = tuple(row[name] for name in reference.columns)
            if named not in known and row.is_sound(reference.columns):
                row.faulty.update(reference.columns)
                yield row.fault(
                    f"seeds/{reference.seed}.csv has no {_words(reference.columns, row)}: name "
                    "one of its lines, or add it there"
                    + did_you_mean(".".join(named), map(".".join, known))
                )


def _words(columns: Sequence[str], row: Row) -> str:
    return ", ".join(f"{name} {row[name]}" for name in columns)
