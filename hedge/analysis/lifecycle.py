"""What an edit ends of what players have, as sentences: challenges that are retired, deleted or
live again, and tiers that are removed. Renames end nothing (hedge/analysis/renames.py)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge.analysis import renames
from hedge.analysis.renames import Rename
from hedge.counting import counted
from hedge.queries import query


def notes(connection: psycopg.Connection, project: Path, renamed: Sequence[Rename]) -> list[str]:
    """What the project renames and ends, a sentence each."""
    renames.create_table(connection, renamed)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            query("lifecycle_of_edit"), {"edited": Jsonb(renames.names(project))}
        ).fetchall()
    return [*map(str, renamed), *map(_sentence, found)]


def _sentence(row: Mapping[str, Any]) -> str:
    unlocks = counted(row["unlocks"], "unlock")
    clusters = counted(row["clusters"], "cluster")
    if row["change"] == "retired":
        return (
            f"challenge {row['name']} is retired: the {unlocks} of {clusters} and the "
            f"{row['points']:,f} points that it gave in active seasons stay, and it gives no more"
        )
    if row["change"] == "live again":
        return (
            f"challenge {row['name']} is live again: its progress and points are computed from all "
            f"facts, also from those of the time since; the {unlocks} of {clusters} stay"
        )
    if row["change"] == "deleted":
        return (
            f"challenge {row['name']} is deleted: nobody has unlocks of it; its progress and the "
            f"{row['points']:,f} points that it gave in active seasons go with the next run"
        )
    return (
        f"tier {row['name']} is removed: the {unlocks} of {clusters} stay as history and are shown "
        "nowhere as long as the tier is away"
    )
