"""hedge wallets: the links of wallets to clusters."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.load import complain_of_rejects, exit_where_many_are_rejected
from cli.options import JsonOption, MaxRejected
from cli.output import print_result, progress
from hedge import settings, wallets
from hedge.addresses import lowered

app = typer.Typer(help="The links of wallets to clusters.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="A file, or - for standard input.")],
    max_rejected: MaxRejected = None,
    json: JsonOption = False,
) -> None:
    """Link the wallets of a file: cluster_id,address[,chain][,discord_id].

    Players, clusters and links that are missing are created, so importing a file again changes
    nothing. Rows that conflict with stored links are recorded in raw.rejected_rows; the others
    are imported. Where more than half of the rows are rejected, the exit status is 1.

    Example: hedge wallets import wallets.csv
    """
    limit = settings.max_rejected() if max_rejected is None else max_rejected
    with migrated_connection() as connection, progress() as report:
        imported = wallets.import_wallets(connection, file, report=report)
    sentence = (
        f"{imported.file}: {imported.read} read, {imported.linked} linked,"
        f" {imported.unchanged} unchanged, {imported.repeated} repeated,"
        f" {imported.rejected} rejected;"
        f" {imported.clusters} new clusters"
    )
    print_result(dataclasses.asdict(imported), sentence, as_json=json)
    complain_of_rejects(imported)
    exit_where_many_are_rejected([imported], limit)


@app.command()
def link(
    cluster: Annotated[str, typer.Argument(help="The cluster; created when it does not exist.")],
    addresses: Annotated[list[str], typer.Argument(help="Addresses: 0x and 40 hex digits.")],
    chain: Annotated[str, typer.Option(help="The chain label that is stored with the link.")] = (
        "DFKCHAIN"
    ),
    json: JsonOption = False,
) -> None:
    """Link wallets to a cluster, all or none. The whole history of a linked wallet counts.

    Example: hedge wallets link alice 0x52908400098527886e0f7030069857d2e4169ee7
    """
    with migrated_connection() as connection:
        linked = wallets.link(connection, cluster, addresses, chain)
    already = f", {linked.unchanged} linked already" if linked.unchanged else ""
    sentence = f"{cluster}{' (new)' if linked.is_new else ''}: {linked.linked} linked{already}"
    print_result(dataclasses.asdict(linked), sentence, as_json=json)


@app.command()
def unlink(
    address: Annotated[str, typer.Argument(help="An address that is linked.")],
    json: JsonOption = False,
) -> None:
    """End the link of a wallet. The wallet can then be linked to any cluster.

    Example: hedge wallets unlink 0x52908400098527886e0f7030069857d2e4169ee7
    """
    with migrated_connection() as connection:
        cluster = wallets.unlink(connection, address)
    print_result(
        {"cluster": cluster, "address": lowered(address)},
        f"{cluster}: {address} unlinked",
        as_json=json,
    )
