"""hedge tokens: bearer tokens with which admins and services call the API."""

from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import complain, instant, print_json, print_result, print_table, say
from hedge import tokens

app = typer.Typer(help="API tokens of admins and services.", no_args_is_help=True)


@app.command()
def create(
    role: Annotated[
        str, typer.Option(help="admin, or service, which may act on behalf of players.")
    ],
    name: Annotated[
        str, typer.Option(help="The person or program that the token is for.")
    ] = "unnamed",
    json: JsonOption = False,
) -> None:
    """Create a token and print it. Only its hash is stored, so it is printed once.

    Example: hedge tokens create --role admin --name ada
    """
    with migrated_connection() as connection:
        number, token = tokens.create(connection, role, name)
    if json:
        print_json({"token_id": number, "token": token})
        return
    say(token)
    complain(f"token {number} for {name}; store it, it is not shown again")


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """List the tokens, without their secrets.

    Example: hedge tokens list
    """
    with migrated_connection() as connection:
        found = tokens.listed(connection)
    if json:
        print_json(found)
        return
    if not found:
        say("There is no token: hedge tokens create makes one.")
        return
    print_table(
        ["token", "name", "role", "created", "last used", "revoked"],
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
    """Revoke a token. The API refuses it from then on.

    Example: hedge tokens revoke 3
    """
    with migrated_connection() as connection:
        tokens.revoke(connection, token)
    print_result({"revoked": token}, f"token {token} revoked", as_json=json)
