"""The previews of exclusions that admins have asked for: rows of app.exclusion_previews.

A worker computes them (hedge/analysis/asked_previews.py), because the service loads no dbt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.rows import dict_row

from hedge import database
from hedge.errors import UsageError
from hedge.exclusions.moves import ExclusionPreview
from hedge.exclusions.records import NewExclusion, new_exclusions, require_ending
from hedge.queries import query


@dataclass(frozen=True)
class AskedPreview:
    """A preview that was asked for: of a new exclusion, or of the end of the one of a number.

    proposal names the proposal of a rule that it is about; clusters are those that would be
    excluded, each as wanted says, where there are several. answer is who would move; error is why
    it cannot be computed, in a sentence. has_worker says whether a worker lives that could compute
    it.
    """

    preview_id: int
    wanted: NewExclusion | None
    exclusion_id: int | None
    asked_at: datetime
    asked_by: str
    proposal: str | None
    clusters: list[str]
    finished_at: datetime | None
    answer: ExclusionPreview | None
    error: str | None
    has_worker: bool

    @property
    def state(self) -> Literal["waiting", "done", "failed"]:
        """How far it is."""
        if self.finished_at is None:
            return "waiting"
        return "failed" if self.answer is None else "done"


def ask(
    connection: psycopg.Connection,
    what: NewExclusion | int,
    by: str,
    caused_by: str | None = None,
    proposal: str | None = None,
    clusters: Sequence[str] = (),
) -> int:
    """Ask a worker who would move if an exclusion were made, or the one of a number were ended.
    proposal names the proposal of a rule that it is about, clusters those that would be excluded
    instead of the one, where there are several. Returns the number of the preview. A UsageError
    says what could not be made or ended."""
    wanted = None
    if isinstance(what, int):
        require_ending(connection, what)
    else:
        checked = new_exclusions(connection, what, clusters)
        wanted = msgspec.json.encode(checked[0]).decode()
    given = {
        "wanted": wanted,
        "exclusion": what if isinstance(what, int) else None,
        "by": by,
        "proposal": proposal,
        "caused_by": caused_by,
        "clusters": list(clusters),
    }
    number: int = database.value(connection, query("exclusion_previews_ask"), given)
    return number


def found(connection: psycopg.Connection, number: int) -> AskedPreview:
    """A preview by its number; a UsageError where there is none, because it was a day ago or an
    account was deleted since."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("exclusion_previews_found"), {"preview": number}).fetchone()
    if row is None:
        raise UsageError(f"no preview {number}: it is kept for a day, ask for another")
    return msgspec.convert(row, AskedPreview)


def as_stored(fields: dict[str, Any]) -> NewExclusion:
    """A wanted exclusion from the JSON of its row."""
    return msgspec.convert(fields, NewExclusion)


def do_wait(connection: psycopg.Connection) -> bool:
    """Whether a preview waits to be computed."""
    return bool(database.value(connection, query("exclusion_previews_wait")))
