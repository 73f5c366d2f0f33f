"""Hypothesis strategies for small hostile worlds, valid under contract/raw_tables.csv.

A row of a table is drawn as one short string of bytes, which `Dice` reads choice by
choice. A zero byte is always the plainest choice, so Hypothesis shrinks a world by
dropping rows and zeroing bytes, and drawing stays cheap. What is drawn on purpose:

- times that are equal, that lie on the edges of the windows, a microsecond beside
  them, or after the as-of instant;
- NULL wherever the contract allows it;
- wallets that are unlinked, moved to another cluster, or left; two wallets of one
  cluster in one match; matches of a wallet against itself;
- versions of heroes and pets in any order, with changed owners;
- votes changed, withdrawn, late, tied; withdrawals above the deposits; sums that
  come back to exactly zero; amounts at the limit of their column;
- families of heroes that mutate in none to six slots over several generations.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from .dice import CLUSTERS, RELICS, WALLETS, Dice, Scene
from .instants import AS_OF, TICK, TIMES
from .random_adventures import (
    discord_interactions,
    hunting_drops,
    hunting_encounters,
    influence_predictions,
    metis_battles,
    metis_patrol_events,
    pvp_matches,
    quest_completions,
    seasonal_event_actions,
    tournament_entries,
    tournament_matches,
    veteran,
    wallet_first_seen,
)
from .random_finance import (
    jeweler_events,
    lp_harvest_events,
    lp_prices_daily,
    lp_stake_events,
    shell_events,
    shell_raffle_entries,
    shell_raffle_results,
    token_prices_daily,
    vendor_transactions,
)
from .random_heroes import (
    collection,
    family_member,
    heroes,
    legends,
    menagerie,
    pets,
)
from .seasons import Season
from .shapes import Catalogue, Exclusion, Link, Lists, World

NARROW, MIDDLE, WIDE = 10, 18, 28
"""Bytes of a row: few, some or many choices."""

MAX_ROWS = 12

ROWS: dict[str, tuple[int, Callable[[Dice, Scene], None]]] = {
    "hero_summons": (WIDE, family_member),
    "discord_interactions": (NARROW, discord_interactions),
    "heroes": (MIDDLE, heroes),
    "hunting_drops": (MIDDLE, hunting_drops),
    "hunting_encounters": (MIDDLE, hunting_encounters),
    "metis_battles": (MIDDLE, metis_battles),
    "influence_predictions": (MIDDLE, influence_predictions),
    "jeweler_events": (NARROW, jeweler_events),
    "lp_harvest_events": (NARROW, lp_harvest_events),
    "lp_prices_daily": (NARROW, lp_prices_daily),
    "lp_stake_events": (NARROW, lp_stake_events),
    "metis_patrol_events": (MIDDLE, metis_patrol_events),
    "pets": (MIDDLE, pets),
    "pvp_matches": (WIDE, pvp_matches),
    "quest_completions": (MIDDLE, quest_completions),
    "seasonal_event_actions": (NARROW, seasonal_event_actions),
    "shell_events": (NARROW, shell_events),
    "shell_raffle_entries": (NARROW, shell_raffle_entries),
    "shell_raffle_results": (NARROW, shell_raffle_results),
    "token_prices_daily": (NARROW, token_prices_daily),
    "tournament_entries": (NARROW, tournament_entries),
    "tournament_matches": (MIDDLE, tournament_matches),
    "vendor_transactions": (MIDDLE, vendor_transactions),
    "wallet_first_seen": (NARROW, wallet_first_seen),
}
"""How many bytes a row of each table takes, and what is made of them; families come
before heroes, battles before votes.
"""


def links_of(dice: Dice, clusters: Sequence[str], wallets: Sequence[str]) -> list[Link]:
    """Links of the wallets: to a cluster, moved there from another, left, or none.

    An address has at most one active link.
    """
    links = []
    for wallet in wallets:
        home = clusters[dice.pick((0, 0, 0, 1, 2, 3)) % len(clusters)]
        other = clusters[(clusters.index(home) + 1) % len(clusters)]
        fate = dice.pick(("linked",) * 9 + ("moved", "left", "unlinked"))
        if fate in ("linked", "moved"):
            links.append(Link(home, wallet, active=True))
        if fate == "moved" and other != home:
            links.append(Link(other, wallet, active=False))
        if fate == "left":
            links.append(Link(home, wallet, active=False))
    return links


def exclusions_of(dice: Dice, world: World, metrics: Sequence[tuple[str, str]]) -> list[Exclusion]:
    """None to four exclusions of any kind: some of what is not there, or excluded already."""
    kinds = (
        "everything",
        "wallet",
        "wallet",
        "fact",
        "fact",
        "metric",
        "metric",
        "board",
        "season",
    )
    found = []
    for _ in range(dice.pick((0, 1, 2, 3, 4))):
        kind, cluster = dice.pick(kinds), dice.pick(world.clusters)
        tables = [table for table, rows in sorted(world.facts.items()) if rows]
        if kind == "wallet":
            found.append(Exclusion(wallet=dice.pick(WALLETS)))
        elif kind == "fact" and tables:
            table = dice.pick(tables)
            found.append(Exclusion(fact=(table, dice.byte() % len(world.facts[table]))))
        elif kind == "metric":
            found.append(Exclusion(cluster, metric=dice.pick(metrics)))
        elif kind == "board":
            found.append(Exclusion(cluster, board=str(1 + dice.byte() % len(metrics))))
        elif kind == "season":
            found.append(Exclusion(cluster, season="spring"))
        else:
            found.append(Exclusion(cluster))
    return found


@st.composite
def worlds(
    draw,
    lists: Lists,
    *,
    huge: bool = True,
    veterans: bool = True,
    excluded_from: Sequence[tuple[str, str]] = (),
) -> World:
    """Small hostile worlds: 1-4 clusters, 1-6 wallets, 0-12 drawn rows a table.

    lists gives the names and genes to draw from; without relics in it, RELICS drop
    all the same and are no relics. huge: also amounts at the limit of their column.
    veterans: now and then one cluster gets the rows that a feat needs which chance
    would never give: all classes, families or legends, or Vangardian's 200 rows.
    excluded_from: the metrics that exclusions are drawn from, with others; none: no exclusions.
    """
    dice = Dice(draw(st.binary(min_size=56, max_size=56)))
    clusters = CLUSTERS[: dice.pick((1, 2, 2, 3, 4))]
    wallets = WALLETS[: dice.pick((1, 2, 3, 3, 4, 6))]
    discord = {
        cluster: f"10000000000000000{number}"
        for number, cluster in enumerate(clusters)
        if not dice.chance(15)
    }
    scene = Scene(
        lists=lists,
        huge=huge,
        relics=tuple(sorted(lists.relic_items))[:2] or RELICS,
        wallets=wallets,
        discord=tuple(discord.values()),
        hot_times=(dice.pick(TIMES), dice.pick(TIMES)),
        founder=dice.pick(wallets),
    )
    links = links_of(dice, clusters, wallets)
    homes = {link.address: link.cluster_id for link in links if link.active}
    scene.team = tuple(wallet for wallet in wallets if homes.get(wallet) == homes.get(wallets[0]))
    for size, row in ROWS.values():
        data_of_rows = st.lists(st.binary(min_size=size, max_size=size), max_size=MAX_ROWS)
        for data in draw(data_of_rows):
            row(Dice(data), scene)
    treats = ((9, collection), (9, menagerie), (9, legends), (6, veteran))
    for percent, treat in treats:
        if dice.chance(percent) and veterans:
            treat(dice, scene)
    world = World(scene.facts, links, discord, list(clusters))
    if excluded_from:
        data = Dice(draw(st.binary(min_size=24, max_size=24)))
        world.exclusions = exclusions_of(data, world, excluded_from)
    return world


INSTANTS = st.sampled_from(
    sorted(
        {
            AS_OF,
            *(time + beside for time in TIMES for beside in (-TICK, timedelta(0), TICK)),
        }
    )
) | st.datetimes(
    min_value=datetime(2021, 9, 1), max_value=datetime(2026, 9, 1), timezones=st.just(UTC)
)
"""Where the worlds have facts, a microsecond beside that, or anywhere."""


@st.composite
def spans(draw) -> tuple[datetime | None, datetime]:
    """A half-open span that is over at AS_OF: of any length, one microsecond included."""
    end = draw(INSTANTS.filter(lambda instant: instant <= AS_OF))
    start = draw(st.none() | st.just(end - TICK) | INSTANTS.filter(lambda instant: instant < end))
    return start, end


@st.composite
def seasons(draw, catalogue: Catalogue) -> Season:
    """A season that has begun at AS_OF and may be over, in which every challenge gives points."""
    start = draw(INSTANTS.filter(lambda instant: instant < AS_OF))
    end = draw(INSTANTS.filter(lambda instant: instant > start))
    keys = [challenge.key for challenge in catalogue.challenges]
    cents = draw(st.lists(st.integers(1, 10**5), min_size=len(keys), max_size=len(keys)))
    weights = {key: Decimal(cent) / 100 for key, cent in zip(keys, cents, strict=True)}
    return Season("spring", start, end, draw(st.sampled_from(("LIFETIME", "SEASON"))), weights)
