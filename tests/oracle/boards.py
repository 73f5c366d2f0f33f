"""Ranks of a board and the total score, computed by counting.

Source: the rules of boards (equal score and tiebreaker share a dense rank, zeros are not
listed, the last shared rank is kept whole).
"""

from collections.abc import Mapping
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


def rank(
    scores: Mapping[str, Decimal],
    tiebreakers: Mapping[str, Decimal] | None,
    max_entries: int,
) -> list[Entry]:
    """Every cluster with a score above zero, best first, then by the bytes of the cluster id.

    A rank is one more than the number of different results that are better. An entry is kept
    where fewer than max_entries entries are strictly better.
    """
    results = {
        cluster: (score, None if tiebreakers is None else tiebreakers.get(cluster, Decimal(0)))
        for cluster, score in scores.items()
        if score > 0
    }

    def better(one: tuple) -> list[tuple]:
        score, tiebreaker = one
        return [
            other
            for other in results.values()
            if other[0] > score
            or (tiebreaker is not None and other[0] == score and other[1] > tiebreaker)
        ]

    # equal results are counted once: a world may have hundreds of equal clusters
    in_front = {one: better(one) for one in set(results.values())}
    entries = [
        Entry(len(set(in_front[result])) + 1, cluster, *result)
        for cluster, result in results.items()
        if len(in_front[result]) < max_entries
    ]
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
