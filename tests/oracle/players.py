"""A world in one window, and its clusters, with the look-ups that the metrics share."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from .genes import Ancestry
from .shapes import Lists, Row, Window, World

Value = int | Decimal | bool

Metrics = dict[tuple[str, str], Value]

EXACT_DIGITS = 400
"""Enough for exact sums and products of numeric(38,18) and numeric(30,12)."""

METIS = 1088


@dataclass(frozen=True)
class Player:
    """A cluster with the addresses of its active links: those that count, and all of them."""

    cluster_id: str
    wallets: frozenset[str]
    linked: frozenset[str]
    discord_id: str | None


class Scene:
    """A world in one window, with the look-ups that all clusters share."""

    def __init__(self, world: World, window: Window, lists: Lists):
        """Build the look-ups."""
        self.world, self.window, self.lists = world, window, lists
        self._tables: dict[str, list[Row]] = {}
        self.ancestry = Ancestry(self.table("hero_summons"), self.table("heroes"), lists)
        self.heroes = self._latest("heroes", ("hero_id",))
        self.pets = self._latest("pets", ("pet_id",))
        self.battles = {
            row["battle_id"]: row for row in self.table("metis_battles") if row["chain_id"] == METIS
        }
        self._said_official: dict[tuple[int, int], bool] = {}
        for row in self.table("tournament_entries"):
            key = row["chain_id"], row["tournament_id"]
            self._said_official[key] = self._said_official.get(key, False) or row["is_official"]
        self._by_wallet: dict[tuple[str, str], dict[str, list[Row]]] = {}

    def table(self, name: str) -> list[Row]:
        """All rows of a raw table."""
        if name not in self._tables:
            self._tables[name] = self.world.counted(name)
        return self._tables[name]

    def player(self, cluster_id: str) -> Player:
        """A cluster with its active wallets and its Discord id."""
        linked = frozenset(
            link.address
            for link in self.world.links
            if link.cluster_id == cluster_id and link.active
        )
        excluded = [one for one in self.world.exclusions if one.is_of_everything]
        if any(one.cluster == cluster_id for one in excluded):
            return Player(cluster_id, frozenset(), linked, None)
        return Player(
            cluster_id=cluster_id,
            wallets=linked - {one.wallet for one in excluded},
            linked=linked,
            discord_id=self.world.discord_ids.get(cluster_id),
        )

    def is_official(self, chain_id: int, tournament_id: int) -> bool:
        """Whether one entry row of the tournament says that it is official, or it has no row."""
        return self._said_official.get((chain_id, tournament_id), True)

    def rows(self, player: Player, table: str, wallet: str = "wallet_address") -> list[Row]:
        """All rows of a table, of any time, whose wallet column is the player's."""
        if (table, wallet) not in self._by_wallet:
            grouped = defaultdict(list)
            for row in self.table(table):
                grouped[row[wallet]].append(row)
            self._by_wallet[table, wallet] = grouped
        grouped = self._by_wallet[table, wallet]
        return [row for address in player.wallets for row in grouped.get(address, [])]

    def rows_inside(
        self, player: Player, table: str, at: str, wallet: str = "wallet_address"
    ) -> list[Row]:
        """The player's rows of a table whose time column lies in the window."""
        return [row for row in self.rows(player, table, wallet) if self.window.holds(row[at])]

    def _latest(self, table: str, identity: tuple[str, ...]) -> list[Row]:
        """The latest version before the end of the window, per identity."""
        latest: dict[tuple, Row] = {}
        # Versions of equal time are ordered by the natural key, of which chain_id is the last part.
        for row in sorted(
            self.table(table),
            key=lambda row: (row["updated_at"], row.get("chain_id", 0)),
        ):
            if row["updated_at"] < self.window.ends_at:
                latest[tuple(row[part] for part in identity)] = row
        return list(latest.values())
