"""A second, independent implementation of the catalogue, in slow and simple Python.

It was written from the text of the catalogue alone and never from the SQL. Where the two
compute different results for a world, one of them has misread a sentence.

    shapes     the input: World, Window, Lists, Catalogue
    genes      stat genes, upward mutations, parents
    positions  liquidity and Jeweler positions as step functions of time
    metrics    measure: world and window -> every metric of every cluster, by
               events, holdings and feats, over the players of a scene
    scores     score: metrics -> value, tier and unlocked of every challenge
    boards     rank: scores -> entries of a board
    seasons    season_points: world and season -> points of every cluster
    leagues    metrics_of_league: world, window and league -> points and places (imported by name)
    boundaries a fixed world that meets every rule at its boundary (imported by name)
    worlds     Hypothesis strategies for small hostile worlds (imported by name), drawn with
               dice at instants: random_adventures, random_finance, random_heroes
    january    what the oracle measures of stories of one month (imported by name)
"""

from .boards import rank, rank_by, total_score
from .genes import mutations_of_genealogy
from .metrics import catalogue, measure, measured_metrics
from .scores import meta_profile, score, tier_unlocks
from .seasons import Season, level, next_threshold, points_by_challenge, season_points
from .shapes import Catalogue, Exclusion, Link, Lists, Window, World

__all__ = [
    "Catalogue",
    "Exclusion",
    "Link",
    "Lists",
    "Season",
    "Window",
    "World",
    "catalogue",
    "level",
    "measure",
    "measured_metrics",
    "meta_profile",
    "mutations_of_genealogy",
    "next_threshold",
    "points_by_challenge",
    "rank",
    "rank_by",
    "score",
    "season_points",
    "tier_unlocks",
    "total_score",
]
