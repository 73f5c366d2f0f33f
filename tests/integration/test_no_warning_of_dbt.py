"""dbt warns of nothing: neither of what a later version takes away, nor of anything else.

With --warn-error dbt makes an error of every warning. None is excepted here.
"""

from pathlib import Path

import psycopg
import pytest

from hedge.dbt_runner import Result
from hedge.runs import dbt as invocation
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT
from tests.support import (
    AS_OF,
    BUSY,
    MARTS,
    add_cluster,
    dbt,
    hunt,
    put,
    pvp_match,
    tiny_project,
)

pytestmark = pytest.mark.ci


def parsed_strictly(folder: Path, artifacts: Path) -> Result:
    """Parse a project from nothing, with warnings as errors."""
    return invocation.invoke(
        ["--warn-error", "parse", "--show-all-deprecations"], folder, artifacts=artifacts
    )


def test_the_project_is_parsed_and_run_without_a_warning(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    found = parsed_strictly(PROJECT, tmp_path)
    assert found.success, paragraph(found, PROJECT)
    add_cluster(connection, "busy", BUSY)
    put(connection, pvp_match(BUSY), hunt(BUSY))
    variables = f"as_of: '{AS_OF.isoformat()}'"
    found = dbt("--warn-error", "run", "--select", *MARTS, "--vars", variables)
    assert found.success, paragraph(found, PROJECT)
    assert {one.status for one in found.nodes if one.resource_type == "model"} == {"success"}
    # dbt's data tests over rows, and its unit tests
    found = dbt("--warn-error", "test", "--select", "cluster_metrics", "onchain_pvp")
    assert found.success, paragraph(found, PROJECT)
    assert {one.status for one in found.nodes if one.resource_type != "operation"} == {"pass"}


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("_unit_tests", None, None),
        (
            "_unit_tests",
            "models: [{name: good, columns: [{name: n, data_tests:"
            " [{accepted_values: {values: [1]}}]}]}]\n",
            "MissingArgumentsPropertyInGenericTestDeprecation",
        ),
        (
            "_unit_tests",
            "models: [{name: good, description: a}]\nmodels: [{name: good}]\n",
            "DuplicateYAMLKeysDeprecation",
        ),
        (
            "_unit_tests",
            "models: [{name: goood, description: a}]\n",
            "Did not find matching node for patch with name 'goood'",
        ),
    ],
)
def test_a_warning_is_an_error(
    connection: psycopg.Connection, tmp_path: Path, file: str, text: str | None, told: str | None
) -> None:
    """What --warn-error notices: the first project has nothing to be warned of."""
    changes = {} if text is None else {file: text}
    folder = tiny_project.write(tmp_path / "project", **changes)
    found = parsed_strictly(folder, tmp_path / "artifacts")
    assert found.success == (told is None), found.error
    if told is not None:
        assert told in (found.error or "")
