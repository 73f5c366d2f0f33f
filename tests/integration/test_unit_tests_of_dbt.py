"""The unit tests of dbt, which the YAML of models has, pass: a model's query over a few rows."""

import psycopg
import pytest

from tests.support import dbt


@pytest.mark.ci
def test_every_unit_test_passes(connection: psycopg.Connection) -> None:
    found = dbt("test", "--select", "test_type:unit")
    assert found.success, [node.message for node in found.nodes]
    assert len(found.nodes) > 50
