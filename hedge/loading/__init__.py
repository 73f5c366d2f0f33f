"""The loader: writes files of facts into the raw tables.

with database.connect() as connection:
    summary = load(connection, "pvp_matches", "matches.csv")

sources    parses files into rows: a module for each format
reading    how the text of a value becomes the value of a column
staging    reads and checks the rows in temporary tables
versions   leaves out versions of heroes and pets that change nothing
merging    what is stored of facts of which logs are known as well
storing    writes the staged rows into the table
removing   deletes what a file names, or lacks
tables     columns, key and check constraints of a table
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from hedge.errors import HedgeError
from hedge.loading import merging, removing
from hedge.loading.removing import MayRemove, Span
from hedge.loading.sources import open_source
from hedge.loading.staging import RejectedRow, Staging
from hedge.loading.storing import lock_loads, upsert
from hedge.loading.tables import Table, raw_table
from hedge.loading.versions import compared_versions, restore_left_out

__all__ = [
    "MayRemove",
    "RejectedRow",
    "Removal",
    "Report",
    "Span",
    "Summary",
    "Table",
    "load",
    "remove",
    "stage_file",
]

#: Called with a description of the current step, how much of it is done, and the total (None:
#: unknown).
Report = Callable[[str, float, float | None], None]


@dataclass(frozen=True)
class Summary:
    """The number of rows of a file by what was done with them.

    `unchanged`: the row equals the stored row. `repeated`: a later row of the file has the same
    key. `left_out`: versions that equal the version before them. `rejects`: the first few of the
    `rejected` rows, all of which are in raw.rejected_rows. The counts add up to `read`, unless
    `strict` refused the file; all but `restored`: versions that earlier files left out and that
    became rows, because they do not equal the version before them any more; and `removed`: the
    stored facts that a file which replaces a span lacks. `kept_for_log`: the row says a fact of
    which a log is known, whose values stay; `differing` of these rows have another value.
    """

    table: str
    file: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    repeated: int
    left_out: int
    restored: int
    rejected: int
    rejects: list[RejectedRow]
    removed: int = 0
    kept_for_log: int = 0
    differing: int = 0


@dataclass(frozen=True)
class Removal:
    """The number of keys of a file by what was done with them.

    `unknown`: no fact with this key is stored. `repeated`: another row has the same key.
    `forgotten`: the fact had been removed before, and its values were deleted now; such a key
    is `unknown` too. `kept_for_log`: a log of the fact is known, so that it stays, and what files
    say of it is forgotten. `removed`, `unknown`, `repeated`, `rejected` and `kept_for_log` add up
    to `read`.
    """

    table: str
    file: str
    read: int
    removed: int
    unknown: int
    repeated: int
    forgotten: int
    rejected: int
    rejects: list[RejectedRow]
    kept_for_log: int = 0


def load(
    connection: psycopg.Connection,
    table: str,
    source: str,
    *,
    strict: bool = False,
    replaces: Span | None = None,
    may_remove: MayRemove = lambda lacking, stored: True,
    report: Report | None = None,
) -> Summary:
    """Load a file (`-`: standard input) into a raw table, in one transaction.

    Rows are upserted by the natural key. Of several rows with the same key the last one counts,
    and only columns that the file has are set. Rows that violate a constraint of the table are
    recorded in raw.rejected_rows; with `strict` the other rows are not loaded either.

    With `replaces`, the file is all there is of a span: stored facts of the span that it lacks are
    removed, if `may_remove` says so.

    Raises UsageError for a table, file or column that does not exist, a row outside of the span, a
    file that cannot be read to its end, and where may_remove says no; nothing is written then.
    Raises HedgeError for a file that replaces a span and has a rejected row, and is not all there
    is; only its rejected rows are recorded then.
    """
    file = str(source)
    with connection.transaction():
        target = raw_table(connection, table)
        if replaces:
            removing.require_watched(connection, target)
        staging, columns = stage_file(connection, target, file, report)
        staging.record_rejected_rows(target.name, file)
        rejected, rejects = staging.rejected_rows()
        inserted = updated = unchanged = repeated = left_out = restored = removed = 0
        known_again = 0
        kept = merging.Kept(0, 0)
        if not (rejected and (strict or replaces)):
            if report:
                report(f"{file}: storing", 0, None)
            lock_loads(connection, target)
            if replaces:
                removing.explain_removal(
                    connection, f"missing in {file}, which replaces {replaces}", file
                )
                removed, known_again = removing.delete_missing(
                    connection, target, replaces, file, may_remove
                )
            kept = merging.merge_staged(connection, target, columns, file)
            with compared_versions(connection, target, columns) as (left_out, restored):
                stored = upsert(connection, target, columns)
            inserted, updated = stored.inserted, stored.updated
            unchanged = stored.keys - inserted - updated
            repeated = staging.read - rejected - left_out - stored.keys - kept.for_logs
    if replaces and rejected:
        raise HedgeError(
            f"{file} replaces nothing, because {rejected} of its rows are rejected"
            f" (in raw.rejected_rows); the first: line {rejects[0].line}: {rejects[0].reason}"
        )
    return Summary(
        target.name,
        file,
        read=staging.read,
        inserted=inserted,
        updated=updated,
        unchanged=unchanged,
        repeated=repeated,
        left_out=left_out,
        restored=restored + known_again,
        rejected=rejected,
        rejects=rejects,
        removed=removed,
        kept_for_log=kept.for_logs,
        differing=kept.differing,
    )


def remove(
    connection: psycopg.Connection,
    table: str,
    source: str,
    *,
    reason: str | None = None,
    forget: bool = False,
    report: Report | None = None,
) -> Removal:
    """Remove the facts whose keys a file (`-`: standard input) has, in one transaction.

    A removed fact is kept in raw.removed_facts; with `forget` only its key and time are kept, also
    of facts that were removed before. Other columns than those of the key may be in the file and do
    not matter. A row that is no key is recorded in raw.rejected_rows, and the others are removed.
    A fact of which a log is known stays; what files said of it is forgotten.

    Raises UsageError and HedgeError as load() does.
    """
    file = str(source)
    with connection.transaction():
        target = raw_table(connection, table)
        removing.require_watched(connection, target)
        staging, _ = stage_file(connection, removing.keys_of(target), file, report)
        staging.record_rejected_rows(target.name, file)
        rejected, rejects = staging.rejected_rows()
        lock_loads(connection, target)
        removing.explain_removal(connection, reason or f"named in {file}", file, forget=forget)
        kept = merging.withdraw(connection, target, "hedge_staging")
        restore_left_out(connection, target, "hedge_staging")
        deleted = removing.delete_staged(connection, target, forget=forget)
    return Removal(
        target.name,
        file,
        read=staging.read,
        removed=deleted.removed,
        unknown=deleted.keys - deleted.removed,
        repeated=staging.read - rejected - deleted.keys - kept,
        forgotten=deleted.forgotten,
        rejected=rejected,
        rejects=rejects,
        kept_for_log=kept,
    )


def stage_file(
    connection: psycopg.Connection, table: Table, file: str, report: Report | None = None
) -> tuple[Staging, list[str]]:
    """Stage the rows of a file; returns the Staging and the names of the columns that the file
    has."""
    with open_source(file, table) as (source, progress):
        staging = Staging(connection, table, source.columns)
        for chunk in source.chunks():
            staging.stage(chunk)
            if report:
                report(f"{file}: reading", *progress())
    return staging, [name for name in source.columns if name in source.present]
