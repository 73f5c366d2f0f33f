"""Clusters with random facts. Their number per cluster has a long tail: most have few."""

from hedge.world import adventures, community, finance, heroes, metis
from hedge.world.people import Player
from hedge.world.town import Town

#: Kinds of activity: the function that writes the facts, the share of players who do it, and the
#: number of facts of the least active among them. (A match is two facts, some hunts have drops.)
_ACTIVITIES = (
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

#: The largest multiple of the facts of the least active player.
_LARGEST_PACE = 40.0


def write_random_facts(town: Town, player: Player) -> None:
    """Write random facts of a player, of a random number."""
    rng = player.rng
    pace = town.activity * min(rng.paretovariate(1.16), _LARGEST_PACE)
    community.arrive(town, player)
    for write, share, facts in _ACTIVITIES:
        if rng.random() < share:
            write(town, player, int(facts * pace + rng.random()))


def write_few_facts(town: Town, player: Player) -> None:
    """Write one to five Discord interactions of one player in five, and nothing of the others."""
    if player.rng.random() < 0.2:
        community.chat(town, player, player.rng.randint(1, 5))
