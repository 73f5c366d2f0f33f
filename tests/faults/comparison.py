"""What runs have computed, and what a new database computes from the same facts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hedge import boards, database, runs
from hedge.queries import query
from tests import prepared_server
from tests.support import Marts, marts, without_instants

#: What a database with the same clusters and boards has in common.
ACCOUNTS = (
    *("app.players", "app.wallet_clusters", "app.wallet_links"),
    *("app.seasons", "app.season_challenge_weights", "app.leaderboard_defs"),
)

Entries = dict[str, list[tuple]]


@dataclass
class Computed:
    """What runs have computed: the marts, the tiers that stand, and the entries of the boards of
    which the period is over."""

    marts: Marts
    tiers: set[tuple]
    entries: Entries

    @classmethod
    def read(cls, connection: psycopg.Connection, as_of: datetime) -> "Computed":
        found = without_instants(marts(connection))
        del found["tier_unlocks"]
        # windows of boards, named by numbers of their runs, stay until the next full run
        found["cluster_metrics"] = {
            key: row
            for key, row in found["cluster_metrics"].items()
            if not row["window_key"].startswith("run:")
        }
        # One that fell for another reason than a correction stays unlocked.
        tiers = connection.execute(
            "select cluster_id, challenge_key, tier_code from analytics.tier_unlocks"
            " where revoked_at is null and fell_at is null and kind = 'TIER'"
        )
        entries: Entries = {
            key: []
            for (key,) in connection.execute(
                "select leaderboard_key from app.latest_board_runs where period_end <= %s", [as_of]
            )
        }
        rows = connection.execute(
            "select runs.leaderboard_key, rank, cluster_id, score, tiebreaker"
            " from analytics.leaderboard_entries as entries"
            " inner join app.latest_board_runs as runs on entries.run_id = runs.id"
            " order by runs.leaderboard_key, rank, cluster_id"
        )
        for key, *entry in rows:
            if key in entries:
                entries[key].append(tuple(entry))
        return cls(found, set(tiers), entries)

    def differences(self, expected: "Computed") -> list[str]:
        """What differs from what is expected, a line each: marts, tiers, then boards."""
        return [
            *(line for mart in expected.marts for line in self._of_mart(mart, expected)),
            *(f"a tier that is not reached: {tier}" for tier in self.tiers - expected.tiers),
            *(f"a tier is missing: {tier}" for tier in expected.tiers - self.tiers),
            *self._of_boards(expected),
        ]

    def _of_mart(self, mart: str, expected: "Computed") -> list[str]:
        mine, theirs = self.marts[mart], expected.marts[mart]
        lines = []
        for key in sorted(mine.keys() | theirs.keys(), key=str):
            if key not in mine:
                lines.append(f"{mart} {key} is missing")
            elif key not in theirs:
                lines.append(f"{mart} {key} is too much")
            elif mine[key] != theirs[key]:
                cells = [
                    f"{name} {mine[key].get(name)}, not {value}"
                    for name, value in theirs[key].items()
                    if mine[key].get(name) != value
                ]
                lines.append(f"{mart} {key}: {'; '.join(cells)}")
        return lines

    def _of_boards(self, expected: "Computed") -> list[str]:
        lines = []
        for key, theirs in sorted(expected.entries.items()):
            mine = self.entries.get(key)
            if mine is None:
                lines.append(f"board {key} was not computed")
            elif mine != theirs:
                too_much, missing = set(mine) - set(theirs), set(theirs) - set(mine)
                lines.append(
                    f"board {key} has {sorted(too_much, key=str)[:5]}, not"
                    f" {sorted(missing, key=str)[:5]}"
                )
        return lines


def run_everything_due(as_of: datetime, run: Callable[..., Any]) -> None:
    """A run over all changes, then the boards that are due."""
    run(as_of=as_of)
    boards.run(mode="DUE", as_of=as_of)


def computed_from_nothing(connection: psycopg.Connection, url: str, as_of: datetime) -> Computed:
    """What a new database computes into which everything is copied that is there now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", url)
        with database.connect() as fresh:
            raw = [f"raw.{table}" for (table,) in connection.execute(query("load_tables"))]
            for table in [*ACCOUNTS, *raw]:
                copy(connection, fresh, table)
            run_everything_due(as_of, runs.full)
            return Computed.read(fresh, as_of)


def require_equal_to_a_new_database(
    connection: psycopg.Connection, server: str, template: str
) -> Computed:
    """Compute everything that is due as of now; what is there then is what a new database of the
    server computes from the same facts. Returns it."""
    as_of = datetime.now(UTC)
    run_everything_due(as_of, runs.incremental)
    found = Computed.read(connection, as_of)
    nothing = prepared_server.create_database(server, "nothing", template)
    try:
        differences = found.differences(computed_from_nothing(connection, nothing, as_of))
    finally:
        prepared_server.drop_database(server, "nothing")
    assert differences == [], differences
    return found


def copy(source: psycopg.Connection, target: psycopg.Connection, table: str) -> None:
    """Copy the rows of a table into an empty one."""
    name = sql.Identifier(*table.split("."))
    with (
        source.cursor().copy(sql.SQL("copy {} to stdout").format(name)) as reading,
        target.cursor().copy(sql.SQL("copy {} from stdin").format(name)) as writing,
    ):
        for data in reading:
            writing.write(data)
