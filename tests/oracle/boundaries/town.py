"""A town of clusters: one for each boundary, with wallets, facts and numbers of its own."""

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..dice import KEYS
from ..instants import AS_OF
from ..shapes import Link, Lists, Row, World

#: An instant in the windows all_time and rolling_180d, and in no other.
RECENTLY = AS_OF - timedelta(days=10)
STRANGER = "0x" + "ff" * 20

OWN = "the wallet of the cluster"
NEXT = "a number that no other row of the town has"

PLAIN: dict[str, Row] = {
    "discord_interactions": dict(interaction_id=NEXT, discord_id=OWN, kind="COMMAND"),
    "hero_summons": dict(chain_id=53935, hero_id=NEXT, summoner_wallet=OWN, stat_genes=0),
    "heroes": dict(
        hero_id=NEXT, owner_wallet=OWN, main_class="Warrior", rarity=0, level=1, is_rented=False
    ),
    "hunting_drops": dict(
        chain_id=53935, hunt_id=1, wallet_address=OWN, item_address=STRANGER, amount=1
    ),
    "hunting_encounters": dict(
        chain_id=53935, hunt_id=NEXT, wallet_address=OWN, hunt_data_id=1, result="WIN"
    ),
    "influence_predictions": dict(battle_id=1, wallet_address=OWN, action="ADD", side=1),
    "jeweler_events": dict(
        wallet_address=OWN, action="DEPOSIT", jewel_amount=Decimal(1), cjewel_amount=Decimal(1)
    ),
    "lp_harvest_events": dict(wallet_address=OWN, chain_id=53935, pool_id=0),
    "lp_prices_daily": dict(chain_id=53935),
    "lp_stake_events": dict(
        wallet_address=OWN, chain_id=53935, pool_id=0, action="DEPOSIT", lp_amount=Decimal(1)
    ),
    "metis_battles": dict(chain_id=1088, battle_id=NEXT, winner_side=1),
    "metis_patrol_events": dict(chain_id=1088, patrol_id=NEXT, wallet_address=OWN, result="WIN"),
    "pets": dict(
        pet_id=NEXT, chain_id=53935, owner_wallet=OWN, rarity=0, family="cat", variant="NORMAL"
    ),
    "pvp_matches": dict(
        realm="DFK", match_id=NEXT, wallet_address=OWN, is_ranked=True, outcome="WIN"
    ),
    "quest_completions": dict(
        chain_id=53935, quest_id=NEXT, wallet_address=OWN, quest_instance_id=2, status=2
    ),
    "seasonal_event_actions": dict(
        event_key="frost", wallet_address=OWN, action_kind="QUEST", ref_id=NEXT
    ),
    "shell_events": dict(chain_id=1088, wallet_address=OWN, event_type="EARN", shell_amount=1),
    "shell_raffle_entries": dict(raffle_id=1, wallet_address=OWN),
    "shell_raffle_results": dict(raffle_id=NEXT, winner_wallet=OWN),
    "token_prices_daily": dict(token="JEWEL"),
    "tournament_entries": dict(
        chain_id=1088, tournament_id=NEXT, wallet_address=OWN, is_official=True
    ),
    "tournament_matches": dict(
        chain_id=1088, tournament_id=NEXT, player_a=OWN, player_b=STRANGER, winner_wallet=OWN
    ),
    "vendor_transactions": dict(
        chain_id=53935, wallet_address=OWN, method="buy", gold_amount=Decimal(1), direction="SPEND"
    ),
    "wallet_first_seen": dict(chain="dfk", address=OWN),
}
"""A plain row of each table, which counts where the table counts."""

READ = {
    "heroes": ("summoner_id", "assistant_id", "stat_genes"),
    "hero_summons": ("summoner_id", "assistant_id", "rarity"),
    "hunting_encounters": ("surviving_hero_count", "surviving_hero_hp"),
    "metis_battles": ("completed_at",),
    "metis_patrol_events": ("difficulty",),
    "pvp_matches": ("opponent_wallet", "hero_deaths"),
    "tournament_entries": ("final_rank", "ended_at"),
}
"""Columns that are read and NULL in a plain row."""

TIMES = {
    "discord_interactions": "occurred_at",
    "hero_summons": "summoned_at",
    "heroes": "updated_at",
    "hunting_drops": "dropped_at",
    "hunting_encounters": "encountered_at",
    "influence_predictions": "voted_at",
    "jeweler_events": "occurred_at",
    "lp_harvest_events": "harvested_at",
    "lp_stake_events": "occurred_at",
    "metis_battles": "completed_at",
    "metis_patrol_events": "completed_at",
    "pets": "updated_at",
    "pvp_matches": "matched_at",
    "quest_completions": "completed_at",
    "seasonal_event_actions": "occurred_at",
    "shell_events": "occurred_at",
    "shell_raffle_entries": "entered_at",
    "shell_raffle_results": "drawn_at",
    "tournament_entries": "registered_at",
    "tournament_matches": "completed_at",
    "vendor_transactions": "occurred_at",
    "wallet_first_seen": "first_tx_at",
}
"""The column with the time of a fact."""


class Town:
    """Collects the clusters and facts of a world."""

    def __init__(self, lists: Lists) -> None:
        """Begin with nobody."""
        self.lists = lists
        self.world = World(facts={table: [] for table in KEYS})
        self.numbers = itertools.count(1000)
        self.pools = itertools.count(1)

    def home(self, name: str) -> "Home":
        """A new cluster, called after what it shows, with a wallet and a Discord account."""
        # in the letters of which an id is made, and not longer than one may be
        name = re.sub("[^A-Za-z0-9_.]+", "-", name).strip("-._")[:64]
        assert name not in self.world.clusters, name
        self.world.clusters.append(name)
        number = next(self.numbers)
        self.world.discord_ids[name] = f"discord {number}"
        return Home(self, name, self.link(name), f"discord {number}")

    def link(self, cluster: str, active: bool = True) -> str:
        """A new wallet, with a link to a cluster."""
        wallet = f"0x{next(self.numbers):040x}"
        self.world.links.append(Link(cluster, wallet, active))
        return wallet

    def pool(self, **prices: str) -> int:
        """A new pool of DFK Chain with the prices of days, named as d20260615."""
        pool_id = next(self.pools)
        for day, usd in prices.items():
            self.put(
                "lp_prices_daily",
                price_date=datetime.strptime(day, "d%Y%m%d").date(),
                pool_id=pool_id,
                usd_per_lp=Decimal(usd),
            )
        return pool_id

    def put(
        self, table: str, at: datetime | None = None, own: str | None = None, **columns: Any
    ) -> Row:
        """Add a plain row with other values in some columns."""
        row = dict.fromkeys(READ.get(table, ())) | PLAIN[table]
        if table in TIMES:
            row[TIMES[table]] = at or RECENTLY
        if "tx_hash" in KEYS[table]:
            row |= {"tx_hash": f"0x{next(self.numbers):064x}", "log_index": 0}
        row |= columns
        number = next(self.numbers)
        for column, value in row.items():
            if value is NEXT:
                row[column] = str(number) if column in ("match_id", "ref_id") else number
            if value is OWN:
                row[column] = own
        self.world.facts[table].append(row)
        return row


class Home:
    """A cluster of the town."""

    def __init__(self, town: Town, name: str, wallet: str, discord_id: str) -> None:
        """Take what the town has made."""
        self.town, self.name, self.wallet, self.discord_id = town, name, wallet, discord_id

    def put(self, table: str, at: datetime | None = None, **columns: Any) -> Row:
        """Add a plain row of the cluster."""
        own = self.discord_id if table == "discord_interactions" else self.wallet
        return self.town.put(table, at, own, **columns)

    def another_wallet(self, active: bool = True) -> str:
        """A further wallet; one that has left if it is not active."""
        return self.town.link(self.name, active)


Cases = Callable[[Town], None]
"""A function that adds the clusters of one subject to a town."""


def gene_number(lists: Lists, slots: dict[str, str | tuple[str, ...]]) -> int:
    """Stat genes from gene names by slot: a dominant one, or (D, R1, R2, R3).

    Other genes are none that a mutation produces, and differ: a dominant 0 with 1, 2 and 3 behind
    it, and in the traits that do not mutate 31, which no digit beside it may be mixed up with.
    """
    digits = [31] * 48
    for slot in lists.slots:
        names = slots.get(slot.name, ())
        known = [
            lists.genes[slot.trait][name]
            for name in ((names,) if isinstance(names, str) else names)
        ]
        for higher, gene in enumerate([*known, *range(len(known), 4)]):
            digits[44 - 4 * slot.position + higher] = gene
    return sum(digit * 32**place for place, digit in enumerate(digits))
