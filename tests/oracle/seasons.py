"""Points and levels of a season.

Source: catalogue/README.md, "Windows", and its definition of SEASON and LIFETIME scoring.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import NamedTuple

from .metrics import EXACT_DIGITS, measure
from .scores import Score, round_half_up, score
from .shapes import Catalogue, Lists, Window, World


class Season(NamedTuple):
    """A span [starts_at, ends_at) and the weights of challenges in it."""

    season_id: str
    starts_at: datetime
    ends_at: datetime
    scoring: str
    weights: Mapping[str, Decimal]


def season_points(
    world: World, season: Season, as_of: datetime, lists: Lists, catalogue: Catalogue
) -> dict[str, Decimal]:
    """The points of every cluster."""
    return summed(points_by_challenge(world, season, as_of, lists, catalogue))


def summed(earned: Mapping[str, Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """The points of every cluster, from those by challenge."""
    with localcontext(prec=EXACT_DIGITS):
        return {
            cluster: round_half_up(sum(points.values(), Decimal(0)), 6)
            for cluster, points in earned.items()
        }


def points_by_challenge(
    world: World, season: Season, as_of: datetime, lists: Lists, catalogue: Catalogue
) -> dict[str, dict[str, Decimal]]:
    """The points of every cluster by challenge, exact, without zeros.

    LIFETIME scoring counts values of all time as of the end. SEASON scoring counts events in the
    span, and for state the gain since the start of the season, at least 0.
    """
    end = min(season.ends_at, as_of)
    if season.scoring == "LIFETIME":
        counted = scores_in(world, Window("season", None, end), lists, catalogue)
        before = None
    else:
        counted = scores_in(world, Window("season", season.starts_at, end), lists, catalogue)
        before = scores_in(world, Window("before", None, season.starts_at), lists, catalogue)

    def gain(cluster: str, challenge: str) -> Decimal:
        value = counted[cluster][challenge].value
        if before is not None and catalogue.is_state(challenge):
            return max(value - before[cluster][challenge].value, Decimal(0))
        return value

    excluded = {one.cluster for one in world.exclusions if one.season == season.season_id}
    active = {challenge.key for challenge in catalogue.challenges}
    with localcontext(prec=EXACT_DIGITS):
        return {
            cluster: {
                challenge: gain(cluster, challenge) * weight
                for challenge, weight in season.weights.items()
                if cluster not in excluded
                and challenge in active
                and gain(cluster, challenge) * weight > 0
            }
            for cluster in world.clusters
        }


def scores_in(
    world: World, window: Window, lists: Lists, catalogue: Catalogue
) -> dict[str, dict[str, Score]]:
    """The scores of every cluster in a window."""
    return score(measure(world, window, lists), catalogue)


def level(points: Decimal, levels: Sequence[tuple[int, Decimal]]) -> int:
    """The highest level whose points are reached."""
    return max(number for number, required in levels if required <= points)


def next_threshold(points: Decimal, levels: Sequence[tuple[int, Decimal]]) -> Decimal | None:
    """The points that the next level requires; None at the last level."""
    return min((required for _, required in levels if required > points), default=None)
