"""Challenge scores from metrics: rounding, tiers, and the meta profile.

Source: catalogue/README.md, "Numbers" and "Tiers"; catalogue/metrics.csv for the
meta profile.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from .players import EXACT_DIGITS, Metrics
from .shapes import Catalogue, Challenge, Tier

META = "meta_profile"
NO_TIER = "NONE"


class Score(NamedTuple):
    """The score of a cluster in a challenge; tier is NONE below the first threshold."""

    value: Decimal
    tier: str
    unlocked: bool


def score(metrics: Mapping[str, Metrics], catalogue: Catalogue) -> dict[str, dict[str, Score]]:
    """The score of every cluster in every active challenge, zeros included.

    metrics is the result of measure for one window. The challenges of meta_profile are
    computed last, because they read the scores of the others. Raises KeyError for a
    challenge whose metric was not measured.
    """
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        scores = {}
        for cluster, measured in metrics.items():
            plain = {
                challenge.key: score_one(
                    challenge, measured[challenge.metric_source, challenge.metric_key]
                )
                for challenge in catalogue.challenges
                if challenge.metric_source != META
            }
            meta = meta_profile(plain, catalogue) | {
                key: value for (source, key), value in measured.items() if source == META
            }
            scores[cluster] = plain | {
                challenge.key: score_one(challenge, meta[challenge.metric_key])
                for challenge in catalogue.challenges
                if challenge.metric_source == META
            }
        return scores


def score_one(challenge: Challenge, metric: int | Decimal | bool) -> Score:
    """A metric rounded half up (a SCORE to whole numbers, all else to 6 places), with
    the last tier whose threshold is at most the rounded value.
    """
    places = 0 if challenge.metric_type == "SCORE" else 6
    value = round_half_up(Decimal(metric), places)
    reached = tiers_reached(challenge, value)
    return Score(
        value=value,
        tier=reached[-1].tier_code if reached else NO_TIER,
        unlocked=value >= challenge.tiers[0].threshold,
    )


def tiers_reached(challenge: Challenge, value: Decimal) -> list[Tier]:
    """The tiers whose threshold is at most the value, lowest first."""
    return [tier for tier in challenge.tiers if tier.threshold <= value]


def tier_unlocks(
    scores: Mapping[str, Mapping[str, Score]], catalogue: Catalogue
) -> set[tuple[str, str, str]]:
    """Every reached tier: (cluster_id, challenge_key, tier_code)."""
    return {
        (cluster, challenge.key, tier.tier_code)
        for cluster, by_challenge in scores.items()
        for challenge in catalogue.challenges
        for tier in tiers_reached(challenge, by_challenge[challenge.key].value)
    }


def meta_profile(scores: Mapping[str, Score], catalogue: Catalogue) -> dict[str, int | Decimal]:
    """The five metrics of meta_profile, by metric key, of one cluster.

    scores are those of the other sources in the same window; scores of meta_profile
    itself are ignored. Weighted sums are rounded half up to whole numbers. A metric
    without an active challenge counts 0 in them.
    """
    others = [one for one in catalogue.challenges if one.metric_source != META]
    value = {(one.metric_source, one.metric_key): scores[one.key].value for one in others}

    def weighted(source: str, **weights: str) -> Decimal:
        return sum(
            (
                Decimal(weight) * value.get((source, key), Decimal(0))
                for key, weight in weights.items()
            ),
            Decimal(0),
        )

    return {
        "prestige_unlocked_count": sum(one.is_feat and scores[one.key].unlocked for one in others),
        "exalted_category_count": len(
            {
                one.category_key
                for one in others
                if not one.is_feat and scores[one.key].tier == one.tiers[-1].tier_code
            }
        ),
        "summoning_prestige_score": round_half_up(
            weighted(
                "onchain_summoning",
                mutagenic_specialist_count="2",
                mythmaker_count="5",
                royal_lineage_count="3",
                legendary_class_flags="10",
            )
        ),
        "pvp_mastery_score": round_half_up(
            weighted("onchain_pvp", wins="0.1", best_win_streak="2", flawless_victory="10")
        ),
        "metis_mastery_score": round_half_up(
            weighted("onchain_metis_patrol", elite_wins="3")
            + weighted("onchain_shells", shells_collected="0.1", raffle_win="20")
            + weighted("onchain_influence", bets_won="2")
            + weighted("onchain_tournaments", top_finish="15")
        ),
    }


def round_half_up(value: Decimal, places: int = 0) -> Decimal:
    """A value rounded to decimal places, halves away from zero (values are never negative)."""
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
