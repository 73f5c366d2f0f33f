"""Which wallet is whose: clusters (persons), their players and the links of their wallets."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from hedge.errors import HedgeError
from hedge.loading import Rejection, Report, Table, take
from hedge.loading.sources import Block, Row
from hedge.loading.staging import Staging
from hedge.queries import query


@dataclass(frozen=True)
class Imported:
    """What became of the rows of a file of wallets.

    `clusters` and `linked`: how many were made. `unchanged`: rows whose link stood already, or
    stands twice in the file. `rejects`: the first few of the `rejected`, all of which stand in
    raw.rejected_rows.
    """

    file: str
    read: int
    clusters: int
    linked: int
    unchanged: int
    rejected: int
    rejects: list[Rejection]


@dataclass(frozen=True)
class Linked:
    """How many addresses were linked to a cluster, and how many were before."""

    cluster: str
    is_new: bool
    linked: int
    unchanged: int


def import_wallets(
    connection: psycopg.Connection, source: str, *, report: Report | None = None
) -> Imported:
    """Make players, clusters and links of a file: cluster_id, address[, chain][, discord_id].

    The same file again changes nothing. Of rows that contradict each other the first counts.
    Raises UsageError for a file or column that is not there.
    """
    file = str(source)
    with connection.transaction():
        staging, _ = take(connection, _table(connection), file, report)
        clusters, linked = _write_links(connection)
        staging.keep_rejects("wallets", file)
        rejected, rejects = staging.rejects()
    unchanged = staging.read - linked - rejected
    return Imported(file, staging.read, clusters, linked, unchanged, rejected, rejects)


def link(
    connection: psycopg.Connection,
    cluster: str,
    addresses: Iterable[str],
    chain: str = "DFKCHAIN",
) -> Linked:
    """Link addresses to a cluster, all or none; the cluster is made when it is new.

    Raises HedgeError for an address that is none, or is active in another cluster.
    """
    rows = [Row(line, [cluster, address, chain]) for line, address in enumerate(addresses, 1)]
    with connection.transaction():
        staging = Staging(connection, _table(connection), ["cluster_id", "address", "chain"])
        staging.take(Block(1, None, lambda: rows))
        clusters, linked = _write_links(connection)
        _, rejects = staging.rejects()
        if rejects:
            raise HedgeError(rejects[0].reason)
    return Linked(cluster, clusters > 0, linked, len(rows) - linked)


def unlink(connection: psycopg.Connection, address: str) -> str:
    """End the link of an address now; return the cluster it belonged to.

    Raises HedgeError for an address that is not linked.
    """
    ended = connection.execute(query("wallets_unlink"), {"address": address.lower()}).fetchone()
    if ended is None:
        raise HedgeError(f"address {address} is not linked")
    return ended[0]


def _table(connection: psycopg.Connection) -> Table:
    connection.execute(query("wallets_table"))
    return Table.read(connection, "pg_temp", "wallets")


def _write_links(connection: psycopg.Connection) -> tuple[int, int]:
    """Write what was staged and reject what conflicts; how many clusters and links are new.

    In rounds: what conflicts neither with what stands nor with an earlier row is written, then
    the rest is looked at again. One round is the rule. A race that is lost to another session
    is a conflict in the next round.
    """
    clusters = linked = 0
    connection.execute(query("wallets_staged"))
    try:
        connection.execute(query("wallets_delete_processed"))
        while connection.execute(query("wallets_choose")).rowcount:
            clusters += connection.execute(query("wallets_clusters")).rowcount
            connection.execute(query("wallets_discord_ids"))
            linked += connection.execute(query("wallets_links")).rowcount
            connection.execute(query("wallets_delete_processed"))
    except psycopg.errors.UniqueViolation as error:
        raise HedgeError(
            "a discord_id was given to another cluster at the same time; try again"
        ) from error
    connection.execute(query("wallets_rejects"))
    return clusters, linked
