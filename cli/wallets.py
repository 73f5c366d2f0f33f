"""hedge wallets: whose wallet is whose."""

import dataclasses
from typing import Annotated

import typer

from cli.load import complain_of_rejects
from cli.options import JsonOption
from cli.output import print_json, progress, say
from hedge import database, wallets

app = typer.Typer(help="Which wallet belongs to whom.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.")],
    json: JsonOption = False,
) -> None:
    """Link the wallets of a file: cluster_id,address[,chain][,discord_id].

    Players, clusters and links that are missing are made; the same file again changes nothing.
    Rows that contradict what stands go to raw.rejected_rows, the others are imported.

    Example: hedge wallets import wallets.csv
    """
    with database.connect() as connection, progress() as report:
        database.require_migrated(connection)
        imported = wallets.import_wallets(connection, file, report=report)
    if json:
        print_json(dataclasses.asdict(imported))
    else:
        say(
            f"{imported.file}: {imported.read} read, {imported.linked} linked,"
            f" {imported.unchanged} unchanged, {imported.rejected} rejected;"
            f" {imported.clusters} new clusters"
        )
    complain_of_rejects(imported)


@app.command()
def link(
    cluster: Annotated[str, typer.Argument(help="The cluster; made when it is new.")],
    addresses: Annotated[list[str], typer.Argument(help="Addresses: 0x and 40 hex digits.")],
    chain: Annotated[str, typer.Option(help="A label for the link.")] = "DFKCHAIN",
    json: JsonOption = False,
) -> None:
    """Link wallets to a cluster, all or none; their whole history counts from then on.

    Example: hedge wallets link alice 0x52908400098527886e0f7030069857d2e4169ee7
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        linked = wallets.link(connection, cluster, addresses, chain)
    if json:
        print_json(dataclasses.asdict(linked))
        return
    stood = f", {linked.unchanged} linked already" if linked.unchanged else ""
    say(f"{cluster}{' (new)' if linked.is_new else ''}: {linked.linked} linked{stood}")


@app.command()
def unlink(
    address: Annotated[str, typer.Argument(help="An address that is linked.")],
    json: JsonOption = False,
) -> None:
    """End the link of a wallet now; it can be linked again, to any cluster.

    Example: hedge wallets unlink 0x52908400098527886e0f7030069857d2e4169ee7
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        cluster = wallets.unlink(connection, address)
    if json:
        print_json({"cluster": cluster, "address": address.lower()})
        return
    say(f"{cluster}: {address} unlinked")
