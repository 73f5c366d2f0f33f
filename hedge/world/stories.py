"""Three clusters whose metrics can be checked by hand.

`demo-busy` and `demo-rival` play against each other in October 2026; `demo-idle` has a linked
wallet and no facts. Their metrics in the window all_time as of AS_OF; the others are zero:

| metric                                        | demo-busy | demo-rival |
| --------------------------------------------- | --------: | ---------: |
| onchain_heroes.total_levels                   |       100 |          5 |
| onchain_heroes.hero_count                     |         4 |          1 |
| onchain_hunting.wins                          |        10 |            |
| onchain_hunting.mad_boar_kills                |         8 |            |
| onchain_hunting.motherclucker_kills           |         2 |            |
| onchain_hunting.relics_found                  |         3 |            |
| onchain_hunting.clucker_miracle               |      true |            |
| onchain_pvp.matches_played                    |        16 |         16 |
| onchain_pvp.wins                              |        12 |          3 |
| onchain_pvp.best_win_streak                   |         7 |          1 |
| onchain_pvp.flawless_victory                  |      true |            |
| onchain_gold.vendor_spend                     |      1000 |            |
| onchain_lp.active_days                        |        90 |         10 |
| onchain_lp.lp_usd_value                       |      3000 |            |
| onchain_lp.pool_count                         |         2 |            |
| onchain_lp.harvest_actions                    |         5 |            |
| onchain_lp.lp_duration_max_days               |        90 |          9 |
| onchain_staking.stake_duration_days           |       100 |            |
| onchain_staking.stake_usd_value               |      1000 |            |
| onchain_staking.jewel_stake_amount            |      2000 |            |
| onchain_quests.mining_quests                  |        10 |            |
| onchain_quests.foraging_quests                |         5 |            |
| onchain_pets.rarity_score                     |        10 |            |
| behavior_events.active_days                   |        22 |         18 |
| behavior_events.discord_engagement_score      |        10 |            |
| behavior_events.account_age_days              |       500 |        100 |
| seasonal_events.seasonal_score                |        10 |            |
| onchain_summoning.perfect_pairing_unlocked    |      true |            |
| onchain_summoning.mutagenic_specialist_count  |         1 |            |
| onchain_summoning.mythmaker_count             |         1 |            |
| onchain_metis_patrol.wins                     |         5 |            |
| onchain_metis_patrol.elite_wins               |         1 |            |
| onchain_shells.shells_collected               |       100 |            |
| onchain_shells.raffle_entries                 |         5 |          1 |
| onchain_shells.raffle_win                     |           |       true |
| onchain_influence.bets_won                    |         2 |            |
| onchain_tournaments.entries                   |         1 |          1 |
| onchain_tournaments.wins                      |         2 |          2 |
| onchain_tournaments.top_finish                |      true |       true |
| meta_profile.prestige_unlocked_count          |         5 |          2 |
| meta_profile.summoning_prestige_score         |         7 |            |
| meta_profile.pvp_mastery_score                |        25 |          2 |
| meta_profile.metis_mastery_score              |        32 |         35 |

Each day from 1 to 20 October demo-busy does something, and twice before: 22 active
days. The five feats are long_road_home, perfect_pairing, clucker_miracle,
flawless_victory and metis_champion; those of demo-rival are shell_jackpot and
metis_champion. The scores: 2 x 1 + 5 x 1 = 7 for summoning; for PvP
0.1 x 12 + 2 x 7 + 10 = 25.2 and 0.1 x 3 + 2 x 1 = 2.3; for METIS
3 x 1 + 0.1 x 100 + 2 x 2 + 15 = 32 and 20 + 15 = 35.
"""

from datetime import UTC, datetime, timedelta

from hedge.world import adventures, community, finance, heroes, metis
from hedge.world.clock import AS_OF, days_ago
from hedge.world.genome import (
    ACTIVE_SKILL,
    CLASS,
    DARK_KNIGHT,
    PALADIN,
    SUBCLASS,
    Hero,
    carrying,
)
from hedge.world.people import Player, discord_id, stranger, wallet_address
from hedge.world.town import Life, Town

BUSY, BUSY_TOO = wallet_address(1), wallet_address(1, 1)
RIVAL = wallet_address(3)

#: The metrics of each cluster, "source.metric" -> value, in the window all_time as of AS_OF. A
#: metric that is not named is zero or false. It must equal the table above.
EXPECTED: dict[str, dict[str, int | bool]] = {
    "demo-busy": {
        "onchain_heroes.total_levels": 100,
        "onchain_heroes.hero_count": 4,
        "onchain_hunting.wins": 10,
        "onchain_hunting.mad_boar_kills": 8,
        "onchain_hunting.motherclucker_kills": 2,
        "onchain_hunting.relics_found": 3,
        "onchain_hunting.clucker_miracle": True,
        "onchain_pvp.matches_played": 16,
        "onchain_pvp.wins": 12,
        "onchain_pvp.best_win_streak": 7,
        "onchain_pvp.flawless_victory": True,
        "onchain_gold.vendor_spend": 1000,
        "onchain_lp.active_days": 90,
        "onchain_lp.lp_usd_value": 3000,
        "onchain_lp.pool_count": 2,
        "onchain_lp.harvest_actions": 5,
        "onchain_lp.lp_duration_max_days": 90,
        "onchain_staking.stake_duration_days": 100,
        "onchain_staking.stake_usd_value": 1000,
        "onchain_staking.jewel_stake_amount": 2000,
        "onchain_quests.mining_quests": 10,
        "onchain_quests.foraging_quests": 5,
        "onchain_pets.rarity_score": 10,
        "behavior_events.active_days": 22,
        "behavior_events.discord_engagement_score": 10,
        "behavior_events.account_age_days": 500,
        "seasonal_events.seasonal_score": 10,
        "onchain_summoning.perfect_pairing_unlocked": True,
        "onchain_summoning.mutagenic_specialist_count": 1,
        "onchain_summoning.mythmaker_count": 1,
        "onchain_metis_patrol.wins": 5,
        "onchain_metis_patrol.elite_wins": 1,
        "onchain_shells.shells_collected": 100,
        "onchain_shells.raffle_entries": 5,
        "onchain_influence.bets_won": 2,
        "onchain_tournaments.entries": 1,
        "onchain_tournaments.wins": 2,
        "onchain_tournaments.top_finish": True,
        "meta_profile.prestige_unlocked_count": 5,
        "meta_profile.summoning_prestige_score": 7,
        "meta_profile.pvp_mastery_score": 25,
        "meta_profile.metis_mastery_score": 32,
    },
    "demo-idle": {},
    "demo-rival": {
        "onchain_heroes.total_levels": 5,
        "onchain_heroes.hero_count": 1,
        "onchain_pvp.matches_played": 16,
        "onchain_pvp.wins": 3,
        "onchain_pvp.best_win_streak": 1,
        "onchain_lp.active_days": 10,
        "onchain_lp.lp_duration_max_days": 9,
        "behavior_events.active_days": 18,
        "behavior_events.account_age_days": 100,
        "onchain_shells.raffle_entries": 1,
        "onchain_shells.raffle_win": True,
        "onchain_tournaments.entries": 1,
        "onchain_tournaments.wins": 2,
        "onchain_tournaments.top_finish": True,
        "meta_profile.prestige_unlocked_count": 2,
        "meta_profile.pvp_mastery_score": 2,
        "meta_profile.metis_mastery_score": 35,
    },
}

#: The 16 ranked matches, one at each midnight from 1 October on, as demo-busy sees
#: them. The best streak is the 7 from the 4th to the 10th.
_MATCHES = "WW L WWWWWWW D W L WW L".replace(" ", "")


def _october(day: int, hour: int = 12) -> datetime:
    """An hour of a day in October 2026."""
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def busy(town: Town, _: Player) -> None:
    """The facts of demo-busy, and those that demo-rival shares with it."""
    _busy_fights(town)
    _busy_hunts(town)
    _busy_works(town)
    _busy_competes(town)
    _busy_collects(town)
    _busy_invests(town)
    _busy_visits_metis(town)
    _busy_joins_in(town)


def idle(_: Town, __: Player) -> None:
    """demo-idle has no facts."""


def rival(town: Town, _: Player) -> None:
    """The other facts of demo-rival: 100 LP for nine and a half days, and one entry into a raffle,
    which wins."""
    book, pool = town.book, finance.STEADY_POOL
    community.first_seen(book, RIVAL, days_ago(100))
    finance.stake(book, RIVAL, pool, "DEPOSIT", 100_000, _october(1, 0))
    finance.stake(book, RIVAL, pool, "WITHDRAW", 100_000, _october(10))
    metis.enter_raffle(book, RIVAL, 1, _october(20))
    metis.win_raffle(book, RIVAL, _october(20))


def _busy_fights(town: Town) -> None:
    """12 wins, 3 losses and a draw. One win is without a lost hero; for the others it is unknown.

    Three more wins do not count: a private one, which would make the streak 8, one against an own
    wallet, and one at AS_OF.
    """
    outcomes = {"W": "WIN", "L": "LOSS", "D": "DRAW"}
    for day, letter in enumerate(_MATCHES, start=1):
        deaths = (0, 3) if day == 5 else (None, None)
        at = _october(day, 0)
        adventures.match(town.book, BUSY, RIVAL, outcomes[letter], at, deaths=deaths)
    adventures.match(town.book, BUSY, RIVAL, "WIN", _october(10), deaths=(0, 3), queue="PRIVATE")
    adventures.match(town.book, BUSY, BUSY_TOO, "WIN", _october(11))
    adventures.match(town.book, BUSY, RIVAL, "WIN", AS_OF)


def _busy_hunts(town: Town) -> None:
    """8 boars, 2 Mothercluckers (one of them with one hero left with one hit point), 2 lost hunts,
    3 relics and ordinary items. All on 17 October."""
    book, at = town.book, _october(17)
    boar, clucker = adventures.MAD_BOAR, adventures.MOTHERCLUCKER
    relic, other = adventures.RELIC_ITEMS[:2]
    for _ in range(7):
        adventures.hunt(book, BUSY, boar, "WIN", at)
    finds = [(relic, 2), (other, 1), (adventures.ORDINARY_ITEMS[0], 5)]
    adventures.hunt(book, BUSY_TOO, boar, "WIN", at, drops=finds)
    adventures.hunt(book, BUSY, clucker, "WIN", at, survivors=(1, 1))
    adventures.hunt(book, BUSY, clucker, "WIN", at)
    adventures.hunt(book, BUSY, clucker, "LOSS", at)
    adventures.hunt(book, BUSY, boar, "LOSS", at)


def _busy_works(town: Town) -> None:
    """6 gold mining, 4 token mining and 5 foraging quests, a cancelled one and a fishing quest. All
    on 18 October."""
    book, at = town.book, _october(18)
    for kind, count in (
        (adventures.GOLD_MINING, 6),
        (adventures.TOKEN_MINING, 4),
        (adventures.FORAGING, 5),
        (adventures.FISHING, 1),
    ):
        for _ in range(count):
            adventures.quest(book, BUSY, kind, at)
    adventures.quest(book, BUSY, adventures.FORAGING, at, adventures.CANCELLED)


def _busy_competes(town: Town) -> None:
    """An official tournament on 19 October: demo-busy wins twice and loses the final against
    demo-rival, which had a bye and a win before. In another tournament, which is not official,
    demo-busy loses its first match."""
    book, tournament = town.book, town.book.next_id("tournament")
    first, second, third = stranger(1), stranger(2), stranger(3)
    for slot, players, winner, hour in (
        (9, (BUSY, first), BUSY, 12),
        (10, (RIVAL, None), RIVAL, 12),
        (13, (BUSY, second), BUSY, 13),
        (14, (third, RIVAL), RIVAL, 13),
        (15, (RIVAL, BUSY), RIVAL, 14),
    ):
        metis.bracket_match(book, tournament, slot, players, winner, _october(19, hour))
    for wallet, rank in ((RIVAL, 1), (BUSY, 2), (second, 3), (third, 3), (first, 5)):
        metis.register(book, tournament, wallet, _october(19, 10), rank, _october(19, 15))

    friendly, at = book.next_id("tournament"), _october(19, 20)
    metis.bracket_match(book, friendly, 5, (BUSY, third), third, at)
    metis.register(book, friendly, BUSY, at, 3, at, official=False)


def _busy_collects(town: Town) -> None:
    """Heroes of the levels 10, 20, 30 and 40. The last two are its own summons: a mythic Paladin
    with three mutations (class, subclass, active skill) and a DarkKnight with one. A rented hero, a
    hero that was sold to demo-rival and a level gained at AS_OF do not count. Two pets score 8 and
    2 points; a third one was given away."""
    book, summer, day = town.book, days_ago(60), _october(20)
    ids = [heroes.new_hero_id(book) for _ in range(6)]
    plain = "0" * 48
    thrice = carrying(plain, {CLASS: PALADIN, SUBCLASS: PALADIN, ACTIVE_SKILL: "g"})
    once = carrying(plain, {CLASS: DARK_KNIGHT})
    mother, father = Hero(ids[0], plain), Hero(ids[1], plain)
    paladin = Hero(ids[2], thrice, heroes.MYTHIC, 1, ids[0], ids[1])
    knight = Hero(ids[3], once, 2, 1, ids[0], ids[1])
    rented, sold = Hero(ids[4], plain), Hero(ids[5], plain)

    heroes.version(book, mother, BUSY, 9, summer)
    heroes.version(book, mother, BUSY, 10, day)
    heroes.version(book, mother, BUSY, 11, AS_OF)
    heroes.version(book, father, BUSY_TOO, 20, summer)
    for hero, level in ((paladin, 30), (knight, 40)):
        heroes.born(book, BUSY, hero, day)
        heroes.version(book, hero, BUSY, level, _october(21))
    heroes.version(book, rented, BUSY, 50, summer, rented=True)
    heroes.version(book, sold, BUSY, 5, summer)
    heroes.version(book, sold, RIVAL, 5, day)

    heroes.hatch(book, BUSY, (3, 1), summer, "NORMAL")
    given = book.next_id("pet")
    heroes.pet_version(book, given, BUSY, 4, "cat", "ODD", summer)
    heroes.pet_version(book, given, stranger(1), 4, "cat", "ODD", day)


def _busy_invests(town: Town) -> None:
    """500 LP at 4 USD for 90 days, 100 LP at 10 USD for 30 days, 5 harvests; 2000 JEWEL at 0.50 USD
    for 100 days; 1000 gold spent on purchases, and gold spent on training."""
    book, day = town.book, _october(20)
    finance.stake(book, BUSY, finance.STEADY_POOL, "DEPOSIT", 500_000, days_ago(90))
    finance.stake(book, BUSY_TOO, finance.OTHER_STEADY_POOL, "DEPOSIT", 100_000, days_ago(30))
    finance.harvest(book, BUSY, (finance.STEADY_POOL,) * 2, day)
    finance.harvest(book, BUSY_TOO, (finance.OTHER_STEADY_POOL,) * 3, day)
    finance.lock(book, BUSY, "DEPOSIT", 2_000_000, days_ago(100))
    finance.trade(book, BUSY, "buy", "SPEND", 400_000, day)
    finance.trade(book, BUSY_TOO, "buyItem", "SPEND", 600_000, day)
    finance.trade(book, BUSY, "train", "SPEND", 5_000_000, day)
    finance.trade(book, BUSY, "sell", "EARN", 300_000, day)


def _busy_visits_metis(town: Town) -> None:
    """5 won patrols, one of them elite, and a lost one; 100 shells earned and 30 spent; 5 raffle
    entries; 2 of 5 bets won. All on 20 October."""
    book, day = town.book, _october(20)
    for difficulty in ("NORMAL", "HARD", "BOSS", None, None):
        metis.patrol(book, BUSY, difficulty, "WIN", day)
    metis.patrol(book, BUSY, "ELITE", "LOSS", day)
    metis.shells(book, BUSY, "EARN", 60, day, "patrol")
    metis.shells(book, BUSY, "EARN", 40, day, "daily_quest")
    metis.shells(book, BUSY, "CLAIM", 100, day)
    metis.shells(book, BUSY, "SPEND", 30, day)
    for _ in range(5):
        metis.enter_raffle(book, BUSY, 10, day)
    _busy_bets(town)


def _busy_bets(town: Town) -> None:
    """Bets on five battles that the host wins: with both wallets (which is one win), with a change
    to the winner, on the loser, withdrawn, and after the end."""
    book, begins, ends = town.book, _october(20, 12), _october(20, 14)
    host, opponent = metis.HOST, metis.OPPONENT
    for battle_id in range(1, 6):
        sides = (stranger(battle_id), stranger(battle_id + 10))
        metis.battle(book, battle_id, sides, host, begins, ends)
    for battle_id, wallet, action, side, minutes in (
        (1, BUSY, "ADD", host, 10),
        (1, BUSY_TOO, "ADD", host, 11),
        (2, BUSY, "ADD", opponent, 10),
        (2, BUSY, "CHANGE", host, 20),
        (3, BUSY, "ADD", opponent, 10),
        (4, BUSY, "ADD", host, 10),
        (4, BUSY, "WITHDRAW", None, 20),
        (5, BUSY, "ADD", host, 121),
    ):
        at = begins + timedelta(minutes=minutes)
        metis.vote(book, battle_id, wallet, action, side, at)


def _busy_joins_in(town: Town) -> None:
    """A first transaction 500 days ago; on 20 October 10 points on Discord, where a plain message
    scores none, and 10 points in an event."""
    book, day = town.book, _october(20)
    community.first_seen(book, BUSY, days_ago(500))
    community.first_seen(book, BUSY_TOO, days_ago(400))
    for kind in ("ONBOARDING_STEP", "EVENT", "COMMAND", "COMMAND", "MESSAGE"):
        community.interact(book, discord_id(1), kind, day)
    for kind in ("BOSS_KILL", "QUEST", "QUEST", *("PARTICIPATION",) * 3):
        community.take_part(book, BUSY, kind, day)


#: The functions of the clusters 1 to 3.
LIVES: tuple[Life, ...] = (busy, idle, rival)
