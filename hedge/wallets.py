"""Wallet links: importing, linking and unlinking the wallets of clusters and their players."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from hedge import database
from hedge.addresses import lowered
from hedge.errors import HedgeError, StateError
from hedge.loading import RejectedRow, Report, Table, stage_file
from hedge.loading.sources import Chunk, Row
from hedge.loading.staging import Staging
from hedge.queries import query


@dataclass(frozen=True)
class Imported:
    """The number of rows of a file of wallets by what was done with them.

    `clusters` and `linked`: the numbers of new clusters and links. `unchanged`: rows whose link is
    stored already. `repeated`: rows that say what an earlier row of the file says. `rejects`: the
    first few of the `rejected` rows, all of which are in raw.rejected_rows.
    """

    file: str
    read: int
    clusters: int
    linked: int
    unchanged: int
    repeated: int
    rejected: int
    rejects: list[RejectedRow]


@dataclass(frozen=True)
class Linked:
    """The numbers of addresses that were linked to a cluster, and that were linked already."""

    cluster: str
    is_new: bool
    linked: int
    unchanged: int


def import_wallets(
    connection: psycopg.Connection, source: str, *, report: Report | None = None
) -> Imported:
    """Create the players, clusters and links of a file: cluster_id, address[, chain][, discord_id].

    Importing a file again changes nothing. Of rows that conflict with each other the first one
    is imported and the others are rejected. Raises UsageError for a file or column that does not
    exist.
    """
    file = str(source)
    with connection.transaction():
        staging, _ = stage_file(connection, _create_table(connection), file, report)
        repeated = connection.execute(query("wallets_repeated")).rowcount
        clusters, linked = _write_links(connection)
        staging.record_rejected_rows("wallets", file)
        rejected, rejects = staging.rejected_rows()
    unchanged = staging.read - repeated - linked - rejected
    return Imported(file, staging.read, clusters, linked, unchanged, repeated, rejected, rejects)


def link(
    connection: psycopg.Connection,
    cluster: str,
    addresses: Iterable[str],
    chain: str = "DFKCHAIN",
) -> Linked:
    """Link addresses to a cluster, all or none; the cluster is created when it does not exist.

    Raises StateError for a text that is not an address, and for an address that is linked to
    another cluster.
    """
    rows = [Row(line, [cluster, address, chain]) for line, address in enumerate(addresses, 1)]
    with connection.transaction():
        staging = Staging(connection, _create_table(connection), ["cluster_id", "address", "chain"])
        staging.stage(Chunk(1, rows))
        clusters, linked = _write_links(connection)
        _, rejects = staging.rejected_rows()
        if rejects:
            raise StateError(rejects[0].reason)
    return Linked(cluster, clusters > 0, linked, len(rows) - linked)


def unlink(connection: psycopg.Connection, address: str) -> str:
    """End the link of an address; returns the cluster it was linked to.

    Raises StateError for an address that is not linked.
    """
    cluster: str | None = database.value(
        connection, query("wallets_unlink"), {"address": lowered(address)}
    )
    if cluster is None:
        raise StateError(f"address {address} is not linked")
    return cluster


def _create_table(connection: psycopg.Connection) -> Table:
    """Create the temporary table whose constraints a row of a file of wallets must satisfy."""
    connection.execute(query("wallets_table"))
    return Table.read(connection, "pg_temp", "wallets")


def _write_links(connection: psycopg.Connection) -> tuple[int, int]:
    """Write the staged links and reject those that conflict; returns the numbers of new clusters
    and links.

    Each round writes the rows that conflict neither with stored links nor with an earlier row of
    the file, and then compares the remaining rows with what is stored now. Usually there is one
    round. Where another session links an address first, the row is a conflict in the next round.
    """
    clusters = linked = 0
    connection.execute(query("wallets_staged"))
    try:
        connection.execute(query("wallets_delete_processed"))
        while connection.execute(query("wallets_select")).rowcount:
            clusters += connection.execute(query("wallets_clusters")).rowcount
            connection.execute(query("wallets_discord_ids"))
            linked += connection.execute(query("wallets_links")).rowcount
            connection.execute(query("wallets_delete_processed"))
    # somebody has merged the account meanwhile
    except psycopg.errors.RaiseException as error:
        raise StateError(error.diag.message_primary or str(error)) from None
    except psycopg.errors.UniqueViolation as error:
        raise HedgeError(
            "a discord_id was given to another cluster at the same time; try again"
        ) from error
    connection.execute(query("wallets_rejects"))
    return clusters, linked
