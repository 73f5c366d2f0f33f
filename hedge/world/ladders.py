"""Clusters whose facts suffice for exactly one tier of some challenges.

The numbers are the thresholds of the catalogue (seeds/challenge_tiers.csv), the first tier
first. A tier is counted from 0 here. The last tier comes with the facts that unlock the feats
of the area. Facts lie in the last 170 days where the challenge allows it, so that the last tier
is reached by the value of the last 180 days as well.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from hedge.world import adventures, community, finance, heroes, metis
from hedge.world.clock import days_ago, recent_moments
from hedge.world.genome import CLASS_GENES, DARK_KNIGHT, DREADKNIGHT, LEGENDARY, PALADIN
from hedge.world.people import Player
from hedge.world.town import Life, Town

#: A function that writes the facts for one tier of an area.
Climb = Callable[[Town, Player, int], None]


def _in_coins(total: int, coins: Sequence[int]) -> Iterable[int]:
    """The fewest coins that add up to a total, the largest first."""
    for coin in coins:
        yield from [coin] * (total // coin)
        total %= coin


def trainer(town: Town, player: Player, tier: int) -> None:
    """Heroes and their levels; for the last tier, a mythic hero of each of the 22 classes."""
    count, level = ((10, 10), (25, 12), (50, 12), (100, 10), (200, 10))[tier]
    mythic = CLASS_GENES if tier == 4 else ""
    for number, at in enumerate(recent_moments(player.rng, count)):
        gene = mythic[number] if number < len(mythic) else None
        rarity = heroes.MYTHIC if gene else 0
        wallet = player.wallet()
        heroes.recruit(town.book, player.rng, wallet, level, at, rarity, gene)


def pet_keeper(town: Town, player: Player, tier: int) -> None:
    """The rarity score of pets; for the last tier, an odd pet of every family."""
    score = (10, 25, 60, 120, 200)[tier]
    rarities = [4 - (16, 8, 4, 2, 1).index(w) for w in _in_coins(score, (16, 8, 4, 2, 1))]
    variant = "ODD" if tier == 4 else "NORMAL"
    heroes.hatch(town.book, player.wallets[0], rarities, days_ago(100), variant)


def hunter(town: Town, player: Player, tier: int) -> None:
    """Won hunts."""
    wins = (10, 50, 250, 1000)[tier]
    _hunt(town, player, adventures.MAD_BOAR, wins)


def slayer(town: Town, player: Player, tier: int) -> None:
    """Boars, Mothercluckers and relics; for the last tier, the feat Clucker Miracle."""
    kills, relics = ((1, 1), (5, 3), (25, 10), (100, 25))[tier]
    _hunt(town, player, adventures.MAD_BOAR, kills)
    _hunt(town, player, adventures.MOTHERCLUCKER, kills, relics, miracle=tier == 3)


def _hunt(
    town: Town,
    player: Player,
    enemy: int,
    wins: int,
    relics: int = 0,
    *,
    miracle: bool = False,
) -> None:
    """Won hunts. The first `relics` have a relic each; with `miracle` the very first has one
    surviving hero with one hit point."""
    for number, at in enumerate(recent_moments(player.rng, wins)):
        adventures.hunt(
            town.book,
            player.wallet(),
            enemy,
            "WIN",
            at,
            survivors=(1, 1) if miracle and number == 0 else (3, 420),
            drops=[(adventures.RELIC_ITEMS[number % 5], 1)] if number < relics else (),
        )


def fighter(town: Town, player: Player, tier: int) -> None:
    """Ranked matches, wins and a streak; for the last tier, a flawless victory."""
    matches, wins, streak = ((5, 3, 2), (25, 15, 5), (100, 50, 10), (250, 150, 20))[tier]
    runs, rest = divmod(wins, streak)
    results = (["WIN"] * streak + ["LOSS"]) * runs + ["WIN"] * rest
    results += ["LOSS"] * (matches - len(results))
    _fight(town, player, results, flawless=tier == 3)


def unbeaten(town: Town, player: Player, tier: int) -> None:
    """PvP mastery, by a long streak; for the last tier, a flawless victory."""
    streak = (12, 40, 100, 200)[tier]
    _fight(town, player, ["WIN"] * streak, flawless=tier == 3)


def _fight(town: Town, player: Player, results: list[str], *, flawless: bool) -> None:
    """Ranked matches with these results against clusters with random facts."""
    times = recent_moments(player.rng, len(results))
    for number, (result, at) in enumerate(zip(results, times, strict=True)):
        deaths = (3, 1) if result == "LOSS" else (0 if flawless and not number else 1, 3)
        rival = town.someone(player.rng)
        adventures.match(town.book, player.wallets[0], rival, result, at, deaths=deaths)


def crafter(town: Town, player: Player, tier: int) -> None:
    """Mining and foraging quests."""
    quests = (50, 200, 750, 2000)[tier]
    for number, at in enumerate(recent_moments(player.rng, quests)):
        mine = (adventures.GOLD_MINING, adventures.TOKEN_MINING)[number % 2]
        for kind in (mine, adventures.FORAGING):
            adventures.quest(town.book, player.wallets[0], kind, at)


def merchant(town: Town, player: Player, tier: int) -> None:
    """Gold spent at vendors, in five purchases."""
    gold = (1000, 5000, 25_000, 100_000)[tier]
    for at in recent_moments(player.rng, 5):
        finance.trade(town.book, player.wallet(), "buy", "SPEND", gold * 200, at)


def provider(town: Town, player: Player, tier: int) -> None:
    """Liquidity: days held, USD value, number of pools, harvests."""
    book, wallet = town.book, player.wallets[0]
    days, usd, pools, harvests = (
        (7, 1000, 2, 5),
        (30, 5000, 4, 20),
        (90, 25_000, 6, 75),
        (180, 100_000, 10, 200),
    )[tier]
    lp = int(1000 * usd / finance.STEADY_PRICES[finance.STEADY_POOL])
    finance.stake(book, wallet, finance.STEADY_POOL, "DEPOSIT", lp, days_ago(days))
    for pool in finance.POOLS[1:pools]:
        finance.stake(book, wallet, pool, "DEPOSIT", 10_000, days_ago(days - 1))
    for ago in range(harvests):
        at = days_ago(days * (ago + 1) / (harvests + 1))
        finance.harvest(book, wallet, (finance.STEADY_POOL,), at)


def jeweler(town: Town, player: Player, tier: int) -> None:
    """Staked JEWEL: days, USD value and amount; for the last tier, a lock of 1000 days."""
    days, usd = (
        (7, 1000),
        (30, 5000),
        (100, 25_000),
        (365, 100_000),
        (1000, 100_000),
    )[tier]
    jewel = int(1000 * usd / finance.JEWEL_PRICE)
    finance.lock(town.book, player.wallets[0], "DEPOSIT", jewel, days_ago(days))


def regular(town: Town, player: Player, tier: int) -> None:
    """Active days, and engagement on Discord."""
    days, score = ((7, 10), (30, 40), (90, 100), (365, 250))[tier]
    discord_id = player.discord_id
    if discord_id is None:
        raise ValueError(f"player {player.number} has no Discord id")
    for ago in range(1, days + 1):
        wallet = player.wallet()
        adventures.quest(town.book, wallet, adventures.FISHING, days_ago(ago - 0.5))
    kinds = {3: "EVENT", 2: "HELPFUL", 1: "COMMAND"}
    for number, weight in enumerate(_in_coins(score, (3, 2, 1))):
        at = days_ago(number % days + 0.25)
        community.interact(town.book, discord_id, kinds[weight], at)


def voyager(town: Town, player: Player, tier: int) -> None:
    """Actions in limited-time events."""
    kinds = {3: "BOSS_KILL", 2: "QUEST", 1: "PARTICIPATION"}
    weights = list(_in_coins((10, 30, 60, 100)[tier], (3, 2, 1)))
    times = recent_moments(player.rng, len(weights))
    for weight, at in zip(weights, times, strict=True):
        community.take_part(town.book, player.wallet(), kinds[weight], at)


def summoner(town: Town, player: Player, tier: int) -> None:
    """Summons with mutations, mythic heroes and royal lineages; for the last two tiers, the four
    legendary classes, a DreadKnight with four mutations and a lineage of three generations.

    Two founders have two noble children with three mutations each. All other summons are
    children of these two; from the third on they have three mutations as well.
    """
    book, rng, wallet = town.book, player.rng, player.wallets[0]
    count = (1, 3, 10, 25, 40)[tier]
    times = iter(recent_moments(rng, count + 3))
    founders = (
        heroes.recruit(book, rng, wallet, 5, days_ago(300)),
        heroes.recruit(book, rng, wallet, 5, days_ago(300)),
    )
    paladin, dark_knight = (
        heroes.summon(book, rng, wallet, founders, next(times), mutations=3, hero_class=gene)
        for gene in (PALADIN, DARK_KNIGHT)
    )
    nobles = (paladin, dark_knight)
    classes = [None, None, *LEGENDARY] if tier >= 3 else []
    for number in range(count):
        gene = classes[number] if number < len(classes) else None
        hero = heroes.summon(
            book,
            rng,
            wallet,
            nobles,
            next(times),
            mutations=4 if gene == DREADKNIGHT else 3 if number >= 2 else 1,
            rarity=heroes.MYTHIC,
            hero_class=gene,
        )
    if tier >= 3:
        heroes.summon(book, rng, wallet, (hero, nobles[0]), next(times), mutations=2)


def warden(town: Town, player: Player, tier: int) -> None:
    """Won METIS patrols, some of them elite."""
    wins, elite = ((5, 1), (25, 5), (100, 20), (300, 50))[tier]
    for number, at in enumerate(recent_moments(player.rng, wins)):
        difficulty = "ELITE" if number < elite else "NORMAL"
        metis.patrol(town.book, player.wallet(), difficulty, "WIN", at)


def gatherer(town: Town, player: Player, tier: int) -> None:
    """Shells, raffle entries and won bets; for the last two tiers, a won raffle. The last tier
    suffices for METIS mastery together with the last tiers of warden and contender."""
    book, wallet = town.book, player.wallets[0]
    shells, entries, bets = (
        (10, 5, 1),
        (50, 25, 5),
        (200, 100, 20),
        (1000, 250, 50),
        (2000, 250, 60),
    )[tier]
    for at in recent_moments(player.rng, 10):
        metis.shells(book, wallet, "EARN", shells // 10, at, "patrol")
    for at in recent_moments(player.rng, entries):
        metis.enter_raffle(book, wallet, 10, at)
    if tier >= 3:
        metis.win_raffle(book, wallet, days_ago(60))
    metis.win_bets(town, player, bets)


def contender(town: Town, player: Player, tier: int) -> None:
    """Entered tournaments and matches won there; for the last tier, a rank of at most 3."""
    entries, wins = ((1, 1), (3, 3), (10, 10), (20, 25))[tier]
    for number, at in enumerate(recent_moments(player.rng, entries)):
        won = wins // entries + (number < wins % entries)
        rank = 5 if tier < 3 else 3 - won
        begins = at - timedelta(hours=6)
        metis.win_tournament_matches(town.book, player.wallets[0], won, rank, begins)


#: The functions, and the number of tiers of each.
_LADDERS: tuple[tuple[Climb, int], ...] = (
    (trainer, 5),
    (pet_keeper, 5),
    (hunter, 4),
    (slayer, 4),
    (fighter, 4),
    (unbeaten, 4),
    (crafter, 4),
    (merchant, 4),
    (provider, 4),
    (jeweler, 5),
    (regular, 4),
    (voyager, 4),
    (summoner, 5),
    (warden, 4),
    (gatherer, 5),
    (contender, 4),
)

#: The areas of which some clusters have the last tier. The first two complete 3 categories and 6
#: feats, the first five 6 and 9, all of them 11 and 14.
_LAST_TIERS = (
    *(summoner, trainer, jeweler, pet_keeper, voyager),
    *(slayer, unbeaten, warden, gatherer, contender),
)
#: How many of these areas each such cluster has.
_LEGENDS = (2, 5, 10)


def _one_tier(climb: Climb, tier: int) -> Life:
    """A player of 200 days with the facts for one tier of one area."""

    def life(town: Town, player: Player) -> None:
        community.first_seen(town.book, player.wallets[0], days_ago(200))
        climb(town, player, tier)

    return life


def _last_tiers(areas: int) -> Life:
    """A player of 1500 days with the facts for the last tier of a number of areas."""

    def life(town: Town, player: Player) -> None:
        community.first_seen(town.book, player.wallets[0], days_ago(1500))
        tiers = dict(_LADDERS)
        for climb in _LAST_TIERS[:areas]:
            climb(town, player, tiers[climb] - 1)

    return life


#: The functions of these clusters: first those with several last tiers, then one for each tier of
#: each area. Two clusters have the facts for the first tier, so that they tie.
LIVES = (
    *(_last_tiers(areas) for areas in _LEGENDS),
    *(_one_tier(climb, tier) for climb, tiers in _LADDERS for tier in (0, *range(tiers))),
)
