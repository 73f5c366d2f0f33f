"""dbt as a person invokes it."""

import functools
from pathlib import Path

import yaml

from hedge import libpq_variables
from hedge.dbt_runner import Result
from hedge.project import files
from hedge.runs import dbt as invocation
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT


def dbt(*arguments: str, project: Path = PROJECT) -> Result:
    """Invoke dbt as a person does in a project, without the variables of a run."""
    given, variables = list(arguments), {}
    if "--vars" in given:
        at = given.index("--vars")
        variables = yaml.safe_load(given[at + 1])
        del given[at : at + 2]
    parsed = invocation.parsed(project, files.definitions_hash(project))
    return invocation.invoke(given, project, parsed, variables=variables)


@functools.cache
def compiled(model: str, variables: str = "{}") -> str:
    """The SQL of a model as dbt compiles it for every cluster, with variables as JSON.

    The name of the database is removed, so that the SQL can be executed in any database.
    """
    result = dbt("compile", "--select", model, "--vars", variables)
    assert result.success, paragraph(result, PROJECT)
    (node,) = [one for one in result.nodes if one.name == model]
    return node.compiled_code.replace(f'"{libpq_variables.variables()["PGDATABASE"]}".', "")
