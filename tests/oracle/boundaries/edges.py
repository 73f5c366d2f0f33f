"""Every kind of fact just before and exactly at the edges of the windows, and links of wallets."""

from datetime import UTC, date, datetime, timedelta

from ..instants import AS_OF, DAY, TICK
from ..shapes import Link
from .town import RECENTLY, STRANGER, TIMES, Town

EDGES = {
    "the as-of instant": AS_OF,
    "the start of the last 180 days": AS_OF - 180 * DAY,
    "the start of the season": datetime(2026, 3, 1, tzinfo=UTC),
    "the end of the season": datetime(2026, 4, 1, tzinfo=UTC),
    "the start of the period": datetime(2026, 6, 14, tzinfo=UTC),
    "the end of the period": datetime(2026, 6, 15, tzinfo=UTC),
}

#: What makes a plain row count alone, and what it needs beside it.
COUNTING = {
    "hunting_encounters": {"hunt_data_id": 2, "surviving_hero_count": 1, "surviving_hero_hp": 1},
    "hero_summons": {"rarity": 4},
    "heroes": {"rarity": 4},
    "pets": {"variant": "ODD"},
    "pvp_matches": {"hero_deaths": 0},
    "metis_patrol_events": {"difficulty": "ELITE"},
    "tournament_entries": {"final_rank": 1},
}


def facts_at_edges(town: Town) -> None:
    """A cluster for each table and edge with one fact at the edge, and one with a fact before."""
    for name, edge in EDGES.items():
        for place, at in (("just before", edge - TICK), ("at", edge)):
            for table in TIMES:
                home = town.home(f"{table} {place} {name}")
                columns = COUNTING.get(table, {})
                if table == "hunting_drops":
                    columns = {"item_address": min(town.lists.relic_items)}
                if table == "metis_battles":
                    battle = home.put(table, at)
                    vote = {"battle_id": battle["battle_id"]}
                    home.put("influence_predictions", at - DAY, **vote)
                elif table == "influence_predictions":
                    battle = town.put("metis_battles", at + TICK)
                    home.put(table, at, battle_id=battle["battle_id"])
                elif table == "lp_stake_events":
                    pool = town.pool(d20200101="1")
                    home.put(table, at, pool_id=pool)
                    # a withdrawal at the edge from what was held before
                    home = town.home(f"a withdrawal {place} {name}")
                    home.put(table, edge - 5 * DAY, pool_id=pool)
                    home.put(table, at, pool_id=pool, action="WITHDRAW")
                elif table == "jeweler_events":
                    home.put(table, at)
                    home = town.home(f"an unstake {place} {name}")
                    home.put(table, edge - 5 * DAY)
                    home.put(table, at, action="WITHDRAW")
                elif table == "tournament_entries":
                    home.put(table, at, ended_at=at - 400 * DAY, **columns)
                    home = town.home(f"a tournament that ended {place} {name}")
                    home.put(table, at - 400 * DAY, ended_at=at, **columns)
                    home = town.home(f"a tournament without an end {place} {name}")
                    home.put(table, at, **columns)
                else:
                    home.put(table, at, **columns)


def owners_at_edges(town: Town) -> None:
    """Heroes and pets that are sold, bought and changed just before and exactly at each edge."""
    for name, edge in EDGES.items():
        for place, at in (("just before", edge - TICK), ("at", edge)):
            for table, changed in (
                ("heroes", {"level": 7, "rarity": 4}),
                ("pets", {"rarity": 4, "variant": "ODD"}),
            ):
                key = "hero_id" if table == "heroes" else "pet_id"
                for what, columns in (
                    ("sold", {"owner_wallet": STRANGER}),
                    ("lost", {"owner_wallet": None}),
                    ("changed", changed),
                ):
                    home = town.home(f"{table} {what} {place} {name}")
                    row = home.put(table, edge - 5 * DAY)
                    home.put(table, at, **{key: row[key]} | columns)


def days(town: Town) -> None:
    """Days are those of UTC, and begin at midnight."""
    midnight = datetime(2026, 6, 10, tzinfo=UTC)
    for name, times in {
        "the first and last instant of a day": (midnight, midnight + DAY - TICK),
        "both sides of midnight": (midnight - TICK, midnight),
        "a day of another clock": (midnight + timedelta(hours=1), midnight + timedelta(hours=23)),
        "the same instant twice": (midnight, midnight),
    }.items():
        home = town.home(name)
        for at in times:
            home.put("quest_completions", at)
    for name, before in {
        "a whole number of days": 100 * DAY,
        "a microsecond less than a day more": 101 * DAY - TICK,
        "a microsecond less than a day": DAY - TICK,
        "exactly one day": DAY,
        "half a year": 180 * DAY,
    }.items():
        town.home(f"an age of {name}").put("wallet_first_seen", AS_OF - before)
    home = town.home("the age of the older wallet")
    home.put("wallet_first_seen", AS_OF - 30 * DAY)
    home.put("wallet_first_seen", AS_OF - 20 * DAY, chain="kaia")
    older = home.another_wallet()
    home.put("wallet_first_seen", AS_OF - 50 * DAY, address=older)
    home.put("wallet_first_seen", AS_OF - 90 * DAY, address=home.another_wallet(active=False))


def links(town: Town) -> None:
    """Wallets that were linked, have left, or came from another cluster."""
    home = town.home("a wallet that has left")
    gone = home.another_wallet(active=False)
    for table in ("quest_completions", "hunting_encounters", "pvp_matches"):
        home.put(table, wallet_address=gone)
    home.put("heroes", owner_wallet=gone)
    home.put("pets", owner_wallet=gone)
    home.put("hero_summons", summoner_wallet=gone, rarity=4)
    home.put("tournament_matches", player_a=gone, winner_wallet=gone)
    home = town.home("a wallet that came from elsewhere")
    moved = town.home("a wallet that went elsewhere").another_wallet(active=False)
    town.world.links.append(Link(home.name, moved, active=True))
    home.put("quest_completions", wallet_address=moved)
    home = town.home("a wallet that left and came back")
    back = home.another_wallet(active=False)
    town.world.links.append(Link(home.name, back, active=True))
    home.put("quest_completions", wallet_address=back)
    home = town.home("two wallets on one day")
    second = home.another_wallet()
    for wallet in (home.wallet, second):
        home.put("quest_completions", RECENTLY, wallet_address=wallet)
        home.put("heroes", owner_wallet=wallet, level=5)
        home.put("pets", owner_wallet=wallet, rarity=3)
        home.put("shell_events", wallet_address=wallet, shell_amount=5)
        home.put("seasonal_event_actions", wallet_address=wallet, ref_id="1")
    town.home("nothing at all")
    # facts of nobody count for nobody, also where they meet those of a cluster
    for table in TIMES:
        town.put(table, own=STRANGER, **COUNTING.get(table, {}))
    relic = min(town.lists.relic_items)
    town.put("hunting_drops", own=STRANGER, item_address=relic)
    town.put("pvp_matches", own=STRANGER, opponent_wallet=home.wallet)
    battle = town.put("metis_battles", RECENTLY)["battle_id"]
    town.put("influence_predictions", RECENTLY - DAY, own=STRANGER, battle_id=battle)


def prices_at_edges(town: Town) -> None:
    """The price of the last day of a window decides, also where the window ends at midnight."""
    for name, edge in EDGES.items():
        last: date = (edge - TICK).date()
        for place, day in (("on", last), ("after", last + DAY), ("before", last - DAY)):
            home = town.home(f"a price {place} the last day before {name}")
            pool = town.pool(d20240101="2", **{f"d{day:%Y%m%d}": "5"})
            home.put("lp_stake_events", edge - 9 * DAY, pool_id=pool)
            home = town.home(f"the first price {place} the last day before {name}")
            pool = town.pool(**{f"d{day:%Y%m%d}": "5"})
            home.put("lp_stake_events", edge - 9 * DAY, pool_id=pool)


CASES = (facts_at_edges, owners_at_edges, days, links, prices_at_edges)
