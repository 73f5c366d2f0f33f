"""Every metric of every cluster in a window, by the text of the catalogue.

Sources: catalogue/metrics.csv for the definition of each metric, catalogue/README.md for
the rules of all metrics. Interpretations where these leave something open:

- A match is ranked by `is_ranked` alone; `queue_type` is ignored.
- A quest, hunt, patrol, drop, seasonal action or raffle entry is one row, identified by
  the natural key. So two wallets of a cluster with the same seasonal (event, kind,
  reference) count as two actions.
- A pet is its `pet_id`; versions of equal time are ordered by the natural key, so
  the one with the higher chain_id is the later.
- A pet or hero rarity without a weight is worth 0; so is an unknown Discord kind or
  seasonal action.
- A tournament entry replaces the wallet's matches even where it lies after the end of
  the window. A tournament is official if any entry row of any time says so, or if it has none.
- In a lineage of three generations, parent and grandparent are the rows that the
  look-up of parents finds (lowest chain_id); these must be own summons. The three
  need not be different heroes.
- The JEWEL sum of a stake is the sum of all events before the end, also of those
  before a full withdrawal.
"""

from decimal import localcontext
from functools import cache

from .events import (
    behavior_events,
    onchain_gold,
    onchain_hunting,
    onchain_influence,
    onchain_metis_patrol,
    onchain_pvp,
    onchain_quests,
    onchain_shells,
    onchain_tournaments,
    seasonal_events,
)
from .feats import epic_feats, onchain_summoning
from .holdings import onchain_heroes, onchain_lp, onchain_pets, onchain_staking
from .instants import AS_OF
from .players import EXACT_DIGITS, Metrics, Scene, Value
from .scores import meta_profile
from .shapes import Catalogue, Lists, Window, World


def measure(world: World, window: Window, lists: Lists) -> dict[str, Metrics]:
    """Every metric of every cluster, zeros and False included.

    Returns cluster_id -> {(metric_source, metric_key): value}: the 47 metrics of all
    sources except meta_profile, and onchain_summoning's has_dragoon, has_sage,
    has_spellbow and has_dreadknight. The five of meta_profile need the ladders of
    the challenges, see scores.meta_profile. Amounts and USD are exact Decimals,
    counts int, booleans bool.
    """
    with localcontext() as context:
        context.prec = EXACT_DIGITS
        scene = Scene(world, window, lists)
        return {cluster: measure_cluster(scene, cluster) for cluster in world.clusters}


def measure_cluster(scene: "Scene", cluster_id: str) -> Metrics:
    """The metrics of one cluster."""
    player = scene.player(cluster_id)
    sources = {
        "onchain_heroes": onchain_heroes(scene, player),
        "onchain_pets": onchain_pets(scene, player),
        "onchain_hunting": onchain_hunting(scene, player),
        "onchain_pvp": onchain_pvp(scene, player),
        "onchain_gold": onchain_gold(scene, player),
        "onchain_quests": onchain_quests(scene, player),
        "onchain_lp": onchain_lp(scene, player),
        "onchain_staking": onchain_staking(scene, player),
        "onchain_summoning": onchain_summoning(scene, player),
        "onchain_metis_patrol": onchain_metis_patrol(scene, player),
        "onchain_shells": onchain_shells(scene, player),
        "onchain_influence": onchain_influence(scene, player),
        "onchain_tournaments": onchain_tournaments(scene, player),
        "behavior_events": behavior_events(scene, player),
        "seasonal_events": seasonal_events(scene, player),
    }
    for source, metrics in sources.items():
        sources[source] = without_excluded(scene.world, cluster_id, source, metrics)
    feats = epic_feats(scene, player, sources)
    sources["epic_feats"] = without_excluded(scene.world, cluster_id, "epic_feats", feats)
    measured = {
        (source, key): value
        for source, metrics in sources.items()
        for key, value in metrics.items()
    }
    # of meta_profile, which is not measured here, only what a cluster has not
    return measured | {
        ("meta_profile", key): 0
        for key in meta_profile({}, Catalogue(()))
        if scene.world.is_excluded(cluster_id, ("meta_profile", key))
    }


def without_excluded(
    world: World, cluster_id: str, source: str, metrics: dict[str, Value]
) -> dict[str, Value]:
    """The metrics of a source: those that a cluster is excluded from are zero."""
    return {
        key: type(value)(0) if world.is_excluded(cluster_id, (source, key)) else value
        for key, value in metrics.items()
    }


@cache
def measured_metrics() -> frozenset[tuple[str, str]]:
    """Source and key of every metric that the oracle measures.

    The project may have others: an analyst writes their expected values in unit tests of dbt.
    """
    nobody = measure(World(clusters=["nobody"]), Window("all_time", None, AS_OF), Lists.read())
    meta = meta_profile({}, Catalogue(()))
    return frozenset({*nobody["nobody"], *(("meta_profile", key) for key in meta)})


@cache
def catalogue() -> Catalogue:
    """The challenges of the seeds whose metrics the oracle measures."""
    return Catalogue.read().only(measured_metrics())
