"""A second, independent implementation of the catalogue, in slow and simple Python.

It was written from the text of the catalogue alone and never from the SQL. Where the two
compute different results for a world, one of them has misread a sentence.

    shapes     the input: World, Window, Lists, Catalogue
    genes      stat genes, upward mutations, parents
    positions  liquidity and Jeweler positions as step functions of time
    metrics    measure: world and window -> every metric of every cluster
    scores     score: metrics -> value, tier and unlocked of every challenge
    boards     rank: scores -> entries of a board
    seasons    season_points: world and season -> points of every cluster
    worlds     Hypothesis strategies for small hostile worlds (imported by name)
"""

from .boards import rank, total_score
from .genes import mutations_of_genealogy
from .metrics import measure
from .scores import meta_profile, score, tier_unlocks
from .seasons import Season, level, next_threshold, season_points
from .shapes import Catalogue, Link, Lists, Window, World

__all__ = [
    "Catalogue",
    "Link",
    "Lists",
    "Season",
    "Window",
    "World",
    "level",
    "measure",
    "meta_profile",
    "mutations_of_genealogy",
    "next_threshold",
    "rank",
    "score",
    "season_points",
    "tier_unlocks",
    "total_score",
]
