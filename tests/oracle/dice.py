"""Choices from bytes, and what the rows of one random world share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .instants import TIMES
from .shapes import Lists, Row

CLUSTERS = ("busy", "rival", "idle", "late")

WALLETS = tuple(f"0x{number:040x}" for number in (0xB1, 0xB2, 0xA3, 0xC4, 0xD5, 0x06))

STRANGER = "0x" + "ff" * 20

RELICS = tuple(f"0x{number:040x}" for number in (0x4E1, 0x4E2))

ITEMS = tuple(f"0x{number:040x}" for number in (0x171, 0x172))

HASHES = tuple(f"0x{number:064x}" for number in (0x3, 0xF0, 0x2, 0xA1))

SMALL_AMOUNTS = tuple(
    Decimal(text)
    for text in (
        "1",
        "1",
        "0.5",
        "2",
        "0",
        "1000",
        "0.000000000000000001",
        "0.999999999999999999",
        "9999.9999995",
        "10000",
        "123456.789012345678901234",
    )
)

SMALL_PRICES = tuple(
    Decimal(text) for text in ("1", "0.5", "2.5", "0", "0.000000000001", "0.999999999999", "100")
)

LARGEST_AMOUNT = Decimal("9" * 20 + "." + "9" * 18)
"""The largest numeric(38,18)."""

LARGEST_PRICE = Decimal("9" * 18 + "." + "9" * 12)
"""The largest numeric(30,12)."""

KEYS = {
    "discord_interactions": ("interaction_id",),
    "hero_summons": ("chain_id", "hero_id"),
    "heroes": ("hero_id", "updated_at"),
    "hunting_drops": ("tx_hash", "log_index"),
    "hunting_encounters": ("chain_id", "hunt_id"),
    "influence_predictions": ("tx_hash", "log_index"),
    "jeweler_events": ("tx_hash", "log_index"),
    "lp_harvest_events": ("tx_hash", "log_index"),
    "lp_prices_daily": ("price_date", "chain_id", "pool_id"),
    "lp_stake_events": ("tx_hash", "log_index"),
    "metis_battles": ("chain_id", "battle_id"),
    "metis_patrol_events": ("chain_id", "patrol_id"),
    "pets": ("pet_id", "chain_id", "updated_at"),
    "pvp_matches": ("realm", "match_id", "wallet_address"),
    "quest_completions": ("chain_id", "quest_id"),
    "seasonal_event_actions": ("event_key", "wallet_address", "action_kind", "ref_id"),
    "shell_events": ("tx_hash", "log_index"),
    "shell_raffle_entries": ("tx_hash", "log_index"),
    "shell_raffle_results": ("raffle_id", "winner_wallet"),
    "token_prices_daily": ("price_date", "token"),
    "tournament_entries": ("chain_id", "tournament_id", "wallet_address"),
    "tournament_matches": ("tx_hash", "log_index"),
    "vendor_transactions": ("tx_hash", "log_index"),
    "wallet_first_seen": ("chain", "address"),
}
"""The natural key of each raw table (contract/raw_tables.csv)."""


class Dice:
    """Reads choices from bytes; after the last byte every choice is the first one."""

    def __init__(self, data: bytes):
        """Take the bytes to read."""
        self._bytes = iter(data)

    def byte(self) -> int:
        """The next byte, 0 to 255."""
        return next(self._bytes, 0)

    def pick(self, choices: Sequence):
        """One of up to 256 choices, each about as likely; a zero byte is the first."""
        return choices[self.byte() * len(choices) >> 8]

    def chance(self, percent: int) -> bool:
        """True in about so many percent of cases; a zero byte is False."""
        return self.byte() * 100 >= 256 * (100 - percent)

    def maybe(self, choices: Sequence, percent: int = 15):
        """One of the choices, or NULL in so many percent of cases."""
        value = self.pick(choices)
        return None if self.chance(percent) else value


@dataclass
class Hero:
    """A member of the family of heroes: genes, parents, and where it is known."""

    hero_id: int
    summoner_id: int | None
    assistant_id: int | None
    stat_genes: int


@dataclass
class Scene:
    """What the rows of one world share, and the rows so far."""

    lists: Lists
    huge: bool
    relics: tuple[str, ...] = RELICS
    wallets: tuple[str, ...] = WALLETS
    discord: tuple[str, ...] = ()
    hot_times: tuple[datetime, datetime] = (TIMES[0], TIMES[0])
    founder: str = WALLETS[0]
    team: tuple[str, ...] = WALLETS[:1]
    family: list[Hero] = field(default_factory=list)
    facts: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in KEYS})
    seen: set[tuple] = field(default_factory=set)

    def put(self, table: str, row: Row, *, bump: str | None = None) -> None:
        """Add a row. One whose natural key is taken gets the next free number in
        the column to bump, or is dropped.
        """
        while (key := (table, *(row[part] for part in KEYS[table]))) in self.seen:
            if bump is None:
                return
            row[bump] += 1
        self.seen.add(key)
        self.facts[table].append(row)

    def wallet(self, dice: Dice) -> str:
        """The first wallet in two of five cases, else any, rarely a stranger's."""
        byte = dice.byte()
        if byte < 102:
            return self.wallets[0]
        if byte > 249:
            return STRANGER
        return self.wallets[byte % len(self.wallets)]

    def when(self, dice: Dice) -> datetime:
        """One of two hot times of this world in two of five cases, else any time."""
        byte = dice.byte()
        if byte < 102:
            return self.hot_times[byte & 1]
        return TIMES[(byte - 102) * len(TIMES) // 154]

    def maybe_when(self, dice: Dice) -> datetime | None:
        """A time, or NULL in one of seven cases."""
        at = self.when(dice)
        return None if dice.chance(15) else at

    def amount(self, dice: Dice) -> Decimal:
        """A numeric(38,18) at or above zero."""
        if dice.chance(4) and self.huge:
            return LARGEST_AMOUNT
        return dice.pick(SMALL_AMOUNTS)

    def price(self, dice: Dice) -> Decimal:
        """A numeric(30,12) at or above zero."""
        if dice.chance(4) and self.huge:
            return LARGEST_PRICE
        return dice.pick(SMALL_PRICES)

    def whole(self, dice: Dice, digits: int = 38) -> int:
        """A whole number of up to so many digits."""
        if dice.chance(4) and self.huge:
            return 10**digits - 1
        return dice.pick((1, 2, 0, 9, 10, 490, 1000))

    def genes(self, trait: str) -> tuple[int, ...]:
        """All genes of a trait, basic ones first."""
        return tuple(sorted(self.lists.genes[trait].values()))


def log(dice: Dice) -> Row:
    """A natural key (tx_hash, log_index); several logs share a transaction."""
    return {"tx_hash": dice.pick(HASHES), "log_index": dice.pick((0, 1, 2, 9, 10))}


def loose_log(dice: Dice) -> Row:
    """tx_hash and log_index where they are not the key: all known or all NULL."""
    if dice.chance(50):
        return {"tx_hash": None, "log_index": None}
    return {"tx_hash": HASHES[0], "log_index": 0}
