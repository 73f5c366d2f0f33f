"""What a cluster did: hunts, matches, trades, quests, patrols, shells, bets, tournaments, days."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from .players import Player, Scene, Value
from .positions import DAY
from .shapes import Row

COMPLETED = 2

FORAGING = 2

MINING = (3, 4)

MAD_BOAR = 1

MOTHERCLUCKER = 2


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
    for row in scene.table("pvp_matches"):
        if row["wallet_address"] in player.linked:
            own_rows[row["realm"], row["match_id"]].append(row)
    counting = []
    for rows in own_rows.values():
        named = {row["wallet_address"] for row in rows}
        named |= {row["opponent_wallet"] for row in rows} & player.linked
        itself = any(row["opponent_wallet"] == row["wallet_address"] for row in rows)
        if len(named) == 1 and not itself:
            counting.extend(row for row in rows if row["wallet_address"] in player.wallets)
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
        if scene.is_official(entry["chain_id"], entry["tournament_id"])
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
        and not {match["player_a"], match["player_b"]} <= player.linked
    }
    return list(matches.values())


def tournaments_entered(scene: Scene, player: Player) -> set[tuple[int, int]]:
    """The official tournaments (chain_id, tournament_id) entered in the window.

    An entry row counts at registered_at; without one, the wallet entered with its first
    match. A bye is no match, and so no entry.
    """
    entries: dict[tuple[int, int, str], datetime] = {}
    for match in tournament_matches(scene, player):
        for wallet in {match["player_a"], match["player_b"]} & player.wallets:
            key = match["chain_id"], match["tournament_id"], wallet
            entries[key] = min(entries.get(key, match["completed_at"]), match["completed_at"])
    for row in scene.rows(player, "tournament_entries"):
        key = row["chain_id"], row["tournament_id"], row["wallet_address"]
        entries[key] = row["registered_at"]
    return {
        (chain_id, tournament_id)
        for (chain_id, tournament_id, _), at in entries.items()
        if scene.is_official(chain_id, tournament_id) and scene.window.holds(at)
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
