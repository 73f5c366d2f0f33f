"""The oracle itself, on stories small enough to be checked by eye."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from tests.oracle import (
    World,
    catalogue,
    measure,
    score,
    tier_unlocks,
)
from tests.oracle.instants import WINDOWS
from tests.oracle.january import (
    BUSY,
    BUSY_TOO,
    JANUARY,
    LINKS,
    LISTS,
    RIVAL,
    at,
    measured,
    numbered,
)
from tests.oracle.worlds import worlds

CATALOGUE = catalogue()


def match(match_id: str, outcome: str, time: datetime, **columns) -> dict:
    """A ranked match of busy against a stranger."""
    return {
        "realm": "DFK",
        "match_id": match_id,
        "wallet_address": BUSY,
        "opponent_wallet": "0xff",
        "is_ranked": True,
        "outcome": outcome,
        "hero_deaths": None,
        "matched_at": time,
    } | columns


def test_a_streak_is_broken_by_a_draw_but_not_by_an_unranked_or_own_match():
    metrics = measured(
        "onchain_pvp",
        pvp_matches=[
            match("1", "WIN", at(1)),
            match("2", "DRAW", at(2)),
            match("3", "WIN", at(3)),
            match("4", "LOSS", at(4), is_ranked=False),
            # two wallets of one cluster, then a wallet against itself
            match("5", "LOSS", at(5), opponent_wallet=BUSY_TOO),
            match("6", "LOSS", at(5), opponent_wallet=BUSY),
            match("7", "WIN", at(6), wallet_address=BUSY_TOO, hero_deaths=1),
            # the same instant: 10 comes before 9, as texts do
            match("9", "LOSS", at(7)),
            match("10", "WIN", at(7)),
            match("11", "WIN", at(1, month=2)),
        ],
    )
    assert metrics == {
        "matches_played": 6,
        "wins": 4,
        "best_win_streak": 3,
        "flawless_victory": False,
    }


def stake(action: str, amount: str, time: datetime, wallet: str = BUSY) -> dict:
    """A deposit or withdrawal in pool 0."""
    return {
        "wallet_address": wallet,
        "chain_id": 53935,
        "pool_id": 0,
        "action": action,
        "lp_amount": Decimal(amount),
        "occurred_at": time,
    }


def lp_price(day: date, usd: str) -> dict:
    """The price of pool 0 on a day."""
    return {
        "price_date": day,
        "chain_id": 53935,
        "pool_id": 0,
        "usd_per_lp": Decimal(usd),
    }


def test_a_liquidity_position_with_a_gap_is_two_intervals():
    metrics = measured(
        "onchain_lp",
        lp_stake_events=numbered(
            [
                stake("DEPOSIT", "2", datetime(2025, 12, 20, tzinfo=UTC)),
                # another wallet takes it all out: held 1 to 11 January, 10.5 days
                stake("WITHDRAW", "2", at(11, 12), BUSY_TOO),
                # no gap: the sum is above zero again within the instant
                stake("DEPOSIT", "5", at(20)),
                stake("WITHDRAW", "5", at(25)),
                stake("DEPOSIT", "1", at(25)),
                stake("DEPOSIT", "1", at(1, month=2)),
            ]
        ),
        lp_prices_daily=[
            lp_price(date(2025, 12, 1), "0.5"),
            lp_price(date(2026, 1, 26), "0.999999999999"),
            lp_price(date(2026, 1, 31), "1"),
            lp_price(date(2026, 2, 1), "7"),
        ],
        lp_harvest_events=[],
    )
    assert metrics == {
        # 1 to 11; 20 to 24 with 5 LP; on 25 to 30 one LP is worth less; 31
        "active_days": 11 + 5 + 1,
        "lp_usd_value": Decimal(1),
        "pool_count": 1,
        "harvest_actions": 0,
        "lp_duration_max_days": 12,
    }


def test_a_whale_is_judged_by_the_rounded_amount():
    def deposit(jewel: str, cjewel: str, wallet: str) -> dict:
        return {
            "wallet_address": wallet,
            "action": "DEPOSIT",
            "jewel_amount": Decimal(jewel),
            "cjewel_amount": Decimal(cjewel),
            "occurred_at": at(1),
        }

    world = World(
        facts={
            "jeweler_events": numbered(
                [
                    deposit("9999.9999995", "1", BUSY),
                    deposit("9999.9999994", "1", RIVAL),
                ]
            )
        },
        links=LINKS,
        clusters=["busy", "rival"],
    )
    scores = score(measure(world, JANUARY, LISTS), CATALOGUE)
    assert scores["busy"]["jeweler_whale"] == (Decimal(10000), "MYTHIC", True)
    assert scores["rival"]["jeweler_whale"] == (Decimal("9999.999999"), "NONE", False)
    assert scores["busy"]["jeweler_loyalty"] == (Decimal(31), "ADVANCED", True)


def test_the_last_vote_before_the_end_of_a_battle_is_the_bet():
    def vote(battle_id: int, action: str, side: int | None, time: datetime) -> dict:
        return {
            "battle_id": battle_id,
            "wallet_address": BUSY,
            "action": action,
            "side": side,
            "voted_at": time,
        }

    battles = [
        {"chain_id": 1088, "battle_id": n, "winner_side": 0, "completed_at": at(9)}
        for n in (1, 2, 3, 4, 5)
    ]
    battles[4]["completed_at"] = None
    votes = [
        # 1: changed to the winner; another wallet of the cluster backs it too
        vote(1, "ADD", 1, at(2)),
        vote(1, "CHANGE", 0, at(3)),
        vote(1, "ADD", 0, at(3)) | {"wallet_address": BUSY_TOO},
        # 2: withdrawn, and then too late
        vote(2, "ADD", 0, at(2)),
        vote(2, "WITHDRAW", 0, at(3)),
        vote(2, "ADD", 0, at(9)),
        # 3: at one instant the higher log index is the later
        vote(3, "CHANGE", 1, at(2)),
        vote(3, "CHANGE", 0, at(2)),
        # 4: an unknown side; 5: never completed
        vote(4, "ADD", None, at(2)),
        vote(5, "ADD", 0, at(2)),
    ]
    facts = {"metis_battles": battles, "influence_predictions": numbered(votes)}
    assert measured("onchain_influence", **facts) == {"bets_won": 2}
    # the days 2, 3 and 9: a withdrawal alone would make none
    assert measured("behavior_events", **facts)["active_days"] == 3


def test_a_tournament_is_entered_by_a_match_but_not_by_a_bye():
    def duel(tournament_id: int, time: datetime, a: str, b: str | None) -> dict:
        return {
            "chain_id": 1088,
            "tournament_id": tournament_id,
            "player_a": a,
            "player_b": b,
            "winner_wallet": a,
            "completed_at": time,
        }

    matches = [
        duel(1, at(2), BUSY, RIVAL),
        duel(2, at(2), BUSY, None),
        duel(3, at(2), BUSY, BUSY_TOO),
        duel(4, at(2), BUSY, RIVAL),
        duel(5, at(2) - timedelta(days=30), BUSY, RIVAL),
        duel(5, at(2), BUSY, RIVAL),
    ]
    entry = {
        "chain_id": 1088,
        "tournament_id": 4,
        "wallet_address": BUSY,
        "is_official": False,
        "registered_at": at(1),
        "final_rank": 1,
        "ended_at": None,
    }
    facts = {
        "tournament_matches": numbered(matches),
        "tournament_entries": [entry],
    }
    assert measured("onchain_tournaments", **facts) == {
        "entries": 1,
        "wins": 3,
        "top_finish": False,
    }
    # 1, 4 and 5; rival entered 5 in December, and 4 is unofficial by the row of busy
    rival = measured("onchain_tournaments", "rival", **facts)
    assert rival == {"entries": 1, "wins": 0, "top_finish": False}
    # one row that says official is enough, also for those whose own row denies it
    facts["tournament_entries"].append(
        entry | {"wallet_address": "0xc1", "is_official": True, "registered_at": at(30)}
    )
    for cluster, entries, top_finish in (("busy", 2, True), ("rival", 2, False)):
        found = measured("onchain_tournaments", cluster, **facts)
        assert (found["entries"], found["top_finish"]) == (entries, top_finish)


def test_meta_scores_are_weighted_sums_rounded_half_up():
    world = World(clusters=["busy"])
    metrics = measure(world, JANUARY, LISTS)
    metrics["busy"] |= {
        ("onchain_summoning", "mutagenic_specialist_count"): 25,
        ("onchain_summoning", "mythmaker_count"): 2,
        ("onchain_summoning", "royal_lineage_count"): 25,
        ("onchain_summoning", "legendary_class_flags"): 1,
        ("onchain_pvp", "wins"): 155,
        ("onchain_pvp", "best_win_streak"): 3,
        ("onchain_pvp", "flawless_victory"): True,
        ("onchain_metis_patrol", "elite_wins"): 4,
        ("onchain_shells", "shells_collected"): 14,
        ("onchain_influence", "bets_won"): 5,
        ("onchain_shells", "raffle_win"): True,
        ("onchain_tournaments", "top_finish"): True,
    }
    scores = score(metrics, CATALOGUE)
    meta = {
        one.metric_key: scores["busy"][one.key]
        for one in CATALOGUE.challenges
        if one.metric_source == "meta_profile"
    }
    assert meta == {
        # legends, flawless, jackpot, champion
        "prestige_unlocked_count": (4, "ADVANCED", True),
        # summoning (twice the last tier) and pvp (150 wins)
        "exalted_category_count": (2, "BASIC", True),
        "summoning_prestige_score": (50 + 10 + 75 + 10, "ADVANCED", True),
        # 15.5 + 6 + 10
        "pvp_mastery_score": (32, "BASIC", True),
        # 12 + 1.4 + 10 + 20 + 15
        "metis_mastery_score": (58, "BASIC", True),
    }
    reached = {
        tier for _, challenge, tier in tier_unlocks(scores, CATALOGUE) if challenge == "win_streak"
    }
    assert reached == {"BASIC"}


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(worlds(LISTS))
def test_every_world_has_every_number(world: World):
    wanted = {(one.metric_source, one.metric_key) for one in CATALOGUE.challenges}
    for window in WINDOWS:
        metrics = measure(world, window, LISTS)
        scores = score(metrics, CATALOGUE)
        assert set(metrics) == set(scores) == set(world.clusters)
        for cluster in world.clusters:
            measured_or_meta = {*metrics[cluster]} | {
                key for key in wanted if key[0] == "meta_profile"
            }
            assert wanted <= measured_or_meta
            assert min(metrics[cluster].values()) >= 0
            assert set(scores[cluster]) == {one.key for one in CATALOGUE.challenges}
