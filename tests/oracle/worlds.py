"""Hypothesis strategies for small hostile worlds, valid under contract/raw_tables.csv.

A row of a table is drawn as one short string of bytes, which `Dice` reads choice by
choice. A zero byte is always the plainest choice, so Hypothesis shrinks a world by
dropping rows and zeroing bytes, and drawing stays cheap. What is drawn on purpose:

- times that are equal, that lie on the edges of the windows, a microsecond beside
  them, or after the as-of instant;
- NULL wherever the contract allows it;
- wallets that are unlinked, moved to another cluster, or left; two wallets of one
  cluster in one match; matches of a wallet against itself;
- versions of heroes and pets in any order, with changed owners;
- votes changed, withdrawn, late, tied; withdrawals above the deposits; sums that
  come back to exactly zero; amounts at the limit of their column;
- families of heroes that mutate in none to six slots over several generations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from .genes import genes_of_slot
from .seasons import Season
from .shapes import Catalogue, Link, Lists, Row, Window, World

AS_OF = datetime(2026, 6, 15, 12, 34, 56, 789012, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - 180 * DAY, AS_OF),
    Window(
        "season:spring",
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    ),
    Window("season:spring:baseline", None, datetime(2026, 3, 1, tzinfo=UTC)),
    Window(
        "run:1",
        datetime(2026, 6, 14, tzinfo=UTC),
        datetime(2026, 6, 15, tzinfo=UTC),
    ),
)
"""Windows whose edges the worlds know: open, rolling, closed, a baseline, one day."""

EDGES = (
    AS_OF,
    AS_OF - 180 * DAY,
    datetime(2026, 6, 15, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 4, 1, tzinfo=UTC),
    datetime(2026, 6, 14, tzinfo=UTC),
    AS_OF - 1000 * DAY,
    AS_OF - 7 * DAY,
)

TIMES = (
    *(AS_OF - number * DAY for number in (1, 2, 3, 10, 90, 179)),
    *(edge + beside for edge in EDGES for beside in (-TICK, timedelta(0), TICK)),
    datetime(2026, 3, 8, 2, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2021, 10, 1, tzinfo=UTC),
    AS_OF + DAY,
    AS_OF + 400 * DAY,
)

DATES = tuple(
    sorted(
        {
            *(time.date() + step * DAY for time in TIMES for step in (-1, 0)),
            date(2021, 9, 1),
        },
        reverse=True,
    )
)

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

NARROW, MIDDLE, WIDE = 10, 18, 28
"""Bytes of a row: few, some or many choices."""
MAX_ROWS = 12

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
"""The natural key of each of the 24 raw tables (contract/raw_tables.csv)."""


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


def discord_interactions(dice: Dice, scene: Scene) -> None:
    """Commands, plain messages and the rest, of known and unknown accounts."""
    kind = dice.pick(("COMMAND", "MESSAGE", "ONBOARDING_STEP", "EVENT", "HELPFUL"))
    row = {
        "interaction_id": 1,
        "discord_id": dice.pick((*scene.discord, "nobody")),
        "kind": kind,
        "command": dice.pick((None, "/progress", "/link")),
        "topic": dice.pick((None, "help", "pvp")),
        "occurred_at": scene.when(dice),
    }
    scene.put("discord_interactions", row, bump="interaction_id")


def family_member(dice: Dice, scene: Scene) -> None:
    """A hero of the family with its parents, mutations and places.

    It is known to hero_summons, to heroes only, or to neither; the first two of a
    family are founders, later ones mostly descend from the last few. Rarely another
    chain has a summon of the same id.
    """
    family = scene.family
    hero_id = len(family) + 1
    if dice.chance(6):
        hero_id += 1_000_000_000_000
    kin = [hero.hero_id for hero in family[-4:]]
    parents: list[int | None] = [None, None]
    if len(kin) >= 2:
        stranger = (None, 0, 777)
        parents = [dice.pick(stranger) if dice.chance(7) else dice.pick(kin) for _ in range(2)]
    hero = Hero(hero_id, *parents, stat_genes=inherit(dice, scene, parents))
    place = dice.pick(("summons",) * 10 + ("heroes",) * 4 + ("nowhere",))
    if place == "summons":
        put_summon(dice, scene, hero)
    if place == "heroes":
        put_hero(dice, scene, hero)
    family.append(hero)


def put_summon(dice: Dice, scene: Scene, hero: Hero) -> None:
    """The summon of a hero of the family, mostly by the wallet of its founder."""
    own = not dice.chance(30)
    wallet = scene.founder if own else scene.wallet(dice)
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "hero_id": hero.hero_id,
        **loose_log(dice),
        "block_number": dice.pick((None, 30_000_000)),
        "summoner_wallet": wallet,
        "summoner_id": hero.summoner_id,
        "assistant_id": hero.assistant_id,
        "stat_genes": hero.stat_genes,
        "visual_genes": dice.pick((None, 0, 32**48 - 1)),
        "rarity": dice.maybe((4, 0, 1, 2, 3)),
        "generation": dice.pick((None, 1, 2)),
        "summoned_at": scene.when(dice),
    }
    scene.put("hero_summons", row)
    if dice.chance(6):
        other = row | {
            "chain_id": dice.pick((1088, 60000)),
            "summoner_wallet": scene.wallet(dice),
            "stat_genes": scene.family[-1].stat_genes if scene.family else 0,
            "summoned_at": scene.when(dice),
        }
        scene.put("hero_summons", other)


def inherit(dice: Dice, scene: Scene, parents: Sequence[int | None]) -> int:
    """Stat genes that mutate in a chosen set of the six slots, where that can be.

    A mutated slot gets a gene that is the child of a pair and that no parent carries,
    the child of the parents' own pair if they are one. Other slots take a gene that
    a parent carries. Dominant genes of founders are mostly basic.
    """
    lists, family = scene.lists, {hero.hero_id: hero for hero in scene.family}
    known = [family[parent].stat_genes for parent in parents if parent in family]
    mask = dice.pick((0, 63, 63, 63, 7, 7, 56, 27, 15, 62, 62, 31, 1, 3, 5, 32))
    turn, advanced, royal = dice.byte(), dice.chance(8), dice.chance(25)
    digits = [(turn + index) % 32 for index in range(48)]
    for number, slot in enumerate(lists.slots):
        carried = [genes_of_slot(genes, slot.position) for genes in known]
        all_genes = scene.genes(slot.trait)
        taken = {gene for four in carried for gene in four}
        free = sorted(lists.mutated_genes(slot.trait) - taken)
        step = turn + 5 * number
        if carried:
            four = carried[step % len(carried)]
            dominant = four[(0, 0, 0, 1, 2, 3, 3)[step % 7]]
        else:
            pair = lists.pairs[slot.trait][step % len(lists.pairs[slot.trait])]
            first = lists.pairs[slot.trait][step % 4]
            dominant = pair[2] if advanced else first[turn % 2]
        if mask >> number & 1 and free and (known or advanced):
            dominant = free[step % len(free)]
            if slot.name == "class" and royal:
                dominant = free[-1]
            elif len(carried) == 2:
                mates = {carried[0][0], carried[1][0]}
                for mother, father, child in lists.pairs[slot.trait]:
                    if mates == {mother, father} and child in free:
                        dominant = child
        recessive = [
            all_genes[step * (higher + 2) % width]
            for higher, width in enumerate((8, 9, len(all_genes)))
        ]
        place = 4 * slot.position
        # left to right: R3 R2 R1 D
        digits[place : place + 4] = [*reversed(recessive), dominant]
    genes = 0
    for digit in digits:
        genes = genes * 32 + digit
    return genes


def put_hero(dice: Dice, scene: Scene, hero: Hero | None, hero_id: int = 0) -> None:
    """A version of a hero of the family, or of one that nobody summoned."""
    genes = hero.stat_genes if hero else None
    if dice.chance(15):
        genes = None
    elif dice.chance(10) and scene.family:
        genes = scene.family[-1].stat_genes
    strange = dice.chance(10)
    owner = scene.wallet(dice)
    row = {
        "hero_id": hero.hero_id if hero else hero_id,
        "realm": dice.maybe(("CV", "SD"), 30),
        "owner_wallet": None if dice.chance(10) else owner,
        "main_class": dice.pick(
            ("Warrior", "Dragoon", "DreadKnight", "DarkKnight", "Bard", "warrior")
        ),
        "sub_class": dice.maybe(("Knight", "Sage"), 30),
        "profession": dice.maybe(("mining", "foraging"), 30),
        "rarity": dice.pick((4, 0, 3, 4)),
        "level": dice.pick((1, 2, 0, 99, 100, 32767)),
        "generation": dice.pick((None, 0, 1)),
        "is_rented": dice.chance(15),
        "summoner_id": None if strange or not hero else hero.summoner_id,
        "assistant_id": None if strange or not hero else hero.assistant_id,
        "stat_genes": genes,
        "updated_at": scene.when(dice),
    }
    scene.put("heroes", row)


def heroes(dice: Dice, scene: Scene) -> None:
    """A version of one of few heroes, so that they change owners."""
    number = dice.byte()
    if scene.family and number % 3:
        put_hero(dice, scene, scene.family[number % len(scene.family)])
    else:
        put_hero(dice, scene, None, hero_id=501 + number % 2)


def pets(dice: Dice, scene: Scene) -> None:
    """A version of one of few pets."""
    families = (*sorted(scene.lists.pet_families)[:2], "dragon")
    owner = scene.wallet(dice)
    row = {
        "pet_id": dice.pick((1, 2, 3, 2_000_000_000_001)),
        "chain_id": dice.pick((53935, 53935, 53935, 1088)),
        "owner_wallet": None if dice.chance(10) else owner,
        "egg_type": dice.maybe((0, 1), 30),
        "rarity": dice.pick((0, 1, 2, 3, 4, 4, 5)),
        "appearance": dice.maybe((7, 70000), 30),
        "family": dice.maybe(families),
        "variant": dice.pick(("NORMAL", "ODD", "ULTRA_ODD")),
        "updated_at": scene.when(dice),
    }
    scene.put("pets", row)


def hunting_encounters(dice: Dice, scene: Scene) -> None:
    """Hunts, mostly won, some of them miracles."""
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "hunt_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "block_number": dice.pick((None, 40_000_000)),
        "wallet_address": scene.wallet(dice),
        "hunt_data_id": dice.pick((2, 1, 2)),
        "enemy_id": dice.pick((None, "BAD_MOTHERCLUCKER")),
        "result": dice.pick(("WIN", "WIN", "LOSS")),
        "hero_ids": dice.maybe(([1, 2, 3], [4], []), 20),
        "retries": dice.maybe((0, 3), 30),
        "surviving_hero_count": dice.maybe((1, 2, 0, 1), 20),
        "surviving_hero_hp": dice.maybe((1, 2, 0, 1), 20),
        "encountered_at": scene.when(dice),
    }
    scene.put("hunting_encounters", row, bump="hunt_id")


def hunting_drops(dice: Dice, scene: Scene) -> None:
    """Drops of relics and of other items."""
    row = {
        **log(dice),
        "chain_id": dice.pick((53935, 8217)),
        "hunt_id": dice.pick((1, 2, 3, 99)),
        "wallet_address": scene.wallet(dice),
        "item_address": dice.pick((*scene.relics, *ITEMS)),
        "amount": scene.whole(dice),
        "equipment_type": dice.pick((None, 1)),
        "display_id": dice.pick((None, 1)),
        "rarity": dice.pick((None, 0, 4)),
        "nft_id": dice.pick((None, 1)),
        "dropped_at": scene.when(dice),
    }
    scene.put("hunting_drops", row, bump="log_index")


def metis_battles(dice: Dice, scene: Scene) -> None:
    """Battles open and completed; rarely another chain has the same id."""
    host, opponent = scene.wallet(dice), scene.wallet(dice)
    row = {
        "chain_id": dice.pick((1088,) * 7 + (53935,)),
        "battle_id": dice.pick((1, 2, 3, 4)),
        "host_wallet": dice.maybe((host,)),
        "opponent_wallet": dice.maybe((opponent,)),
        "winner_wallet": dice.maybe((host, opponent)),
        "winner_side": dice.maybe((1, 0, 1)),
        "settings_1": dice.pick((None, 0, 10**78 - 1)),
        "settings_2": dice.pick((None, 0)),
        "created_at": scene.maybe_when(dice),
        "completed_at": scene.maybe_when(dice),
    }
    scene.put("metis_battles", row)


def influence_predictions(dice: Dice, scene: Scene) -> None:
    """Votes around the completion of their battle: before, at and after it."""
    battles = scene.facts["metis_battles"]
    battle_id, at = dice.pick((1, 2, 3, 4, 5)), scene.when(dice)
    if battles and not dice.chance(20):
        battle = battles[dice.byte() % len(battles)]
        battle_id, completed_at = battle["battle_id"], battle["completed_at"]
        shift = dice.pick((-DAY, -DAY, -2 * DAY, -TICK, timedelta(0), TICK))
        if completed_at is not None and not dice.chance(30):
            at = completed_at + shift
    row = {
        "battle_id": battle_id,
        "wallet_address": scene.wallet(dice),
        "action": dice.pick(("ADD", "CHANGE", "ADD", "WITHDRAW")),
        "side": dice.maybe((1, 0, 1), 10),
        "influence": dice.maybe((10, 0, 10**38 - 1)),
        **log(dice),
        "voted_at": at,
    }
    scene.put("influence_predictions", row, bump="log_index")
    if dice.chance(25):
        # another log of the same wallet at the same instant
        other = row | log(dice) | {"side": dice.pick((0, 1)), "action": "CHANGE"}
        scene.put("influence_predictions", other, bump="log_index")


def jeweler_events(dice: Dice, scene: Scene) -> None:
    """Deposits and withdrawals whose two amounts go their own ways."""
    jewel, cjewel = scene.amount(dice), scene.amount(dice)
    row = {
        "wallet_address": scene.wallet(dice),
        "action": dice.pick(("DEPOSIT", "DEPOSIT", "WITHDRAW")),
        "jewel_amount": jewel,
        "cjewel_amount": cjewel if dice.chance(50) else Decimal(1),
        "occurred_at": scene.when(dice),
        **log(dice),
    }
    scene.put("jeweler_events", row, bump="log_index")


def lp_stake_events(dice: Dice, scene: Scene) -> None:
    """Deposits and withdrawals in few pools."""
    row = {
        "wallet_address": scene.wallet(dice),
        "chain_id": dice.pick((53935, 53935, 53935, 8217)),
        "pool_id": dice.pick((0, 0, 1, 13)),
        "action": dice.pick(("DEPOSIT", "DEPOSIT", "WITHDRAW")),
        "lp_amount": scene.amount(dice),
        "occurred_at": scene.when(dice),
        **log(dice),
    }
    scene.put("lp_stake_events", row, bump="log_index")


def lp_harvest_events(dice: Dice, scene: Scene) -> None:
    """Claims; one transaction holds one for each pool."""
    row = {
        **log(dice),
        "wallet_address": scene.wallet(dice),
        "chain_id": dice.pick((53935, 8217)),
        "pool_id": dice.pick((0, 1, 13)),
        "reward_amount": dice.maybe(SMALL_AMOUNTS),
        "reward_token": dice.maybe(("JEWEL", "CRYSTAL")),
        "harvested_at": scene.when(dice),
    }
    scene.put("lp_harvest_events", row, bump="log_index")


def lp_prices_daily(dice: Dice, scene: Scene) -> None:
    """Prices before, on and after the days that matter."""
    row = {
        "price_date": dice.pick((*DATES[-3:] * 4, *DATES)),
        "chain_id": dice.pick((53935, 53935, 53935, 8217)),
        "pool_id": dice.pick((0, 0, 1, 13)),
        "usd_per_lp": scene.price(dice),
    }
    scene.put("lp_prices_daily", row)


def token_prices_daily(dice: Dice, scene: Scene) -> None:
    """Prices of JEWEL and of tokens that are not JEWEL."""
    row = {
        "price_date": dice.pick((*DATES[-3:] * 4, *DATES)),
        "token": dice.pick(("JEWEL", "JEWEL", "JEWEL", "CRYSTAL", "jewel")),
        "usd_price": scene.price(dice),
        "source": dice.pick((None, "feed")),
    }
    scene.put("token_prices_daily", row)


def metis_patrol_events(dice: Dice, scene: Scene) -> None:
    """Patrols of elite, plain and unknown difficulty."""
    difficulties = (*sorted(scene.lists.elite_difficulties), "NORMAL", "elite")
    row = {
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "patrol_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "wallet_address": scene.wallet(dice),
        "trial_id": dice.pick((None, 1, 2)),
        "stage": dice.pick((None, 1, 2)),
        "difficulty": dice.maybe(difficulties, 20),
        "fights_completed": dice.pick((None, 3, 1)),
        "result": dice.pick(("WIN", "WIN", "LOSS")),
        "completed_at": scene.when(dice),
    }
    scene.put("metis_patrol_events", row, bump="patrol_id")


def pvp_matches(dice: Dice, scene: Scene) -> None:
    """Mostly won matches; half of them have the opponent's row too."""
    wallet, opponent = scene.wallet(dice), scene.wallet(dice)
    if dice.chance(50):
        opponent = STRANGER
    if dice.chance(4):
        opponent = wallet
    row = {
        "realm": dice.pick(("DFK", "DFK", "KAIA", "METIS")),
        "match_id": dice.pick(("1", "9", "10", "9", "10", "2", "11", "100")),
        "wallet_address": wallet,
        "opponent_wallet": dice.maybe((opponent,), 12),
        "queue_type": dice.maybe(("SOLO", "SQUAD", "WAR", "PACK", "PRIVATE")),
        "is_ranked": not dice.chance(15),
        "outcome": dice.pick(("WIN", "WIN", "WIN", "WIN", "LOSS", "DRAW")),
        "hero_deaths": dice.maybe((0, 1, 3), 25),
        "score_before": dice.pick((None, 1000)),
        "score_after": dice.pick((None, 1010)),
        **loose_log(dice),
        "matched_at": scene.hot_times[0] if dice.chance(35) else scene.when(dice),
    }
    both = dice.chance(40)
    mirror = row | {
        "wallet_address": opponent,
        "opponent_wallet": dice.maybe((wallet,), 12),
        "outcome": {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}[row["outcome"]],
        "hero_deaths": dice.maybe((3, 0), 25),
    }
    if dice.chance(15):
        mirror["matched_at"] = scene.when(dice)
    scene.put("pvp_matches", row)
    if both:
        scene.put("pvp_matches", mirror)


def quest_completions(dice: Dice, scene: Scene) -> None:
    """Quests of all kinds, mostly completed."""
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "quest_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "wallet_address": scene.wallet(dice),
        "hero_id": dice.pick((None, 1)),
        "hero_count": dice.pick((None, 6, 1)),
        "quest_instance_id": dice.pick((3, 2, 4, 1, 2, 3, 4, 5, 6)),
        "quest_type": dice.pick((None, 0)),
        "level": dice.pick((None, 0, 10)),
        "attempts": dice.pick((None, 5)),
        "status": dice.pick((2, 2, 2, 2, 0, 1, 3, 4)),
        "started_at": scene.maybe_when(dice),
        "completed_at": scene.when(dice),
    }
    scene.put("quest_completions", row, bump="quest_id")


def seasonal_event_actions(dice: Dice, scene: Scene) -> None:
    """Actions in two events; two wallets may name the same reference."""
    row = {
        "event_key": dice.pick(("harvest", "frost")),
        "wallet_address": scene.wallet(dice),
        "action_kind": dice.pick(("PARTICIPATION", "QUEST", "BOSS_KILL")),
        "ref_id": dice.pick(("1", "2")),
        "occurred_at": scene.when(dice),
    }
    scene.put("seasonal_event_actions", row)


def shell_events(dice: Dice, scene: Scene) -> None:
    """Shells earned, claimed and spent."""
    row = {
        **log(dice),
        "chain_id": dice.pick((1088, 53935)),
        "wallet_address": scene.wallet(dice),
        "event_type": dice.pick(("EARN", "EARN", "CLAIM", "SPEND")),
        "source": dice.maybe(("daily", "weekly")),
        "shell_amount": scene.whole(dice),
        "occurred_at": scene.when(dice),
    }
    scene.put("shell_events", row, bump="log_index")


def shell_raffle_entries(dice: Dice, scene: Scene) -> None:
    """Entries; several in one raffle are several entries."""
    row = {
        "raffle_id": dice.pick((1, 2)),
        "wallet_address": scene.wallet(dice),
        "tickets": dice.maybe((1, 0, 50)),
        **log(dice),
        "entered_at": scene.when(dice),
    }
    scene.put("shell_raffle_entries", row, bump="log_index")


def shell_raffle_results(dice: Dice, scene: Scene) -> None:
    """Winners of raffles."""
    row = {
        "raffle_id": dice.pick((1, 2, 3)),
        "winner_wallet": scene.wallet(dice),
        "prize_token": dice.pick((None, "JEWEL")),
        "prize_amount": dice.pick((None, 100, 10**38 - 1)),
        **loose_log(dice),
        "drawn_at": scene.when(dice),
    }
    scene.put("shell_raffle_results", row)


def tournament_entries(dice: Dice, scene: Scene) -> None:
    """Entries in few tournaments, some unofficial, some without an end."""
    row = {
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "tournament_id": dice.pick((1, 2, 3)),
        "wallet_address": scene.wallet(dice),
        "is_official": not dice.chance(25),
        "registered_at": scene.when(dice),
        "final_rank": dice.maybe((1, 3, 4, 2, 0), 20),
        "ended_at": scene.maybe_when(dice),
    }
    scene.put("tournament_entries", row)


def tournament_matches(dice: Dice, scene: Scene) -> None:
    """Bracket matches, byes, and matches within a cluster."""
    player_a, player_b = scene.wallet(dice), scene.wallet(dice)
    if dice.chance(40):
        player_b = STRANGER
    if dice.chance(30):
        player_a, player_b = player_b, player_a
    player_b = None if dice.chance(12) else player_b
    row = {
        **log(dice),
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "tournament_id": dice.pick((1, 2, 3)),
        "bracket_slot": dice.maybe((0, 1), 30),
        "player_a": player_a,
        "player_b": player_b,
        "winner_wallet": dice.maybe((player_a, player_b, player_a, player_b, scene.wallets[0]), 10),
        "block_number": dice.pick((None, 19_795_210)),
        "completed_at": scene.when(dice),
    }
    scene.put("tournament_matches", row, bump="log_index")


def vendor_transactions(dice: Dice, scene: Scene) -> None:
    """Purchases and other dealings, in both directions."""
    methods = (*sorted(scene.lists.purchase_methods), "sell", "train", "BUY", "gift")
    largest = (Decimal("9" * 35 + ".999"),) if scene.huge else ()
    row = {
        **log(dice),
        "chain_id": dice.pick((53935, 8217)),
        "wallet_address": scene.wallet(dice),
        "vendor": dice.maybe(("potions",)),
        "method": dice.pick(methods),
        "item_id": dice.maybe(("7",)),
        "gold_amount": dice.pick(
            (*map(Decimal, ("1", "0.001", "0", "999.999", "1000", "25000.5")), *largest)
        ),
        "direction": dice.pick(("SPEND", "SPEND", "SPEND", "EARN")),
        "occurred_at": scene.when(dice),
    }
    scene.put("vendor_transactions", row, bump="log_index")


def wallet_first_seen(dice: Dice, scene: Scene) -> None:
    """First transactions of wallets on several chains."""
    row = {
        "chain": dice.pick(("dfk", "kaia", "metis")),
        "address": scene.wallet(dice),
        "first_tx_at": scene.when(dice),
    }
    scene.put("wallet_first_seen", row)


ROWS: dict[str, tuple[int, Callable[[Dice, Scene], None]]] = {
    "hero_summons": (WIDE, family_member),
    "discord_interactions": (NARROW, discord_interactions),
    "heroes": (MIDDLE, heroes),
    "hunting_drops": (MIDDLE, hunting_drops),
    "hunting_encounters": (MIDDLE, hunting_encounters),
    "metis_battles": (MIDDLE, metis_battles),
    "influence_predictions": (MIDDLE, influence_predictions),
    "jeweler_events": (NARROW, jeweler_events),
    "lp_harvest_events": (NARROW, lp_harvest_events),
    "lp_prices_daily": (NARROW, lp_prices_daily),
    "lp_stake_events": (NARROW, lp_stake_events),
    "metis_patrol_events": (MIDDLE, metis_patrol_events),
    "pets": (MIDDLE, pets),
    "pvp_matches": (WIDE, pvp_matches),
    "quest_completions": (MIDDLE, quest_completions),
    "seasonal_event_actions": (NARROW, seasonal_event_actions),
    "shell_events": (NARROW, shell_events),
    "shell_raffle_entries": (NARROW, shell_raffle_entries),
    "shell_raffle_results": (NARROW, shell_raffle_results),
    "token_prices_daily": (NARROW, token_prices_daily),
    "tournament_entries": (NARROW, tournament_entries),
    "tournament_matches": (MIDDLE, tournament_matches),
    "vendor_transactions": (MIDDLE, vendor_transactions),
    "wallet_first_seen": (NARROW, wallet_first_seen),
}
"""How many bytes a row of each table takes, and what is made of them; families come
before heroes, battles before votes.
"""


def links_of(dice: Dice, clusters: Sequence[str], wallets: Sequence[str]) -> list[Link]:
    """Links of the wallets: to a cluster, moved there from another, left, or none.

    An address has at most one active link.
    """
    links = []
    for wallet in wallets:
        home = clusters[dice.pick((0, 0, 0, 1, 2, 3)) % len(clusters)]
        other = clusters[(clusters.index(home) + 1) % len(clusters)]
        fate = dice.pick(("linked",) * 9 + ("moved", "left", "unlinked"))
        if fate in ("linked", "moved"):
            links.append(Link(home, wallet, active=True))
        if fate == "moved" and other != home:
            links.append(Link(other, wallet, active=False))
        if fate == "left":
            links.append(Link(home, wallet, active=False))
    return links


def collection(dice: Dice, scene: Scene) -> None:
    """A mythic hero of each class for the first team, perhaps with one flaw."""
    classes = sorted(scene.lists.genes["class"])
    flawed = dice.byte() % len(classes)
    flaw = dice.pick(({}, {}, {"rarity": 3}, {"is_rented": True}, {"owner_wallet": STRANGER}))
    for number, name in enumerate(classes):
        row = {
            "hero_id": 9000 + number,
            "realm": None,
            "owner_wallet": scene.team[number % len(scene.team)],
            "main_class": name,
            "sub_class": None,
            "profession": None,
            "rarity": 4,
            "level": 1,
            "generation": None,
            "is_rented": False,
            "summoner_id": None,
            "assistant_id": None,
            "stat_genes": None,
            "updated_at": TIMES[0],
        }
        scene.put("heroes", row | flaw if number == flawed else row)


def menagerie(dice: Dice, scene: Scene) -> None:
    """An odd pet of each family for the first team, perhaps with one flaw."""
    families = sorted(scene.lists.pet_families)
    flawed = dice.byte() % max(len(families), 1)
    flaw = dice.pick(({}, {}, {"variant": "NORMAL"}, {"family": None}, {"updated_at": AS_OF}))
    for number, name in enumerate(families):
        row = {
            "pet_id": 9000 + number,
            "chain_id": 53935,
            "owner_wallet": scene.team[number % len(scene.team)],
            "egg_type": None,
            "rarity": 0,
            "appearance": None,
            "family": name,
            "variant": ("ODD", "ULTRA_ODD")[number % 2],
            "updated_at": TIMES[1],
        }
        scene.put("pets", row | flaw if number == flawed else row)


def legends(dice: Dice, scene: Scene) -> None:
    """A summon of each legendary class by the first team, perhaps with one flaw."""
    flawed = dice.byte() % 4
    flaw = dice.pick(({}, {}, {"stat_genes": 0}, {"summoned_at": AS_OF}, {"chain_id": 8217}))
    for number, name in enumerate(("Dragoon", "Sage", "Spellbow", "DreadKnight")):
        row = {
            "chain_id": 53935,
            "hero_id": 9100 + number,
            "tx_hash": None,
            "log_index": None,
            "block_number": None,
            "summoner_wallet": scene.team[number % len(scene.team)],
            "summoner_id": None,
            "assistant_id": None,
            # the dominant class gene is the fourth digit of 48
            "stat_genes": scene.lists.genes["class"][name] * 32**44,
            "visual_genes": None,
            "rarity": None,
            "generation": None,
            "summoned_at": scene.when(dice),
        }
        scene.put("hero_summons", row | flaw if number == flawed else row)


def veteran(dice: Dice, scene: Scene) -> None:
    """The goals of Vangardian for the first wallet, each met exactly or missed by one.

    This is the one place where a table gets more than a dozen rows.
    """
    wallet, at = scene.wallets[0], TIMES[3]

    def goal(number: int) -> int:
        return number - dice.chance(7)

    patrols, elite, shells = goal(100), goal(25), goal(500)
    bets, tournaments, rank = goal(50), goal(10), 4 - goal(1)
    difficulties = sorted(scene.lists.elite_difficulties)
    for number in range(patrols):
        is_elite = number < elite and difficulties
        patrol = {
            "chain_id": 1088,
            "patrol_id": 9000 + number,
            "tx_hash": None,
            "log_index": None,
            "wallet_address": wallet,
            "trial_id": None,
            "stage": None,
            "difficulty": difficulties[number % len(difficulties)] if is_elite else None,
            "fights_completed": None,
            "result": "WIN",
            "completed_at": at,
        }
        scene.put("metis_patrol_events", patrol)
    for number in range(bets):
        battle = {
            "chain_id": 1088,
            "battle_id": 9000 + number,
            "host_wallet": None,
            "opponent_wallet": None,
            "winner_wallet": None,
            "winner_side": 0,
            "settings_1": None,
            "settings_2": None,
            "created_at": None,
            "completed_at": at,
        }
        vote = {
            "battle_id": 9000 + number,
            "wallet_address": wallet,
            "action": "ADD",
            "side": 0,
            "influence": 1,
            "tx_hash": f"0x{0x9000:064x}",
            "log_index": number,
            "voted_at": at - TICK,
        }
        scene.put("metis_battles", battle)
        scene.put("influence_predictions", vote)
    for number in range(tournaments):
        entry = {
            "chain_id": 1088,
            "tournament_id": 9000 + number,
            "wallet_address": wallet,
            "is_official": True,
            "registered_at": at,
            "final_rank": rank if number == 0 else None,
            "ended_at": None,
        }
        scene.put("tournament_entries", entry)
    earned = {
        "tx_hash": f"0x{0x9001:064x}",
        "log_index": 0,
        "chain_id": 1088,
        "wallet_address": wallet,
        "event_type": "EARN",
        "source": None,
        "shell_amount": shells,
        "occurred_at": at,
    }
    scene.put("shell_events", earned)


@st.composite
def worlds(draw, lists: Lists, *, huge: bool = True, veterans: bool = True) -> World:
    """Small hostile worlds: 1-4 clusters, 1-6 wallets, 0-12 drawn rows a table.

    lists gives the names and genes to draw from; without relics in it, RELICS drop
    all the same and are no relics. huge: also amounts at the limit of their column.
    veterans: now and then one cluster gets the rows that a feat needs which chance
    would never give: all classes, families or legends, or Vangardian's 200 rows.
    """
    dice = Dice(draw(st.binary(min_size=56, max_size=56)))
    clusters = CLUSTERS[: dice.pick((1, 2, 2, 3, 4))]
    wallets = WALLETS[: dice.pick((1, 2, 3, 3, 4, 6))]
    discord = {
        cluster: f"10000000000000000{number}"
        for number, cluster in enumerate(clusters)
        if not dice.chance(15)
    }
    scene = Scene(
        lists=lists,
        huge=huge,
        relics=tuple(sorted(lists.relic_items))[:2] or RELICS,
        wallets=wallets,
        discord=tuple(discord.values()),
        hot_times=(dice.pick(TIMES), dice.pick(TIMES)),
        founder=dice.pick(wallets),
    )
    links = links_of(dice, clusters, wallets)
    homes = {link.address: link.cluster_id for link in links if link.active}
    scene.team = tuple(wallet for wallet in wallets if homes.get(wallet) == homes.get(wallets[0]))
    for size, row in ROWS.values():
        data_of_rows = st.lists(st.binary(min_size=size, max_size=size), max_size=MAX_ROWS)
        for data in draw(data_of_rows):
            row(Dice(data), scene)
    treats = ((9, collection), (9, menagerie), (9, legends), (6, veteran))
    for percent, treat in treats:
        if dice.chance(percent) and veterans:
            treat(dice, scene)
    return World(scene.facts, links, discord, list(clusters))


INSTANTS = st.sampled_from(
    sorted(
        {
            AS_OF,
            *(time + beside for time in TIMES for beside in (-TICK, timedelta(0), TICK)),
        }
    )
) | st.datetimes(
    min_value=datetime(2021, 9, 1), max_value=datetime(2026, 9, 1), timezones=st.just(UTC)
)
"""Where the worlds have facts, a microsecond beside that, or anywhere."""


@st.composite
def spans(draw) -> tuple[datetime | None, datetime]:
    """A half-open span that is over at AS_OF: of any length, one microsecond included."""
    end = draw(INSTANTS.filter(lambda instant: instant <= AS_OF))
    start = draw(st.none() | st.just(end - TICK) | INSTANTS.filter(lambda instant: instant < end))
    return start, end


@st.composite
def seasons(draw, catalogue: Catalogue) -> Season:
    """A season that has begun at AS_OF and may be over, in which every challenge gives points."""
    start = draw(INSTANTS.filter(lambda instant: instant < AS_OF))
    end = draw(INSTANTS.filter(lambda instant: instant > start))
    keys = [challenge.key for challenge in catalogue.challenges]
    cents = draw(st.lists(st.integers(1, 10**5), min_size=len(keys), max_size=len(keys)))
    weights = {key: Decimal(cent) / 100 for key, cent in zip(keys, cents, strict=True)}
    return Season("spring", start, end, draw(st.sampled_from(("LIFETIME", "SEASON"))), weights)
