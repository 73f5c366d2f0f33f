"""Everybody who lives at random: most do little, a few do very much."""

from hedge.world import adventures, community, finance, heroes, metis
from hedge.world.people import Player
from hedge.world.town import Town

#: What players do: how many of them do it at all, and how many facts it makes at the
#: pace of the least active. (A match is two facts, some hunts bring drops.)
_HABITS = (
    (adventures.go_questing, 0.60, 13.0),
    (adventures.fight, 0.45, 7.0),
    (adventures.go_hunting, 0.40, 6.0),
    (community.chat, 0.60, 6.0),
    (community.celebrate, 0.30, 2.5),
    (finance.go_shopping, 0.40, 3.0),
    (finance.provide_liquidity, 0.35, 2.5),
    (finance.harvest_rewards, 0.30, 3.0),
    (finance.visit_jeweler, 0.35, 1.5),
    (heroes.raise_heroes, 0.60, 5.0),
    (heroes.summon_heroes, 0.30, 2.0),
    (heroes.keep_pets, 0.40, 2.5),
    (metis.go_on_patrol, 0.30, 3.5),
    (metis.gather_shells, 0.35, 5.0),
    (metis.try_raffles, 0.25, 2.5),
    (metis.bet, 0.30, 3.0),
    (metis.compete, 0.15, 4.0),
)

#: How many times busier than the least active anybody can be.
_BUSIEST = 40.0


def live(town: Town, player: Player) -> None:
    """A life of random size."""
    rng = player.rng
    pace = town.activity * min(rng.paretovariate(1.16), _BUSIEST)
    community.arrive(town, player)
    for do, share, facts in _HABITS:
        if rng.random() < share:
            do(town, player, int(facts * pace + rng.random()))


def doze(town: Town, player: Player) -> None:
    """No life at all, but for one in five, who says hello on Discord."""
    if player.rng.random() < 0.2:
        community.chat(town, player, player.rng.randint(1, 5))
