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
  the window.
- In a lineage of three generations, parent and grandparent are the rows that the
  look-up of parents finds (lowest chain_id); these must be own summons. The three
  need not be different heroes.
- The JEWEL sum of a stake is the sum of all events before the end, also of those
  before a full withdrawal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext

from .genes import Ancestry, genes_of_slot
from .positions import (
    DAY,
    Prices,
    days_of,
    held_pieces,
    held_spans,
    last_day,
    longest_days,
    ordered,
    pieces,
    total,
)
from .shapes import Lists, Row, Window, World

Value = int | Decimal | bool
Metrics = dict[tuple[str, str], Value]

EXACT_DIGITS = 400
"""Enough for exact sums and products of numeric(38,18) and numeric(30,12)."""

METIS = 1088
COMPLETED = 2
FORAGING = 2
MINING = (3, 4)
MAD_BOAR = 1
MOTHERCLUCKER = 2
MYTHIC = 4
DUST_LIMIT_USD = 1
CROWNED_DAYS = 1000
LEGENDARY_CLASSES = ("Dragoon", "Sage", "Spellbow", "DreadKnight")


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
    sources["epic_feats"] = epic_feats(scene, player, sources)
    return {
        (source, key): value
        for source, metrics in sources.items()
        for key, value in metrics.items()
    }


@dataclass(frozen=True)
class Player:
    """A cluster with the addresses of its active links."""

    cluster_id: str
    wallets: frozenset[str]
    discord_id: str | None


class Scene:
    """A world in one window, with the look-ups that all clusters share."""

    def __init__(self, world: World, window: Window, lists: Lists):
        """Build the look-ups."""
        self.world, self.window, self.lists = world, window, lists
        self.ancestry = Ancestry(self.table("hero_summons"), self.table("heroes"), lists)
        self.heroes = self._latest("heroes", ("hero_id",))
        self.pets = self._latest("pets", ("pet_id",))
        self.battles = {
            row["battle_id"]: row for row in self.table("metis_battles") if row["chain_id"] == METIS
        }
        self._by_wallet: dict[tuple[str, str], dict[str, list[Row]]] = {}

    def table(self, name: str) -> list[Row]:
        """All rows of a raw table."""
        return self.world.facts.get(name, [])

    def player(self, cluster_id: str) -> Player:
        """A cluster with its active wallets and its Discord id."""
        return Player(
            cluster_id=cluster_id,
            wallets=frozenset(
                link.address
                for link in self.world.links
                if link.cluster_id == cluster_id and link.active
            ),
            discord_id=self.world.discord_ids.get(cluster_id),
        )

    def rows(self, player: Player, table: str, wallet: str = "wallet_address") -> list[Row]:
        """All rows of a table, of any time, whose wallet column is the player's."""
        if (table, wallet) not in self._by_wallet:
            grouped = defaultdict(list)
            for row in self.table(table):
                grouped[row[wallet]].append(row)
            self._by_wallet[table, wallet] = grouped
        grouped = self._by_wallet[table, wallet]
        return [row for address in player.wallets for row in grouped.get(address, [])]

    def rows_inside(
        self, player: Player, table: str, at: str, wallet: str = "wallet_address"
    ) -> list[Row]:
        """The player's rows of a table whose time column lies in the window."""
        return [row for row in self.rows(player, table, wallet) if self.window.holds(row[at])]

    def _latest(self, table: str, identity: tuple[str, ...]) -> list[Row]:
        """The latest version before the end of the window, per identity."""
        latest: dict[tuple, Row] = {}
        # Versions of equal time are ordered by the natural key, of which chain_id is the last part.
        for row in sorted(
            self.table(table),
            key=lambda row: (row["updated_at"], row.get("chain_id", 0)),
        ):
            if row["updated_at"] < self.window.ends_at:
                latest[tuple(row[part] for part in identity)] = row
        return list(latest.values())


def onchain_heroes(scene: Scene, player: Player) -> dict[str, Value]:
    """Heroes owned at the end of the window."""
    heroes = owned_heroes(scene, player)
    return {
        "total_levels": sum(hero["level"] for hero in heroes),
        "hero_count": len(heroes),
    }


def owned_heroes(scene: Scene, player: Player) -> list[Row]:
    """The latest versions of heroes that the player owns; rented heroes do not count."""
    return [
        hero
        for hero in scene.heroes
        if hero["owner_wallet"] in player.wallets and not hero["is_rented"]
    ]


def onchain_pets(scene: Scene, player: Player) -> dict[str, Value]:
    """Pets owned at the end of the window, weighted by rarity."""
    weights = scene.lists.pet_rarity_weights
    return {"rarity_score": sum(weights.get(pet["rarity"], 0) for pet in owned_pets(scene, player))}


def owned_pets(scene: Scene, player: Player) -> list[Row]:
    """The latest versions of pets that the player owns."""
    return [pet for pet in scene.pets if pet["owner_wallet"] in player.wallets]


def onchain_hunting(scene: Scene, player: Player) -> dict[str, Value]:
    """Hunts won, and relics among the drops."""
    hunts = scene.rows_inside(player, "hunting_encounters", "encountered_at")
    won = [hunt for hunt in hunts if hunt["result"] == "WIN"]
    cluckers = [hunt for hunt in won if hunt["hunt_data_id"] == MOTHERCLUCKER]
    drops = scene.rows_inside(player, "hunting_drops", "dropped_at")
    return {
        "wins": len(won),
        "motherclucker_kills": len(cluckers),
        "mad_boar_kills": sum(hunt["hunt_data_id"] == MAD_BOAR for hunt in won),
        "relics_found": sum(
            int(drop["amount"]) for drop in drops if drop["item_address"] in scene.lists.relic_items
        ),
        "clucker_miracle": any(
            hunt["surviving_hero_count"] == 1 and hunt["surviving_hero_hp"] == 1
            for hunt in cluckers
        ),
    }


def onchain_pvp(scene: Scene, player: Player) -> dict[str, Value]:
    """Ranked matches; unranked ones neither count nor break a streak."""
    ranked = sorted(
        (
            match
            for match in pvp_matches(scene, player)
            if match["is_ranked"] and scene.window.holds(match["matched_at"])
        ),
        key=lambda match: (match["matched_at"], match["realm"], match["match_id"]),
    )
    best = streak = 0
    for match in ranked:
        streak = streak + 1 if match["outcome"] == "WIN" else 0
        best = max(best, streak)
    wins = [match for match in ranked if match["outcome"] == "WIN"]
    return {
        "matches_played": len(ranked),
        "wins": len(wins),
        "best_win_streak": best,
        "flawless_victory": any(match["hero_deaths"] == 0 for match in wins),
    }


def pvp_matches(scene: Scene, player: Player) -> list[Row]:
    """The player's matches of any time and kind, without those against itself.

    All own rows of a match (realm, match_id) of any time are examined: where they name two
    wallets of the cluster, or a wallet as its own opponent, the match does not count. So
    each remaining match has one row.
    """
    own_rows = defaultdict(list)
    for row in scene.rows(player, "pvp_matches"):
        own_rows[row["realm"], row["match_id"]].append(row)
    counting = []
    for rows in own_rows.values():
        named = {row["wallet_address"] for row in rows}
        named |= {row["opponent_wallet"] for row in rows} & player.wallets
        itself = any(row["opponent_wallet"] == row["wallet_address"] for row in rows)
        if len(named) == 1 and not itself:
            counting.extend(rows)
    return counting


def onchain_gold(scene: Scene, player: Player) -> dict[str, Value]:
    """Gold spent on purchases."""
    return {
        "vendor_spend": sum(
            (
                Decimal(row["gold_amount"])
                for row in scene.rows_inside(player, "vendor_transactions", "occurred_at")
                if row["direction"] == "SPEND" and row["method"] in scene.lists.purchase_methods
            ),
            Decimal(0),
        )
    }


def onchain_quests(scene: Scene, player: Player) -> dict[str, Value]:
    """Completed profession quests."""
    kinds = [
        quest["quest_instance_id"]
        for quest in scene.rows_inside(player, "quest_completions", "completed_at")
        if quest["status"] == COMPLETED
    ]
    return {
        "mining_quests": sum(kind in MINING for kind in kinds),
        "foraging_quests": sum(kind == FORAGING for kind in kinds),
    }


def onchain_lp(scene: Scene, player: Player) -> dict[str, Value]:
    """Liquidity per pool (chain_id, pool_id), all wallets of the cluster together."""
    window = scene.window
    pools = defaultdict(list)
    for row in scene.rows(player, "lp_stake_events"):
        pools[row["chain_id"], row["pool_id"]].append(row)

    values, days, spans = [], set(), []
    for (chain_id, pool_id), rows in pools.items():
        prices = lp_prices(scene, chain_id, pool_id)
        whole = pieces(rows, "lp_amount", window.ends_at)
        spans += held_spans(whole, window)
        for piece in held_pieces(whole, window):
            for day in days_of(piece):
                if piece.amount * prices.on(day) >= DUST_LIMIT_USD:
                    days.add(day)
        held = total(ordered(rows, window.ends_at), "lp_amount")
        if held > 0:
            values.append(held * prices.on(last_day(window.ends_at)))
    return {
        "active_days": len(days),
        "lp_usd_value": sum(values, Decimal(0)),
        "pool_count": sum(value >= DUST_LIMIT_USD for value in values),
        "harvest_actions": len(scene.rows_inside(player, "lp_harvest_events", "harvested_at")),
        "lp_duration_max_days": longest_days(spans),
    }


def lp_prices(scene: Scene, chain_id: int, pool_id: int) -> Prices:
    """USD per LP token of one pool."""
    return Prices(
        {
            row["price_date"]: Decimal(row["usd_per_lp"])
            for row in scene.table("lp_prices_daily")
            if (row["chain_id"], row["pool_id"]) == (chain_id, pool_id)
        }
    )


def onchain_staking(scene: Scene, player: Player) -> dict[str, Value]:
    """The stake at the Jeweler: held while the cJEWEL sum is above zero."""
    window = scene.window
    rows = ordered(scene.rows(player, "jeweler_events"), window.ends_at)
    whole = pieces(rows, "cjewel_amount", window.ends_at)
    jewel = Decimal(0)
    if total(rows, "cjewel_amount") > 0:
        jewel = max(total(rows, "jewel_amount"), Decimal(0))
    prices = Prices(
        {
            row["price_date"]: Decimal(row["usd_price"])
            for row in scene.table("token_prices_daily")
            if row["token"] == "JEWEL"
        }
    )
    return {
        "stake_duration_days": longest_days(held_spans(whole, window)),
        "stake_usd_value": jewel * prices.on(last_day(window.ends_at)),
        "jewel_stake_amount": jewel,
    }


def onchain_summoning(scene: Scene, player: Player) -> dict[str, Value]:
    """Heroes that the cluster itself summoned, their mutations and classes."""
    ancestry = scene.ancestry
    children = own_summons(scene, player)
    mutations = [own_mutations(scene, child) for child in children]
    royal = [
        child
        for child, slots in zip(children, mutations, strict=True)
        if len(slots) >= 1
        and ancestry.mutation_count(child["summoner_id"]) >= 3
        and ancestry.mutation_count(child["assistant_id"]) >= 3
    ]
    classes = {dominant_class(scene, child) for child in children}
    has = {name: scene.lists.genes["class"].get(name) in classes for name in LEGENDARY_CLASSES}
    return {
        "perfect_pairing_unlocked": any(
            len({slot.domain for slot in slots}) >= 2 for slots in mutations
        ),
        "mutagenic_specialist_count": sum(len(slots) >= 3 for slots in mutations),
        "mythmaker_count": sum(child["rarity"] == MYTHIC for child in children),
        "royal_lineage_count": len(royal),
        "legendary_class_flags": int(all(has.values())),
        **{f"has_{name.lower()}": done for name, done in has.items()},
    }


def own_summons(scene: Scene, player: Player) -> list[Row]:
    """The cluster's summons in the window."""
    return scene.rows_inside(player, "hero_summons", "summoned_at", "summoner_wallet")


def own_mutations(scene: Scene, summon: Row) -> list:
    """The mutated slots of a row of hero_summons."""
    return scene.ancestry.mutations(
        summon["stat_genes"], summon["summoner_id"], summon["assistant_id"]
    )


def dominant_class(scene: Scene, summon: Row) -> int:
    """The dominant class gene of a row of hero_summons."""
    (position,) = (slot.position for slot in scene.lists.slots if slot.name == "class")
    return genes_of_slot(int(summon["stat_genes"]), position)[0]


def onchain_metis_patrol(scene: Scene, player: Player) -> dict[str, Value]:
    """Patrols won; a patrol of unknown difficulty is not elite."""
    won = [
        patrol
        for patrol in scene.rows_inside(player, "metis_patrol_events", "completed_at")
        if patrol["result"] == "WIN"
    ]
    return {
        "wins": len(won),
        "elite_wins": sum(patrol["difficulty"] in scene.lists.elite_difficulties for patrol in won),
    }


def onchain_shells(scene: Scene, player: Player) -> dict[str, Value]:
    """Shells earned, raffle entries made, raffles won."""
    return {
        "shells_collected": sum(
            int(row["shell_amount"])
            for row in scene.rows_inside(player, "shell_events", "occurred_at")
            if row["event_type"] == "EARN"
        ),
        "raffle_entries": len(scene.rows_inside(player, "shell_raffle_entries", "entered_at")),
        "raffle_win": bool(
            scene.rows_inside(player, "shell_raffle_results", "drawn_at", "winner_wallet")
        ),
    }


def onchain_influence(scene: Scene, player: Player) -> dict[str, Value]:
    """Battles of METIS completed in the window on whose winner a wallet had bet.

    The last vote of a wallet before the completion is its bet; votes are ordered by
    time, then (tx_hash, log_index). A withdrawal, or an unknown side, is no bet.
    """
    last_votes: dict[tuple[str, int], Row] = {}
    for vote in sorted(
        scene.rows(player, "influence_predictions"),
        key=lambda vote: (vote["voted_at"], vote["tx_hash"], vote["log_index"]),
    ):
        battle = scene.battles.get(vote["battle_id"])
        completed_at = battle and battle["completed_at"]
        if completed_at is not None and vote["voted_at"] < completed_at:
            last_votes[vote["wallet_address"], vote["battle_id"]] = vote

    won = set()
    for vote in last_votes.values():
        battle = scene.battles[vote["battle_id"]]
        if (
            vote["action"] != "WITHDRAW"
            and vote["side"] is not None
            and vote["side"] == battle["winner_side"]
            and scene.window.holds(battle["completed_at"])
        ):
            won.add(vote["battle_id"])
    return {"bets_won": len(won)}


def onchain_tournaments(scene: Scene, player: Player) -> dict[str, Value]:
    """Official tournaments entered, matches won, and finishes on ranks 1 to 3."""
    window = scene.window
    wins = [
        match
        for match in tournament_matches(scene, player)
        if match["winner_wallet"] in player.wallets
        and match["winner_wallet"] in (match["player_a"], match["player_b"])
        and window.holds(match["completed_at"])
    ]
    top_finishes = [
        entry
        for entry in scene.rows(player, "tournament_entries")
        if entry["is_official"]
        and entry["final_rank"] in (1, 2, 3)
        and window.holds(entry["ended_at"] or entry["registered_at"])
    ]
    return {
        "entries": len(tournaments_entered(scene, player)),
        "wins": len(wins),
        "top_finish": bool(top_finishes),
    }


def tournament_matches(scene: Scene, player: Player) -> list[Row]:
    """The player's matches of any time: two players, not both of the cluster."""
    matches = {
        (match["tx_hash"], match["log_index"]): match
        for side in ("player_a", "player_b")
        for match in scene.rows(player, "tournament_matches", side)
        if match["player_b"] is not None
        and not {match["player_a"], match["player_b"]} <= player.wallets
    }
    return list(matches.values())


def tournaments_entered(scene: Scene, player: Player) -> set[tuple[int, int]]:
    """The official tournaments (chain_id, tournament_id) entered in the window.

    An entry row counts at registered_at and decides for its wallet and tournament;
    without one, the wallet's first match is an official entry.
    """
    entries: dict[tuple[int, int, str], tuple[datetime, bool]] = {}
    for match in tournament_matches(scene, player):
        for wallet in {match["player_a"], match["player_b"]} & player.wallets:
            key = match["chain_id"], match["tournament_id"], wallet
            first, _ = entries.get(key, (match["completed_at"], True))
            entries[key] = min(first, match["completed_at"]), True
    for row in scene.rows(player, "tournament_entries"):
        key = row["chain_id"], row["tournament_id"], row["wallet_address"]
        entries[key] = row["registered_at"], row["is_official"]
    return {
        (chain_id, tournament_id)
        for (chain_id, tournament_id, _), (at, is_official) in entries.items()
        if is_official and scene.window.holds(at)
    }


def behavior_events(scene: Scene, player: Player) -> dict[str, Value]:
    """Active days, Discord engagement and the age of the account."""
    window = scene.window
    days: set[date] = {
        at.astimezone(UTC).date() for at in player_actions(scene, player) if window.holds(at)
    }
    weights = scene.lists.discord_kind_weights
    first_seen = [
        row["first_tx_at"]
        for row in scene.rows(player, "wallet_first_seen", "address")
        if row["first_tx_at"] < window.ends_at
    ]
    age = (window.ends_at - min(first_seen)) // DAY if first_seen else 0
    return {
        "active_days": len(days),
        "discord_engagement_score": sum(
            weights.get(row["kind"], 0)
            for row in discord_interactions(scene, player)
            if window.holds(row["occurred_at"])
        ),
        "account_age_days": age,
    }


def discord_interactions(scene: Scene, player: Player) -> Iterable[Row]:
    """The interactions of the player's Discord account, of any time."""
    return (
        row for row in scene.table("discord_interactions") if row["discord_id"] == player.discord_id
    )


def player_actions(scene: Scene, player: Player) -> Iterator[datetime]:
    """The times of all player actions, inside the window or not."""
    for quest in scene.rows(player, "quest_completions"):
        if quest["status"] == COMPLETED:
            yield quest["completed_at"]
    for vote in scene.rows(player, "influence_predictions"):
        if vote["action"] in ("ADD", "CHANGE"):
            yield vote["voted_at"]
    for match in pvp_matches(scene, player):
        yield match["matched_at"]
    for match in tournament_matches(scene, player):
        yield match["completed_at"]
    for summon in scene.rows(player, "hero_summons", "summoner_wallet"):
        yield summon["summoned_at"]
    for interaction in discord_interactions(scene, player):
        if interaction["kind"] != "MESSAGE":
            yield interaction["occurred_at"]
    for table, at in (
        ("hunting_encounters", "encountered_at"),
        ("vendor_transactions", "occurred_at"),
        ("metis_patrol_events", "completed_at"),
        ("shell_raffle_entries", "entered_at"),
        ("lp_stake_events", "occurred_at"),
        ("lp_harvest_events", "harvested_at"),
        ("jeweler_events", "occurred_at"),
        ("shell_events", "occurred_at"),
        ("seasonal_event_actions", "occurred_at"),
    ):
        for row in scene.rows(player, table):
            yield row[at]


def seasonal_events(scene: Scene, player: Player) -> dict[str, Value]:
    """Weighted actions in limited-time events."""
    weights = scene.lists.seasonal_action_weights
    return {
        "seasonal_score": sum(
            weights.get(row["action_kind"], 0)
            for row in scene.rows_inside(player, "seasonal_event_actions", "occurred_at")
        )
    }


def epic_feats(
    scene: Scene, player: Player, sources: dict[str, dict[str, Value]]
) -> dict[str, Value]:
    """The six epic feats, from the other metrics of the same window and from facts."""
    lists = scene.lists
    patrols, tournaments = (
        sources["onchain_metis_patrol"],
        sources["onchain_tournaments"],
    )
    children = own_summons(scene, player)
    dread_knight = lists.genes["class"].get("DreadKnight")
    mythic_classes = {
        hero["main_class"] for hero in owned_heroes(scene, player) if hero["rarity"] == MYTHIC
    }
    odd_families = {
        pet["family"] for pet in owned_pets(scene, player) if pet["variant"] in ("ODD", "ULTRA_ODD")
    }
    return {
        "vangardian_unlocked": bool(
            patrols["wins"] >= 100
            and patrols["elite_wins"] >= 25
            and sources["onchain_shells"]["shells_collected"] >= 500
            and sources["onchain_influence"]["bets_won"] >= 50
            and tournaments["entries"] >= 10
            and tournaments["top_finish"]
        ),
        "worldforged_summoner_unlocked": any(
            dominant_class(scene, child) == dread_knight and len(own_mutations(scene, child)) >= 4
            for child in children
        ),
        "grandmaster_geneweaver_unlocked": any(
            ends_a_line_of_three(scene, player, child) for child in children
        ),
        "eternal_collector_unlocked": covers(mythic_classes, lists.genes["class"]),
        "crowned_jeweler_unlocked": (
            sources["onchain_staking"]["stake_duration_days"] >= CROWNED_DAYS
        ),
        "mythic_menagerie_unlocked": covers(odd_families, lists.pet_families),
    }


def ends_a_line_of_three(scene: Scene, player: Player, child: Row) -> bool:
    """Whether a child with two mutations has a parent of the cluster with two, which has a
    parent of the cluster with one. Each time it can be either parent.
    """
    if len(own_mutations(scene, child)) < 2:
        return False
    for parent_id in (child["summoner_id"], child["assistant_id"]):
        parent = own_ancestor(scene, player, parent_id, mutations=2)
        if parent is None:
            continue
        for grandparent_id in (parent["summoner_id"], parent["assistant_id"]):
            if own_ancestor(scene, player, grandparent_id, mutations=1):
                return True
    return False


def own_ancestor(
    scene: Scene, player: Player, hero_id: int | None, *, mutations: int
) -> Row | None:
    """The summoning of a hero, where the cluster did it before the end of the window and the
    hero has at least `mutations` mutations.
    """
    birth = scene.ancestry.birth(hero_id)
    if birth is None or birth.summon is None:
        return None
    own = birth.summon["summoner_wallet"] in player.wallets
    if not own or birth.summon["summoned_at"] >= scene.window.ends_at:
        return None
    return birth.summon if scene.ancestry.mutation_count(hero_id) >= mutations else None


def covers(found: Iterable[str | None], wanted: Iterable[str]) -> bool:
    """Whether all wanted values were found; an empty list is never covered."""
    wanted = set(wanted)
    return bool(wanted) and wanted <= set(found)
