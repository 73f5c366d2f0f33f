"""The job queue: the tables of procrastinate, in the schema procrastinate."""

from typing import Any

from procrastinate.schema import SchemaManager
from yoyo import step


def create(connection: Any) -> None:
    """Run the SQL that the package procrastinate ships."""
    cursor = connection.cursor()
    # An administrator may have made the schema, for a role that may create none.
    cursor.execute("select to_regnamespace('procrastinate') is null")
    if cursor.fetchone()[0]:
        cursor.execute("create schema procrastinate")
    cursor.execute("set local search_path to procrastinate")
    cursor.execute(SchemaManager.get_schema())
    cursor.execute("set local search_path to default")


steps = [step(create)]
