"""hedge tokens: what admins and services call the API with."""

from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import complain, instant, print_json, print_table, say
from hedge import database, tokens

app = typer.Typer(help="Tokens of admins and services for the API.", no_args_is_help=True)


@app.command()
def create(
    role: Annotated[str, typer.Option(help="admin, or service, which may act for players.")],
    name: Annotated[str, typer.Option(help="Who or what it is for.")] = "unnamed",
    json: JsonOption = False,
) -> None:
    """Make a token and print it; it cannot be read again.

    Example: hedge tokens create --role admin --name ada
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        number, token = tokens.create(connection, role, name)
    if json:
        print_json({"token_id": number, "token": token})
        return
    say(token)
    complain(f"token {number} for {name}; keep it, it is not shown again")


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Show the tokens, without themselves.

    Example: hedge tokens list
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = tokens.listed(connection)
    if json:
        print_json(found)
        return
    print_table(
        ["token", "name", "role", "made", "last used", "revoked"],
        [
            [
                token.token_id,
                token.name,
                token.role,
                instant(token.created_at),
                instant(token.last_used_at),
                instant(token.revoked_at),
            ]
            for token in found
        ],
        right=[0],
    )


@app.command()
def revoke(
    token: Annotated[int, typer.Argument(help="Its number, as hedge tokens list shows it.")],
    json: JsonOption = False,
) -> None:
    """End a token at once.

    Example: hedge tokens revoke 3
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        tokens.revoke(connection, token)
    print_json({"revoked": token}) if json else say(f"token {token} revoked")
