"""A rule of a table, and the statements that it refuses and admits."""

from typing import NamedTuple


def update(table: str, *assignments: str) -> list[str]:
    return [f"update app.{table} set {assignment}" for assignment in assignments]


def words(table: str, column: str, *values: str) -> list[str]:
    return update(table, *(f"{column} = '{value}'" for value in values))


class Case(NamedTuple):
    """A rule, and statements that it refuses and admits."""

    table: str
    name: str
    refused: list[str]
    admitted: list[str] = []  # noqa: RUF012
