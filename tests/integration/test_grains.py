"""No model repeats the columns that its YAML states as its grain, nor leaves one of them null."""

import psycopg

from hedge import database
from tests import PROJECT
from tests.yaml_files import read_yaml

GRAINS = {
    path.stem: read_yaml(path)["models"][0]["config"]["meta"].get("grain")
    for path in PROJECT.glob("models/*/[!_]*.yml")
}


def faults(connection: psycopg.Connection, relation: str, grain: list[str]) -> int:
    """How many times the columns are repeated or null in a relation."""
    columns = ", ".join(grain)
    nulls = " or ".join(f"{name} is null" for name in grain)
    found = database.value(
        connection,
        f"select count(*) from (select from {relation} group by {columns}"
        f" having count(*) > 1 or bool_or({nulls})) as repeated",
    )
    assert isinstance(found, int)
    return found


def test_no_model_of_the_demo_world_repeats_its_grain(demo_world: psycopg.Connection) -> None:
    found = {
        name: faults(demo_world, f"analytics.{name}", grain)
        for name, grain in GRAINS.items()
        if grain is not None
    }
    assert len(found) > 90
    assert {name: number for name, number in found.items() if number} == {}


def test_a_row_that_is_repeated_or_has_no_key_is_found(transaction: psycopg.Connection) -> None:
    transaction.execute("create temporary table facts as values (1, 1), (1, 2), (2, 1)")
    both = ["column1", "column2"]
    assert faults(transaction, "facts", both) == 0
    assert faults(transaction, "facts", ["column1"]) == 1
    transaction.execute("insert into facts values (1, 2)")
    assert faults(transaction, "facts", both) == 1
    transaction.execute("insert into facts values (3, null)")
    assert faults(transaction, "facts", both) == 2
