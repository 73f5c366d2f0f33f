"""The loader: files of facts into the raw tables, whatever the files are like.

with database.connect() as connection:
    summary = load(connection, "pvp_matches", "matches.csv")
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from hedge.loading.sources import opened
from hedge.loading.staging import Rejection, Staging
from hedge.loading.storing import has_versions, leave_out, upsert, wait_for_turn
from hedge.loading.tables import Table, raw_table

__all__ = ["Rejection", "Report", "Summary", "Table", "load", "take"]

#: Called with what is being done, how much is done and of how much (None: not known).
Report = Callable[[str, float, float | None], None]


@dataclass(frozen=True)
class Summary:
    """What became of the rows of a file.

    `unchanged`: stored as they are already, or overruled by a later row of the file.
    `left_out`: versions that change nothing. `rejects`: the first few of the `rejected`, all of
    which stand in raw.rejected_rows. Without a strict refusal the counts add up to `read`.
    """

    table: str
    file: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    left_out: int
    rejected: int
    rejects: list[Rejection]


def load(
    connection: psycopg.Connection,
    table: str,
    source: str,
    *,
    strict: bool = False,
    report: Report | None = None,
) -> Summary:
    """Load a file (`-`: standard input) into a raw table, in one transaction.

    Rows upsert on the natural key, the last of equal keys in the file wins, and only columns
    that the file has are set. Rows that break the contract go to raw.rejected_rows; `strict`
    then loads none of the others either.

    Raises UsageError for a table, file or column that is not there, HedgeError for a file
    that cannot be read to its end; nothing is written then.
    """
    file = str(source)
    with connection.transaction():
        target = raw_table(connection, table)
        staging, given = take(connection, target, file, report)
        staging.keep_rejects(target.name, file)
        rejected, rejects = staging.rejects()
        inserted = updated = unchanged = left_out = 0
        if not (strict and rejected):
            if report:
                report(f"{file}: storing", 0, None)
            wait_for_turn(connection, target)
            left_out = leave_out(connection, target, given) if has_versions(target) else 0
            inserted, updated = upsert(connection, target, given)
            unchanged = staging.read - rejected - left_out - inserted - updated
    return Summary(
        target.name, file, staging.read, inserted, updated, unchanged, left_out, rejected, rejects
    )


def take(
    connection: psycopg.Connection, table: Table, file: str, report: Report | None = None
) -> tuple[Staging, list[str]]:
    """Read a file into a Staging; also the names of the columns that the file gives."""
    with opened(file, table) as (source, progress):
        staging = Staging(connection, table, source.columns)
        for block in source.blocks():
            staging.take(block)
            if report:
                report(f"{file}: reading", *progress())
    return staging, [name for name in source.columns if name in source.given]
