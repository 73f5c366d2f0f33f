"""Random hunts, quests, patrols, matches, votes and whatever else is an event."""

from datetime import timedelta

from .dice import ITEMS, STRANGER, Dice, Scene, log, loose_log
from .instants import DAY, TICK, TIMES


def discord_interactions(dice: Dice, scene: Scene) -> None:
    """Commands, plain messages and the rest, of known and unknown accounts."""
    kind = dice.pick(("COMMAND", "MESSAGE", "ONBOARDING_STEP", "EVENT", "HELPFUL"))
    row = {
        "interaction_id": 1,
        "discord_id": dice.pick((*scene.discord, "nobody")),
        "kind": kind,
        "command": dice.pick((None, "/progress", "/link")),
        "topic": dice.pick((None, "help", "pvp")),
        "occurred_at": scene.when(dice),
    }
    scene.put("discord_interactions", row, bump="interaction_id")


def hunting_encounters(dice: Dice, scene: Scene) -> None:
    """Hunts, mostly won, some of them miracles."""
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "hunt_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "block_number": dice.pick((None, 40_000_000)),
        "wallet_address": scene.wallet(dice),
        "hunt_data_id": dice.pick((2, 1, 2)),
        "enemy_id": dice.pick((None, "BAD_MOTHERCLUCKER")),
        "result": dice.pick(("WIN", "WIN", "LOSS")),
        "hero_ids": dice.maybe(([1, 2, 3], [4], []), 20),
        "retries": dice.maybe((0, 3), 30),
        "surviving_hero_count": dice.maybe((1, 2, 0, 1), 20),
        "surviving_hero_hp": dice.maybe((1, 2, 0, 1), 20),
        "encountered_at": scene.when(dice),
    }
    scene.put("hunting_encounters", row, bump="hunt_id")


def hunting_drops(dice: Dice, scene: Scene) -> None:
    """Drops of relics and of other items."""
    row = {
        **log(dice),
        "chain_id": dice.pick((53935, 8217)),
        "hunt_id": dice.pick((1, 2, 3, 99)),
        "wallet_address": scene.wallet(dice),
        "item_address": dice.pick((*scene.relics, *ITEMS)),
        "amount": scene.whole(dice),
        "equipment_type": dice.pick((None, 1)),
        "display_id": dice.pick((None, 1)),
        "rarity": dice.pick((None, 0, 4)),
        "nft_id": dice.pick((None, 1)),
        "dropped_at": scene.when(dice),
    }
    scene.put("hunting_drops", row, bump="log_index")


def metis_battles(dice: Dice, scene: Scene) -> None:
    """Battles open and completed; rarely another chain has the same id."""
    host, opponent = scene.wallet(dice), scene.wallet(dice)
    row = {
        "chain_id": dice.pick((1088,) * 7 + (53935,)),
        "battle_id": dice.pick((1, 2, 3, 4)),
        "host_wallet": dice.maybe((host,)),
        "opponent_wallet": dice.maybe((opponent,)),
        "winner_wallet": dice.maybe((host, opponent)),
        "winner_side": dice.maybe((1, 0, 1)),
        "settings_1": dice.pick((None, 0, 2**256 - 1)),
        "settings_2": dice.pick((None, 0)),
        "created_at": scene.maybe_when(dice),
        "completed_at": scene.maybe_when(dice),
    }
    scene.put("metis_battles", row)


def influence_predictions(dice: Dice, scene: Scene) -> None:
    """Votes around the completion of their battle: before, at and after it."""
    battles = scene.facts["metis_battles"]
    battle_id, at = dice.pick((1, 2, 3, 4, 5)), scene.when(dice)
    if battles and not dice.chance(20):
        battle = battles[dice.byte() % len(battles)]
        battle_id, completed_at = battle["battle_id"], battle["completed_at"]
        shift = dice.pick((-DAY, -DAY, -2 * DAY, -TICK, timedelta(0), TICK))
        if completed_at is not None and not dice.chance(30):
            at = completed_at + shift
    row = {
        "battle_id": battle_id,
        "wallet_address": scene.wallet(dice),
        "action": dice.pick(("ADD", "CHANGE", "ADD", "WITHDRAW")),
        "side": dice.maybe((1, 0, 1), 10),
        "influence": dice.maybe((10, 0, 10**38 - 1)),
        **log(dice),
        "voted_at": at,
    }
    scene.put("influence_predictions", row, bump="log_index")
    if dice.chance(25):
        # another log of the same wallet at the same instant
        other = row | log(dice) | {"side": dice.pick((0, 1)), "action": "CHANGE"}
        scene.put("influence_predictions", other, bump="log_index")


def metis_patrol_events(dice: Dice, scene: Scene) -> None:
    """Patrols of elite, plain and unknown difficulty."""
    difficulties = (*sorted(scene.lists.elite_difficulties), "NORMAL", "elite")
    row = {
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "patrol_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "wallet_address": scene.wallet(dice),
        "trial_id": dice.pick((None, 1, 2)),
        "stage": dice.pick((None, 1, 2)),
        "difficulty": dice.maybe(difficulties, 20),
        "fights_completed": dice.pick((None, 3, 1)),
        "result": dice.pick(("WIN", "WIN", "LOSS")),
        "completed_at": scene.when(dice),
    }
    scene.put("metis_patrol_events", row, bump="patrol_id")


def pvp_matches(dice: Dice, scene: Scene) -> None:
    """Mostly won matches; half of them have the opponent's row too."""
    wallet, opponent = scene.wallet(dice), scene.wallet(dice)
    if dice.chance(50):
        opponent = STRANGER
    if dice.chance(4):
        opponent = wallet
    row = {
        "realm": dice.pick(("DFK", "DFK", "KAIA", "METIS")),
        "match_id": dice.pick(("1", "9", "10", "9", "10", "2", "11", "100")),
        "wallet_address": wallet,
        "opponent_wallet": dice.maybe((opponent,), 12),
        "queue_type": dice.maybe(("SOLO", "SQUAD", "WAR", "PACK", "PRIVATE")),
        "is_ranked": not dice.chance(15),
        "outcome": dice.pick(("WIN", "WIN", "WIN", "WIN", "LOSS", "DRAW")),
        "hero_deaths": dice.maybe((0, 1, 3), 25),
        "score_before": dice.pick((None, 1000)),
        "score_after": dice.pick((None, 1010)),
        **loose_log(dice),
        "matched_at": scene.hot_times[0] if dice.chance(35) else scene.when(dice),
    }
    both = dice.chance(40)
    mirror = row | {
        "wallet_address": opponent,
        "opponent_wallet": dice.maybe((wallet,), 12),
        "outcome": {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}[row["outcome"]],
        "hero_deaths": dice.maybe((3, 0), 25),
    }
    if dice.chance(15):
        mirror["matched_at"] = scene.when(dice)
    scene.put("pvp_matches", row)
    if both:
        scene.put("pvp_matches", mirror)


def quest_completions(dice: Dice, scene: Scene) -> None:
    """Quests of all kinds, mostly completed."""
    row = {
        "chain_id": dice.pick((53935, 53935, 8217)),
        "quest_id": dice.pick((1, 2, 3)),
        **loose_log(dice),
        "wallet_address": scene.wallet(dice),
        "hero_id": dice.pick((None, 1)),
        "hero_count": dice.pick((None, 6, 1)),
        "quest_instance_id": dice.pick((3, 2, 4, 1, 2, 3, 4, 5, 6)),
        "quest_type": dice.pick((None, 0)),
        "level": dice.pick((None, 0, 10)),
        "attempts": dice.pick((None, 5)),
        "status": dice.pick((2, 2, 2, 2, 0, 1, 3, 4)),
        "started_at": scene.maybe_when(dice),
        "completed_at": scene.when(dice),
    }
    scene.put("quest_completions", row, bump="quest_id")


def seasonal_event_actions(dice: Dice, scene: Scene) -> None:
    """Actions in two events; two wallets may name the same reference."""
    row = {
        "event_key": dice.pick(("harvest", "frost")),
        "wallet_address": scene.wallet(dice),
        "action_kind": dice.pick(("PARTICIPATION", "QUEST", "BOSS_KILL")),
        "ref_id": dice.pick(("1", "2")),
        "occurred_at": scene.when(dice),
    }
    scene.put("seasonal_event_actions", row)


def tournament_entries(dice: Dice, scene: Scene) -> None:
    """Entries in few tournaments, some unofficial, some without an end."""
    row = {
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "tournament_id": dice.pick((1, 2, 3)),
        "wallet_address": scene.wallet(dice),
        "is_official": not dice.chance(25),
        "registered_at": scene.when(dice),
        "final_rank": dice.maybe((1, 3, 4, 2, 5), 20),
        "ended_at": scene.maybe_when(dice),
    }
    scene.put("tournament_entries", row)


def tournament_matches(dice: Dice, scene: Scene) -> None:
    """Bracket matches, byes, and matches within a cluster."""
    player_a, player_b = scene.wallet(dice), scene.wallet(dice)
    if dice.chance(40):
        player_b = STRANGER
    if dice.chance(30):
        player_a, player_b = player_b, player_a
    player_b = None if dice.chance(12) else player_b
    row = {
        **log(dice),
        "chain_id": dice.pick((1088, 1088, 1088, 53935)),
        "tournament_id": dice.pick((1, 2, 3)),
        "bracket_slot": dice.maybe((0, 1), 30),
        "player_a": player_a,
        "player_b": player_b,
        "winner_wallet": dice.maybe((player_a, player_b, player_a, player_b, scene.wallets[0]), 10),
        "block_number": dice.pick((None, 19_795_210)),
        "completed_at": scene.when(dice),
    }
    scene.put("tournament_matches", row, bump="log_index")


def wallet_first_seen(dice: Dice, scene: Scene) -> None:
    """First transactions of wallets on several chains."""
    row = {
        "chain": dice.pick(("dfk", "kaia", "metis")),
        "address": scene.wallet(dice),
        "first_tx_at": scene.when(dice),
    }
    scene.put("wallet_first_seen", row)


def veteran(dice: Dice, scene: Scene) -> None:
    """The goals of Vangardian for the first wallet, each met exactly or missed by one.

    This is the one place where a table gets more than a dozen rows.
    """
    wallet, at = scene.wallets[0], TIMES[3]

    def goal(number: int) -> int:
        return number - dice.chance(7)

    patrols, elite, shells = goal(100), goal(25), goal(500)
    bets, tournaments, rank = goal(50), goal(10), 4 - goal(1)
    difficulties = sorted(scene.lists.elite_difficulties)
    for number in range(patrols):
        is_elite = number < elite and difficulties
        patrol = {
            "chain_id": 1088,
            "patrol_id": 9000 + number,
            "tx_hash": None,
            "log_index": None,
            "wallet_address": wallet,
            "trial_id": None,
            "stage": None,
            "difficulty": difficulties[number % len(difficulties)] if is_elite else None,
            "fights_completed": None,
            "result": "WIN",
            "completed_at": at,
        }
        scene.put("metis_patrol_events", patrol)
    for number in range(bets):
        battle = {
            "chain_id": 1088,
            "battle_id": 9000 + number,
            "host_wallet": None,
            "opponent_wallet": None,
            "winner_wallet": None,
            "winner_side": 0,
            "settings_1": None,
            "settings_2": None,
            "created_at": None,
            "completed_at": at,
        }
        vote = {
            "battle_id": 9000 + number,
            "wallet_address": wallet,
            "action": "ADD",
            "side": 0,
            "influence": 1,
            "tx_hash": f"0x{0x9000:064x}",
            "log_index": number,
            "voted_at": at - TICK,
        }
        scene.put("metis_battles", battle)
        scene.put("influence_predictions", vote)
    for number in range(tournaments):
        entry = {
            "chain_id": 1088,
            "tournament_id": 9000 + number,
            "wallet_address": wallet,
            "is_official": True,
            "registered_at": at,
            "final_rank": rank if number == 0 else None,
            "ended_at": None,
        }
        scene.put("tournament_entries", entry)
    earned = {
        "tx_hash": f"0x{0x9001:064x}",
        "log_index": 0,
        "chain_id": 1088,
        "wallet_address": wallet,
        "event_type": "EARN",
        "source": None,
        "shell_amount": shells,
        "occurred_at": at,
    }
    scene.put("shell_events", earned)
