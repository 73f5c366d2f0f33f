"""Both sides of each rule of hunts, matches, gold, quests, patrols, shells, bets and events."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ..instants import AS_OF, DAY, TICK
from .town import RECENTLY, STRANGER, Town

MIRACLE = {"hunt_data_id": 2, "surviving_hero_count": 1, "surviving_hero_hp": 1}


def hunting(town: Town) -> None:
    """Kinds of hunts, survivors, relics."""
    for name, columns in {
        "a hunt won against neither boss": {"hunt_data_id": 3},
        "a hunt won against the boar": {"hunt_data_id": 1},
        "a hunt won against the clucker": {"hunt_data_id": 2},
        "a hunt lost against the boar": {"hunt_data_id": 1, "result": "LOSS"},
        "a hunt lost by a miracle": MIRACLE | {"result": "LOSS"},
        "a miracle": MIRACLE,
        "a miracle with the boar": MIRACLE | {"hunt_data_id": 1},
        "a miracle of a third kind": MIRACLE | {"hunt_data_id": 3},
        "two survivors": MIRACLE | {"surviving_hero_count": 2},
        "no survivor": MIRACLE | {"surviving_hero_count": 0},
        "a survivor with two points": MIRACLE | {"surviving_hero_hp": 2},
        "a survivor with no point": MIRACLE | {"surviving_hero_hp": 0},
        "an unknown number of survivors": MIRACLE | {"surviving_hero_count": None},
        "survivors with unknown points": MIRACLE | {"surviving_hero_hp": None},
    }.items():
        town.home(name).put("hunting_encounters", **columns)
    home = town.home("a miracle among other hunts")
    for columns in (MIRACLE, {"hunt_data_id": 2}, {"hunt_data_id": 1}, {"result": "LOSS"}):
        home.put("hunting_encounters", **columns)
    relics = sorted(town.lists.relic_items)
    assert len(relics) > 1
    for name, drops in {
        "a relic": [(relics[0], 1)],
        "the last relic of the list": [(relics[-1], 1)],
        "no relic": [("0x" + "17" * 20, 1)],
        "equal relics twice": [(relics[0], 3), (relics[0], 3), (relics[1], 2)],
        "a relic in no number": [(relics[0], 0)],
    }.items():
        home = town.home(name)
        for item, amount in drops:
            home.put("hunting_drops", item_address=item, amount=amount)
        home.put("hunting_encounters")


def quests(town: Town) -> None:
    """Each kind of quest, and each status."""
    for kind in range(1, 7):
        home = town.home(f"quests of kind {kind}")
        home.put("quest_completions", quest_instance_id=kind)
        home.put("quest_completions", quest_instance_id=kind)
    for status in range(5):
        home = town.home(f"quests of status {status}")
        home.put("quest_completions", status=status)
        home.put("quest_completions", status=status, quest_instance_id=4)


def gold(town: Town) -> None:
    """Methods and directions; equal amounts are not one."""
    for method in (
        "buy",
        "buyItem",
        "purchase",
        "sell",
        "train",
        "craft",
        "enhance",
        "BUY",
        "gift",
    ):
        for direction in ("SPEND", "EARN"):
            home = town.home(f"gold: {direction} by {method}")
            for amount in ("0.001", "5", "5"):
                home.put(
                    "vendor_transactions",
                    method=method,
                    direction=direction,
                    gold_amount=Decimal(amount),
                )


def patrols(town: Town) -> None:
    """Difficulties in the list and not, won and lost."""
    for difficulty in (*sorted(town.lists.elite_difficulties), "NORMAL", "elite", None):
        for result in ("WIN", "LOSS"):
            home = town.home(f"patrols of difficulty {difficulty}: {result}")
            home.put("metis_patrol_events", difficulty=difficulty, result=result)
            home.put("metis_patrol_events", difficulty=difficulty, result=result)


def shells(town: Town) -> None:
    """Kinds of moves; equal amounts; entries and wins of raffles."""
    for kind in ("EARN", "CLAIM", "SPEND"):
        home = town.home(f"shells: {kind}")
        for amount in (7, 7, 3):
            home.put("shell_events", event_type=kind, shell_amount=amount)
    home = town.home("raffles entered and not won")
    home.put("shell_raffle_entries")
    home.put("shell_raffle_entries")
    town.home("a raffle won").put("shell_raffle_results")
    home = town.home("shells, entries and a raffle won")
    home.put("shell_raffle_results")
    home.put("shell_raffle_results")
    home.put("shell_raffle_entries")
    home.put("shell_events", shell_amount=11)


def bets(town: Town) -> None:
    """The last vote before the end of a battle, its side, and the chain of the battle."""
    done = RECENTLY
    for name, votes in {
        "a bet on the winner": [{}],
        "a bet on the loser": [{"side": 0}],
        "a bet on no side": [{"side": None}],
        "a vote withdrawn": [{}, {"action": "WITHDRAW", "at": done - DAY}],
        "a withdrawal alone": [{"action": "WITHDRAW"}],
        "a vote changed to the winner": [{"side": 0}, {"action": "CHANGE", "at": done - DAY}],
        "a vote changed to the loser": [{}, {"action": "CHANGE", "side": 0, "at": done - DAY}],
        "a vote made again": [
            {},
            {"action": "WITHDRAW", "at": done - 2 * DAY},
            {"at": done - DAY},
        ],
        "a vote just before the end": [{"at": done - TICK}],
        "a vote at the end": [{"at": done}],
        "a vote after the end": [{"at": done + TICK}],
        "a vote changed at the end": [{}, {"side": 0, "at": done}],
        "a vote changed just before the end": [{}, {"side": 0, "at": done - TICK}],
        "the later transaction of an instant": [
            {"side": 0, "tx_hash": f"0x{1:064x}", "log_index": 9},
            {"side": 1, "tx_hash": f"0x{2:064x}", "log_index": 1},
        ],
        "the earlier transaction of an instant": [
            {"side": 1, "tx_hash": f"0x{3:064x}", "log_index": 9},
            {"side": 0, "tx_hash": f"0x{4:064x}", "log_index": 1},
        ],
        "the later log of a transaction": [
            {"side": 0, "tx_hash": f"0x{5:064x}", "log_index": 9},
            {"side": 1, "tx_hash": f"0x{5:064x}", "log_index": 10},
        ],
        "the earlier log of a transaction": [
            {"side": 1, "tx_hash": f"0x{6:064x}", "log_index": 9},
            {"side": 0, "tx_hash": f"0x{6:064x}", "log_index": 10},
        ],
    }.items():
        home = town.home(name)
        battle = town.put("metis_battles", done)
        for vote in votes:
            home.put(
                "influence_predictions",
                **{"at": done - 3 * DAY, "battle_id": battle["battle_id"]} | vote,
            )
    for name, columns in {
        "a battle of another chain": {"chain_id": 53935},
        "a battle that goes on": {"completed_at": None},
        "a battle without a winner": {"winner_side": None},
        "a battle that side 0 won": {"winner_side": 0},
    }.items():
        battle = town.put("metis_battles", done, **columns)
        for side in (0, 1, None):
            home = town.home(f"{name}: a vote for {side}")
            home.put("influence_predictions", done - DAY, side=side, battle_id=battle["battle_id"])
    home = town.home("two wallets that bet on one battle")
    battle = town.put("metis_battles", done)["battle_id"]
    for wallet in (home.wallet, home.another_wallet()):
        home.put("influence_predictions", done - DAY, wallet_address=wallet, battle_id=battle)
    home = town.home("two wallets that bet on both sides")
    other = home.another_wallet()
    home.put("influence_predictions", done - 2 * DAY, battle_id=battle)
    home.put("influence_predictions", done - DAY, wallet_address=other, battle_id=battle, side=0)
    home = town.home("two battles")
    for _ in range(2):
        battle = town.put("metis_battles", done)["battle_id"]
        home.put("influence_predictions", done - DAY, battle_id=battle)


def community(town: Town) -> None:
    """Kinds on Discord, kinds of seasonal actions, and what makes a day active."""
    for kind in ("COMMAND", "MESSAGE", "ONBOARDING_STEP", "EVENT", "HELPFUL"):
        home = town.home(f"on Discord: {kind}")
        home.put("discord_interactions", kind=kind)
        home.put("discord_interactions", kind=kind)
    home = town.home("nobody on Discord")
    del town.world.discord_ids[home.name]
    home.put("discord_interactions")
    for kind in ("PARTICIPATION", "QUEST", "BOSS_KILL"):
        home = town.home(f"in an event: {kind}")
        home.put("seasonal_event_actions", action_kind=kind)
        home.put("seasonal_event_actions", action_kind=kind)
    for action in ("ADD", "CHANGE", "WITHDRAW"):
        town.home(f"a vote that is no bet: {action}").put(
            "influence_predictions", action=action, battle_id=1
        )
    home = town.home("what makes no day active")
    home.put("heroes")
    home.put("pets")
    home.put("hunting_drops", item_address=min(town.lists.relic_items))
    home.put("shell_raffle_results")
    home.put("tournament_entries", final_rank=1)
    home.put("wallet_first_seen")
    home = town.home("a day for each action")
    for number, table in enumerate(
        (
            "quest_completions",
            "hunting_encounters",
            "hero_summons",
            "vendor_transactions",
            "metis_patrol_events",
            "pvp_matches",
            "tournament_matches",
            "shell_raffle_entries",
            "lp_stake_events",
            "lp_harvest_events",
            "jeweler_events",
            "shell_events",
            "seasonal_event_actions",
            "discord_interactions",
        )
    ):
        home.put(table, AS_OF - (number + 2) * DAY)
    home = town.home("actions that count nowhere else make a day active")
    for number, (table, columns) in enumerate(
        (
            ("hunting_encounters", {"result": "LOSS"}),
            ("vendor_transactions", {"direction": "EARN"}),
            ("metis_patrol_events", {"result": "LOSS"}),
            ("pvp_matches", {"is_ranked": False}),
            ("pvp_matches", {"outcome": "LOSS"}),
            ("tournament_matches", {"winner_wallet": STRANGER}),
            ("jeweler_events", {"action": "WITHDRAW"}),
            ("shell_events", {"event_type": "SPEND"}),
            ("shell_events", {"event_type": "CLAIM"}),
        )
    ):
        home.put(table, datetime(2026, 6, 1 + number, 1, tzinfo=UTC), **columns)
    late = timedelta(hours=23)
    home = town.home("two accounts' days are their own")
    home.put("discord_interactions", datetime(2026, 6, 1, tzinfo=UTC) + late)
    home.put("discord_interactions", datetime(2026, 6, 2, tzinfo=UTC))


CASES = (hunting, quests, gold, patrols, shells, bets, community)
