"""hedge env: the environments, in which people build what they edit."""

from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import LARGEST_DAYS, JsonOption
from cli.output import instant, print_json, print_result, print_table, say
from hedge import environments
from hedge.errors import UsageError

app = typer.Typer(
    help="Environments: schemas of dbt beside the live one, each with a run ledger of its own.",
    no_args_is_help=True,
)


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """List the environments. `dbt build --target dev` creates one.

    Example: hedge env list
    """
    with migrated_connection() as connection:
        found = environments.listed(connection)
    if json:
        print_json(found)
        return
    if not found:
        say("There is no environment.")
        return
    print_table(
        ["environment", "owner", "models", "clusters", "size", "last used"],
        [
            [
                one.name,
                one.owner,
                one.models,
                "all" if one.clusters is None else one.clusters,
                f"{one.size / 1_000_000:,.1f} MB",
                instant(one.last_used_at.replace(microsecond=0)),
            ]
            for one in found
        ],
        right=[2, 3, 4],
    )


@app.command()
def drop(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The environment: the schema of dbt.")
    ] = None,
    idle: Annotated[
        int | None,
        typer.Option(
            "--idle",
            metavar="DAYS",
            min=1,
            max=LARGEST_DAYS,
            help="Drop those that no run has used for so long.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Drop an environment with everything that was built in it. What is live stays.

    Example: hedge env drop dev_ada
    """
    if (name is None) == (idle is None):
        raise UsageError("name an environment, or give --idle DAYS")
    with migrated_connection() as connection:
        if name is not None:
            environments.drop(connection, name)
            dropped = [name]
        else:
            assert idle is not None
            dropped = environments.drop_idle(connection, idle)
    sentence = f"dropped: {', '.join(dropped)}" if dropped else "no environment is idle that long"
    print_result({"dropped": dropped}, sentence, as_json=json)
