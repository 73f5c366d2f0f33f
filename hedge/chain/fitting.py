"""Whether a raw table admits a value, as conditions in SQL that raise nothing."""

import psycopg
from psycopg import sql

from hedge.loading import reading
from hedge.loading.tables import Column, read_checks


def rules(connection: psycopg.Connection, relation: str) -> dict[str, list[str]]:
    """The check constraints of each column of a relation that concern no other."""
    found: dict[str, list[str]] = {}
    for check in read_checks(connection, relation):
        if len(check.columns) == 1:
            found.setdefault(check.columns[0], []).append(check.expression)
    return found


def fits(column: Column, type_: str, rules_of: dict[str, list[str]]) -> sql.Composable:
    """A condition that is true where the column admits the value of that name, which has a type;
    it raises nothing."""
    conditions: list[sql.Composable] = [
        sql.SQL(f"({rule})") for rule in rules_of.get(column.name, [])
    ]
    if (number := reading.Number.of(column.type)) and type_ != column.type:
        name = sql.Identifier(column.name)
        range_ = sql.SQL("{name} between {low} and {high} and {name} = round({name}, {scale})")
        in_range = range_.format(
            name=name,
            low=sql.SQL(number.low),
            high=sql.SQL(number.high),
            scale=sql.SQL(str(number.decimals)),
        )
        conditions.insert(0, in_range)
    return sql.SQL("({})").format(sql.SQL(" and ").join(conditions or [sql.SQL("true")]))


def unrounded(column: Column) -> sql.Composable:
    """A value of the view, or NaN, which a constraint refuses, where PostgreSQL would round it."""
    name = sql.Identifier(column.name)
    number = reading.Number.of(column.type)
    if number is None or not column.type.startswith("numeric"):
        return name
    return sql.SQL("case when {0} <> round({0}, {1}) then 'NaN' else {0} end").format(
        name, sql.SQL(str(number.decimals))
    )
