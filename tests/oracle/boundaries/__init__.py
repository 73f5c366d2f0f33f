"""A fixed world in which every rule of the metrics meets its boundary, on both sides.

Each cluster shows one boundary and is called after it, so that a failure names the rule.

    town        the town, its clusters, and plain rows of each table
    edges       edges of windows and days, prices of last days, links of wallets
    adventures  hunts, quests, gold, patrols, shells, bets, Discord, events, active days
    contests    matches, streaks, tournaments
    finance     liquidity and JEWEL
    heroes      heroes, pets, summons, mutations, parents
    feats       lines of three generations, Vangardian
"""

from ..shapes import Lists, World
from . import adventures, contests, edges, feats, finance, heroes
from .town import Town

SUBJECTS = (edges, adventures, contests, finance, heroes, feats)


def boundaries(lists: Lists) -> World:
    """The world of all boundaries."""
    town = Town(lists)
    for subject in SUBJECTS:
        for cases in subject.CASES:
            cases(town)
    return town.world
