"""A second, independent implementation of the catalogue, in slow and obvious Python.

It was written from the words of the catalogue alone and never from the SQL. When
the two disagree about a world, one of them has misread a sentence.

    shapes     what goes in: World, Window, Lists, Catalogue
    genes      stat genes, upward mutations, parents
    positions  liquidity and Jeweler positions as step functions of time
    metrics    measure: world and window -> every metric of every cluster
    scores     score: metrics -> value, tier and unlocked of every challenge
    worlds     Hypothesis strategies for small hostile worlds (imported by name)
"""

from .genes import mutations_of_genealogy
from .metrics import measure
from .scores import meta_profile, score, tier_unlocks
from .shapes import Catalogue, Link, Lists, Window, World

__all__ = [
    "Catalogue",
    "Link",
    "Lists",
    "Window",
    "World",
    "measure",
    "meta_profile",
    "mutations_of_genealogy",
    "score",
    "tier_unlocks",
]
