"""The data tests of the project as SQL, rendered without dbt: those of tests/dbt, and those that
the YAML of a model gives to it by a generic test of ours or of dbt. And statements that plant
faults."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dbt

from tests import PROJECT
from tests.rendering import render
from tests.yaml_files import read_yaml

#: The files of the generic tests by their names.
GENERIC = {path.stem: path for path in PROJECT.glob("tests/dbt/generic/*.sql")}
#: Those of dbt that the project uses.
GENERIC_OF_DBT = {
    name: Path(next(iter(dbt.__path__)))
    / f"include/global_project/macros/generic_test_sql/{name}.sql"
    for name in ("relationships", "accepted_values")
}
_BEGIN = re.compile(r"\{% (?:test |macro default__test_)(\w+)\((.*?)\) -?%\}")
_END = re.compile(r"\{%-? end(?:test|macro) -?%\}")


def data_tests() -> dict[str, Any]:
    """A function that renders each data test, by its name."""
    found = {
        path.stem: partial(render, path.read_text(), {}) for path in PROJECT.glob("tests/dbt/*.sql")
    }
    for path in sorted(PROJECT.glob("models/*/[!_]*.yml")):
        for model in read_yaml(path)["models"]:
            for column, declared in _declared(model):
                ((kind, properties),) = declared.items()
                name = properties["name"]
                assert name not in found, f"two data tests have the name {name}"
                arguments = properties.get("arguments", {})
                where = properties.get("config", {}).get("where")
                found[name] = partial(_render, kind, model["name"], column, arguments, where)
    return found


def _declared(model: dict[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The data tests of a model and of its columns, each with its column."""
    yield from ((None, one) for one in model.get("data_tests", ()))
    for column in model["columns"]:
        yield from ((column["name"], one) for one in column.get("data_tests", ()))


def _render(
    kind: str, model: str, column: str | None, arguments: dict[str, Any], where: str | None
) -> str:
    text = (GENERIC | GENERIC_OF_DBT)[kind].read_text()
    text = _END.sub("{% endmacro %}", _BEGIN.sub(r"{% macro generic_test(\2) %}", text))
    # dbt's get_where_subquery
    rows = "'(select * from ' ~ ref(model_name) ~ ' where ' ~ where ~ ') as tested'"
    given = [f"model={rows if where else 'ref(model_name)'}"]
    given += ["column_name=column"] * (column is not None)
    given += [
        # an expression of Jinja; the others are values
        f"{name}={value}" if name == "to" else f"{name}=arguments['{name}']"
        for name, value in arguments.items()
    ]
    call = "{{ generic_test(" + ", ".join(given) + ") }}"
    return render(
        text + call, {}, model_name=model, column=column, arguments=arguments, where=where
    )


def one(table: str, change: str, where: str = "true") -> str:
    """A statement that changes one row of a table."""
    return (
        f"update {table} set {change} where ctid = (select ctid from {table} where {where} limit 1)"
    )


def repeats(table: str, key: str, before: str = "") -> list[str]:
    """Statements that take the primary key of a table away, and repeat a row or leave its key
    null."""
    without = f"{before}alter table {table} drop constraint {table.partition('.')[2]}_pkey"
    copy = f"insert into {table} select (found).* from (select {table.partition('.')[2]} as found"
    copy += f" from {table} limit 1) as rows"
    return [
        f"{without}; {copy}",
        # another primary key says nothing about this one
        f"{without}; {copy}; alter table {table} add column line bigserial primary key",
        f"{without}, alter column {key} drop not null; " + one(table, f"{key} = null"),
    ]


def lacks(table: str, key: str, before: str = "") -> list[str]:
    """Statements that take the primary key of a table away and leave a column of it null; the
    second one lets the table have another primary key."""
    without = f"{before}alter table {table} drop constraint {table.partition('.')[2]}_pkey"
    null = f"{without}, alter column {key} drop not null; " + one(table, f"{key} = null")
    return [null, f"{null}; alter table {table} add column line bigserial primary key"]


def no_such(table: str, column: str) -> str:
    """A statement that lets a row refer to what does not exist."""
    return one(table, f"{column} = 'no'")
