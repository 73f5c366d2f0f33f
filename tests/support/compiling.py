"""dbt as a person invokes it."""

import functools
from pathlib import Path
from typing import Any

from hedge.project import files
from hedge.runs import dbt as invocation
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT


def dbt(*arguments: str, project: Path = PROJECT) -> Any:
    """Invoke dbt as a person does in a project, without the variables of a run."""
    manifest = invocation.manifest(project, files.definitions_hash(project))
    return invocation.invoke(list(arguments), project, manifest)[0]


@functools.cache
def compiled(model: str, variables: str = "{}") -> str:
    """The SQL of a model as dbt compiles it for every cluster, with variables as JSON.

    The name of the database is removed, so that the SQL can be executed in any database.
    """
    result = dbt("compile", "--select", model, "--vars", variables)
    assert result.success, paragraph(result, PROJECT)
    (node,) = [found.node for found in result.result if found.node.name == model]
    return node.compiled_code.replace(f'"{node.database}".', "")
