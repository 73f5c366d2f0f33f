"""The job queue: procrastinate's own tables, in a schema of their own."""

from procrastinate.schema import SchemaManager
from yoyo import step


def create(connection) -> None:
    """Make procrastinate's tables as its package has them."""
    cursor = connection.cursor()
    cursor.execute("create schema procrastinate")
    cursor.execute("set local search_path to procrastinate")
    cursor.execute(SchemaManager.get_schema())
    cursor.execute("set local search_path to default")


steps = [step(create)]
