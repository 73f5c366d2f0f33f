"""The rules of the raw tables, with values that each of them refuses and admits.

test_migrations_of_raw_tables.py inserts them.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from tests.support import BUSY


class Rules(NamedTuple):
    """The primary key of a raw table, and its checks by their kinds."""

    key: str
    addresses: str = ""
    hashes: str = ""
    times: str = ""
    words: tuple[str, ...] = ()
    from_zero: str = ""
    amounts: str = ""
    from_one: str = ""
    to_256_bits: str = ""
    limited: str = ""
    lists: str = ""


RULES = {
    "discord_interactions": Rules(
        key="interaction_id",
        times="occurred_at",
        words=("kind is COMMAND, MESSAGE, ONBOARDING_STEP, EVENT or HELPFUL",),
        from_zero="interaction_id",
        limited="discord_id",
    ),
    "hero_summons": Rules(
        key="chain_id hero_id",
        addresses="summoner_wallet",
        times="summoned_at",
        hashes="tx_hash",
        from_zero="assistant_id block_number generation hero_id log_index rarity summoner_id",
        from_one="chain_id",
        to_256_bits="stat_genes visual_genes",
    ),
    "heroes": Rules(
        key="hero_id updated_at",
        addresses="owner_wallet",
        times="updated_at",
        from_zero="assistant_id generation hero_id level rarity summoner_id",
        to_256_bits="stat_genes",
    ),
    "hunting_drops": Rules(
        key="tx_hash log_index",
        addresses="item_address wallet_address",
        times="dropped_at",
        hashes="tx_hash",
        from_zero="display_id equipment_type hunt_id log_index nft_id rarity",
        amounts="amount",
        from_one="chain_id",
    ),
    "hunting_encounters": Rules(
        key="chain_id hunt_id",
        addresses="wallet_address",
        times="encountered_at",
        words=("result is WIN or LOSS",),
        hashes="tx_hash",
        from_zero="block_number hunt_data_id hunt_id "
        "log_index retries surviving_hero_count surviving_hero_hp",
        from_one="chain_id",
        lists="hero_ids",
    ),
    "influence_predictions": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="voted_at",
        words=("action is ADD, CHANGE or WITHDRAW",),
        hashes="tx_hash",
        from_zero="battle_id log_index side",
        amounts="influence",
    ),
    "jeweler_events": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="occurred_at",
        words=("action is DEPOSIT or WITHDRAW",),
        hashes="tx_hash",
        from_zero="log_index",
        amounts="cjewel_amount jewel_amount",
    ),
    "left_out_heroes": Rules(key="hero_id updated_at"),
    "left_out_pets": Rules(key="pet_id chain_id updated_at"),
    "lp_harvest_events": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="harvested_at",
        hashes="tx_hash",
        from_zero="log_index pool_id",
        amounts="reward_amount",
        from_one="chain_id",
    ),
    "lp_prices_daily": Rules(
        key="price_date chain_id pool_id",
        times="price_date",
        from_zero="pool_id",
        amounts="usd_per_lp",
        from_one="chain_id",
    ),
    "lp_stake_events": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="occurred_at",
        words=("action is DEPOSIT or WITHDRAW",),
        hashes="tx_hash",
        from_zero="log_index pool_id",
        amounts="lp_amount",
        from_one="chain_id",
    ),
    "metis_battles": Rules(
        key="chain_id battle_id",
        addresses="host_wallet opponent_wallet winner_wallet",
        times="completed_at created_at",
        from_zero="battle_id winner_side",
        from_one="chain_id",
        to_256_bits="settings_1 settings_2",
    ),
    "metis_patrol_events": Rules(
        key="chain_id patrol_id",
        addresses="wallet_address",
        times="completed_at",
        words=("result is WIN or LOSS",),
        hashes="tx_hash",
        from_zero="fights_completed log_index patrol_id stage trial_id",
        from_one="chain_id",
    ),
    "pets": Rules(
        key="pet_id chain_id updated_at",
        addresses="owner_wallet",
        times="updated_at",
        words=("variant is NORMAL, ODD or ULTRA_ODD",),
        from_zero="appearance egg_type pet_id rarity",
        from_one="chain_id",
    ),
    "pvp_matches": Rules(
        key="realm match_id wallet_address",
        addresses="opponent_wallet wallet_address",
        times="matched_at",
        words=(
            "outcome is WIN, LOSS or DRAW",
            "queue_type is SOLO, SQUAD, WAR, PACK, PRIVATE or PRACTICE",
        ),
        hashes="tx_hash",
        from_zero="hero_deaths log_index score_after score_before",
        limited="match_id realm",
    ),
    "quest_completions": Rules(
        key="chain_id quest_id",
        addresses="wallet_address",
        times="completed_at started_at",
        words=("quest_instance_id is 1 to 6",),
        hashes="tx_hash",
        from_zero="attempts hero_count hero_id level log_index quest_id quest_type status",
        from_one="chain_id",
    ),
    "rejected_rows": Rules(key="table_name file line"),
    "removed_facts": Rules(key="removal_id"),
    "seasonal_event_actions": Rules(
        key="event_key wallet_address action_kind ref_id",
        addresses="wallet_address",
        times="occurred_at",
        words=("action_kind is PARTICIPATION, QUEST or BOSS_KILL",),
        limited="event_key ref_id",
    ),
    "shell_events": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="occurred_at",
        words=("event_type is EARN, CLAIM or SPEND",),
        hashes="tx_hash",
        from_zero="log_index",
        amounts="shell_amount",
        from_one="chain_id",
    ),
    "shell_raffle_entries": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="entered_at",
        hashes="tx_hash",
        from_zero="log_index raffle_id tickets",
    ),
    "shell_raffle_results": Rules(
        key="raffle_id winner_wallet",
        addresses="winner_wallet",
        times="drawn_at",
        hashes="tx_hash",
        from_zero="log_index raffle_id",
        amounts="prize_amount",
    ),
    "token_prices_daily": Rules(
        key="price_date token", times="price_date", amounts="usd_price", limited="token"
    ),
    "tournament_entries": Rules(
        key="chain_id tournament_id wallet_address",
        addresses="wallet_address",
        times="ended_at registered_at",
        from_zero="tournament_id",
        from_one="chain_id final_rank",
    ),
    "tournament_matches": Rules(
        key="tx_hash log_index",
        addresses="player_a player_b winner_wallet",
        times="completed_at",
        hashes="tx_hash",
        from_zero="block_number bracket_slot log_index tournament_id",
        from_one="chain_id",
    ),
    "vendor_transactions": Rules(
        key="tx_hash log_index",
        addresses="wallet_address",
        times="occurred_at",
        words=("direction is SPEND or EARN",),
        hashes="tx_hash",
        from_zero="log_index",
        amounts="gold_amount",
        from_one="chain_id",
    ),
    "wallet_first_seen": Rules(
        key="chain address", addresses="address", times="first_tx_at", limited="chain"
    ),
}
#: What is not 0x and 40 lower-case hex digits.
NO_ADDRESSES = (
    "",
    "0x",
    BUSY[:-1],
    BUSY + "1",
    BUSY.upper(),
    "0X" + BUSY[2:],
    "0x" + "B1" * 20,
    "0x" + "g1" * 20,
    BUSY[2:] + "b1",
    " " + BUSY[:-1],
    "1" + BUSY[1:],
    BUSY[:-1] + "\n",
)


HASH = "0x" + "b1" * 32
NO_HASHES = (
    "",
    "0x",
    BUSY,
    HASH[2:],
    HASH[:-1],
    HASH + "1",
    "0X" + HASH[2:],
    "0x" + "B1" * 32,
    "0x" + "g1" * 32,
    HASH[:-1] + "\n",
)


class Check(NamedTuple):
    """A check: its name, the column, values that it refuses and values that it admits."""

    name: str
    column: str
    refused: tuple[Any, ...]
    admitted: tuple[Any, ...]


def checks(rules: Rules) -> Iterator[Check]:
    """The checks of a table."""
    for column in rules.addresses.split():
        name = f"{column} is 0x and 40 lower-case hex digits"
        admitted = (BUSY, "0x" + "0" * 40, "0x" + "f9" * 20)
        yield Check(name, column, NO_ADDRESSES, admitted)
    for column in rules.hashes.split():
        name = f"{column} is 0x and 64 lower-case hex digits"
        yield Check(name, column, NO_HASHES, (HASH, "0x" + "0" * 64))
    for column in rules.times.split():
        what = "date" if column == "price_date" else "time"
        admitted = ("2000-01-01", "2999-12-31")
        yield Check(f"{column} is a finite {what}", column, ("infinity", "-infinity"), admitted)
    for column in rules.from_zero.split():
        yield Check(f"{column} is 0 or more", column, (-1,), (0, 1, 2**15 - 1))
    for column in rules.amounts.split():
        refused = (-1, Decimal("NaN"))
        yield Check(f"{column} is 0 or more", column, refused, (0, 1, 10**12))
    for column in rules.from_one.split():
        yield Check(f"{column} is 1 or more", column, (0, -1), (1, 2**15))
    for column in rules.to_256_bits.split():
        refused = (-1, Decimal("NaN"), 2**256)
        yield Check(f"{column} is 0 to 2^256 - 1", column, refused, (0, 2**256 - 1))
    for column in rules.limited.split():
        refused = ("a" * 513, "\xe9" * 257)
        yield Check(f"{column} is at most 512 bytes long", column, refused, ("", "\xe9" * 256))
    for column in rules.lists.split():
        refused = ([-1], [1, -2], [[1, 2], [3, 4]])
        name = f"{column} is a list of numbers of 0 or more"
        yield Check(name, column, refused, ([], [0, 2**63 - 1], [1, None]))
    for sentence in rules.words:
        column, _, listed = sentence.partition(" is ")
        if listed == "1 to 6":
            yield Check(sentence, column, (0, 7, -1), (1, 2, 5, 6))
        else:
            words = tuple(re.split(", | or ", listed))
            refused = ("", "OTHER", *(word.lower() for word in words), f"{words[0]} ")
            yield Check(sentence, column, refused, words)
