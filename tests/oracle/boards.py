"""Ranks of a board and the total score, computed by counting.

Source: the rules of boards (equal keys share a rank, unless the ranking is row; zeros of the first
key are not listed; the last shared rank is kept whole).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .scores import Score, round_half_up, tiers_reached
from .shapes import Catalogue


class Entry(NamedTuple):
    """One cluster on a board; tiebreaker is None where the board has none."""

    rank: int
    cluster: str
    score: Decimal
    tiebreaker: Decimal | None


class Place(NamedTuple):
    """One cluster on a board of any number of keys, with their values."""

    rank: int
    cluster: str
    values: tuple[Decimal, ...]


def rank(
    scores: Mapping[str, Decimal],
    tiebreakers: Mapping[str, Decimal] | None,
    max_entries: int,
) -> list[Entry]:
    """A board with dense ranks, the largest score and then the largest tiebreaker first."""
    keys = [scores] if tiebreakers is None else [scores, tiebreakers]
    return [
        Entry(place.rank, place.cluster, place.values[0], (*place.values, None)[1])
        for place in rank_by(keys, ["desc"] * len(keys), "dense", max_entries)
    ]


def rank_by(
    keys: Sequence[Mapping[str, Decimal]],
    directions: Sequence[str],
    ranking: str,
    max_entries: int,
) -> list[Place]:
    """Every cluster whose first key is above zero, best first, then by the bytes of the cluster id.

    A cluster is better than another where the first key in which they differ is larger (desc) or
    smaller (asc). A rank is one more than the number of clusters that are better (standard), of
    different results that are better (dense), or of clusters that are better or equal with a
    smaller id (row). An entry is kept where fewer than max_entries entries come before it: those
    that are strictly better, and with row ranks equals too.
    """
    results = {
        cluster: tuple(key.get(cluster, Decimal(0)) for key in keys)
        for cluster, first in keys[0].items()
        if first > 0
    }

    def is_better(one: tuple, than: tuple) -> bool:
        for mine, other, direction in zip(one, than, directions, strict=True):
            if mine != other:
                return mine > other if direction == "desc" else mine < other
        return False

    # equal results are counted once: a world may have hundreds of equal clusters
    in_front = {
        one: [other for other in results.values() if is_better(other, one)]
        for one in set(results.values())
    }

    def equals_before(cluster: str) -> int:
        return sum(
            other.encode() < cluster.encode() and result == results[cluster]
            for other, result in results.items()
        )

    entries = []
    for cluster, result in results.items():
        better = in_front[result]
        before = len(better) + (equals_before(cluster) if ranking == "row" else 0)
        if before < max_entries:
            place = len(set(better)) if ranking == "dense" else before
            entries.append(Place(place + 1, cluster, result))
    return sorted(entries, key=lambda entry: (entry.rank, entry.cluster.encode()))


def total_score(scores: Mapping[str, Score], catalogue: Catalogue) -> Decimal:
    """The total score of one cluster: the sum over ladders of two tiers or more of the number of
    reached tiers divided by the number of tiers, rounded to 6 places."""
    total = sum(
        (
            Fraction(len(tiers_reached(one, scores[one.key].value)), len(one.tiers))
            for one in catalogue.challenges
            if not one.is_feat
        ),
        Fraction(0),
    )
    return round_half_up(Decimal(total.numerator) / Decimal(total.denominator), 6)
