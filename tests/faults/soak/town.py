"""What a soak begins with: facts of the demo world, shifted to today, wallets, boards, a season."""

import csv
import random
import re
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from hedge import boards, loading, seasons, wallets, world
from hedge.boards import Board
from hedge.seasons import Season
from tests.integration.changes.hostile import columns_of, stored_facts
from tests.oracle.shapes import Row

#: The number of clusters in the world, and of those whose wallets are linked at the beginning.
CLUSTERS, LINKED = 120, 80
#: Clusters whose wallets an operator links and unlinks.
MOVED = 8
#: What boards rank, and by which kind of period. max_entries is large enough for everybody.
RANKED = {
    "wins-daily": ("onchain_pvp.wins", "DAILY"),
    "wins-weekly": ("onchain_pvp.wins", "WEEKLY"),
    "hunts": ("onchain_hunting.wins", "MONTHLY"),
    "battles": ("onchain_metis_patrol.wins", "MONTHLY"),
    "prestige": ("meta_profile.summoning_prestige_score", "WEEKLY"),
    "lp": ("onchain_lp.lp_usd_value", "MONTHLY"),
    "points": ("season_progress.spring", "SEASON"),
}
#: The board that players ask for; its period goes on, so that it is compared with nothing.
ASKED_FOR = "asked-for"
SEASON = "spring"
#: Cells of the world's files with a day, or an instant.
_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)(T.*)?$")


class Town:
    """What is there and what may still happen: facts by table, of which some are not known yet,
    clusters by name, and addresses that nobody has linked."""

    def __init__(self, connection: psycopg.Connection, seed: int) -> None:
        """Fill a deployed database."""
        dice = random.Random(f"{seed} town")
        self.facts: dict[str, list[Row]] = {}
        self.moved: list[str] = []
        self.settled: set[str] = set()
        self.addresses: list[str] = []
        with tempfile.TemporaryDirectory() as folder, connection.transaction():
            files = world.write_world(Path(folder), clusters=CLUSTERS, seed=seed)
            shift = datetime.now(UTC).date() - world.AS_OF.date()
            self._link(connection, files.pop("wallets"), dice)
            for table, file in files.items():
                _shift(file, shift)
                loading.load(connection, table, str(file), strict=True)
                self._hold_back(connection, table, dice)
        _put_season(connection)
        _put_boards(connection)

    def _link(self, connection: psycopg.Connection, file: Path, dice: random.Random) -> None:
        """Link the wallets of some clusters; the others' are there for new players."""
        rows = list(csv.DictReader(file.open()))
        names = list(dict.fromkeys(row["cluster_id"] for row in rows))
        linked = dice.sample(names, LINKED)
        self.addresses = [row["address"] for row in rows if row["cluster_id"] not in linked]
        with file.open("w", newline="") as writing:
            writer = csv.DictWriter(writing, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if row["cluster_id"] in linked)
        wallets.import_wallets(connection, str(file))
        self.moved, self.settled = linked[:MOVED], set(linked[MOVED:])

    def _hold_back(self, connection: psycopg.Connection, table: str, dice: random.Random) -> None:
        """Take a third of the facts away, as if they had not happened yet."""
        rows = sorted(stored_facts(connection, table), key=str)
        self.facts[table] = rows
        key, _ = columns_of(connection, table)
        statement = sql.SQL("delete from raw.{} where {}").format(
            sql.Identifier(table),
            sql.SQL(" and ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
                for name in key
            ),
        )
        keys = [{name: row[name] for name in key} for row in rows if dice.random() < 1 / 3]
        connection.cursor().executemany(statement, keys)
        connection.execute("delete from raw.removed_facts")


def _shift(file: Path, shift: timedelta) -> None:
    """Move all days and instants of a file by some days."""

    def shifted(cell: str) -> str:
        found = _DAY.match(cell)
        if not found:
            return cell
        day = datetime.fromisoformat(found[1]) + shift
        return f"{day:%Y-%m-%d}{found[2] or ''}"

    header, *rows = csv.reader(file.read_text().splitlines())
    with file.open("w", newline="") as writing:
        csv.writer(writing).writerows([header, *(map(shifted, row) for row in rows)])


def _put_boards(connection: psycopg.Connection) -> None:
    for key, (metric, window) in [*RANKED.items(), (ASKED_FOR, RANKED["wins-daily"])]:
        source, name = metric.split(".")
        boards.add(
            connection,
            Board(
                key=key,
                name=key,
                category_key="pvp_competition",
                metric_source=source,
                metric_key=name,
                time_window=window,
                is_active=key != ASKED_FOR,
                max_entries=100_000,
                corrected_for_days=90,
            ),
        )


def _put_season(connection: psycopg.Connection) -> None:
    """A season that has ended today and gets points for what is corrected."""
    midnight = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    begins = midnight - timedelta(days=60)
    seasons.add(connection, Season(SEASON, "Spring", begins, midnight, True, "SEASON"))
    weights = [{"challenge_key": "arena_victor", "weight": "1.5"}]
    seasons.put_weights(connection, SEASON, weights)
