"""Renames: what an edited project calls otherwise than what is live.

The seed renames declares them, and app.renames records those that deploys have carried out, from
which an undo, or an edit that takes a rename out, finds the way back. SQL decides what is renamed
and what is ambiguous (hedge/sql/renames_of_edit.sql).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge.analysis import board_metrics
from hedge.counting import counted
from hedge.errors import raise_faults
from hedge.project import seed_checks, seed_files
from hedge.queries import query

Kind = Literal["challenge", "tier", "metric"]


@dataclass(frozen=True)
class Rename:
    """A name that becomes another one. Tiers are CHALLENGE.TIER, with the challenge as the edited
    project calls it, and metrics SOURCE.METRIC."""

    kind: Kind
    old_name: str
    new_name: str

    def __str__(self) -> str:
        """The rename as a sentence."""
        follows = {
            "challenge": "its progress, unlocks and weights follow",
            "tier": "its unlocks follow",
            "metric": "its values and boards follow",
        }
        return (
            f"{self.kind} {self.old_name} is renamed to {self.new_name}: {follows[self.kind]}, "
            "and nobody wins or loses anything by that"
        )


def of_edit(connection: psycopg.Connection, project: Path, *, refuse: bool = True) -> list[Rename]:
    """The renames that a project would carry out if it went live.

    Where it is ambiguous what became of something that players have, a HedgeError names it, a line
    each; without refuse, as when an earlier project goes live again, that is passed over.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            query("renames_of_edit"),
            {"declared": Jsonb(_declared(project)), "edited": Jsonb(names(project))},
        ).fetchall()
    if refuse:
        raise_faults([_sentence(row) for row in found if row["fault"]])
    return [
        Rename(row["kind"], row["old_name"], row["new_name"]) for row in found if not row["fault"]
    ]


def renamed_boards(
    boards: Sequence[Mapping[str, Any]], renames: Sequence[Rename]
) -> list[dict[str, Any]]:
    """Boards, as rows of app.board_metrics, with the metrics as they are called after the
    renames."""
    new_names = {one.old_name: one.new_name for one in renames if one.kind == "metric"}
    found = []
    for board in boards:
        changed = dict(board)
        for place, metric in board_metrics.of(board).items():
            if metric in new_names:
                changed |= board_metrics.at(place, new_names[metric])
        found.append(changed)
    return found


def create_table(connection: psycopg.Connection, renames: Sequence[Rename]) -> None:
    """Create the temporary table renames, which queries read, for the session."""
    connection.execute("drop table if exists pg_temp.renames cascade")
    connection.execute(
        "create temporary table renames as select * from"
        " jsonb_to_recordset(%s) as given (kind text, old_name text, new_name text)",
        [Jsonb([dataclasses.asdict(one) for one in renames])],
    )


def _declared(project: Path) -> list[dict[str, str]]:
    return [row.values for row in _rows(project, "renames")]


def names(project: Path) -> list[dict[str, str]]:
    """The names of a project, and the metric and state of each challenge."""
    return [
        *(
            {
                "kind": "challenge",
                "name": row["key"],
                "metric": f"{row['metric_source']}.{row['metric_key']}",
                "state": row["state"],
            }
            for row in _rows(project, "challenges")
        ),
        *(
            {"kind": "tier", "name": f"{row['challenge_key']}.{row['tier_code']}"}
            for row in _rows(project, "challenge_tiers")
        ),
        *(
            {"kind": "metric", "name": f"{row['metric_source']}.{row['metric_key']}"}
            for row in _rows(project, "metrics")
        ),
    ]


def _rows(project: Path, seed: str) -> list[seed_files.Row]:
    """The rows of a seed; none where the project lacks it, as one of an older version does."""
    return seed_files.rows(project, seed) if seed in seed_checks.seed_names(project) else []


def _sentence(row: Mapping[str, Any]) -> str:
    """Why a change is refused, and what to do."""
    kind, old, new = row["kind"], row["old_name"], row["new_name"]
    clusters = counted(row["clusters"] or 0, "cluster has", "clusters have")
    declared = f"seeds/renames.csv: the {kind} {old} cannot become {new}"
    if row["fault"] == "is live beside it":
        return (
            f"{declared}, because {new} is live, too, and what players have of two cannot be told "
            f"apart afterwards: keep the {kind} {old}, or delete the line"
        )
    if row["fault"] == "is the new name of several":
        return f"{declared}, because something else does: name one {kind} of the past for it"
    if row["fault"] == "has unlocks of its own":
        return (
            f"{declared}, because players have unlocks of a former {kind} of that name: choose "
            "another name"
        )
    if row["fault"] == "is not gone":
        return (
            f"{declared}, because {old} is still in its seed: delete it there, or delete the line"
        )
    rename = f"add `{kind},{old},{new}` to seeds/renames.csv if that is its new name"
    if row["fault"] == "has unlocks":
        return (
            f"the challenge {old}, of which {clusters} unlocks, is deleted from "
            "seeds/challenges.csv: give it the state retired, which keeps what they have"
            + (f", or {rename}" if new else "")
        )
    if row["fault"] == "becomes a draft":
        return (
            f"the challenge {old}, of which {clusters} unlocks, becomes a draft, which nobody can "
            "have progress in: give it the state retired, which keeps what they have"
        )
    return (
        f"the tier {old}, which {clusters} unlocked, is gone and {new} is new: "
        f"{rename}; otherwise deploy the ladder without {old} first, and {new} after it"
    )
