"""The files of the demo world: one CSV file per raw table, written row by row."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Self, TextIO

#: The columns of each file, in order: the raw tables, then the links of wallets.
COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "discord_interactions": ("interaction_id discord_id kind command topic occurred_at"),
        "hero_summons": (
            "chain_id hero_id tx_hash log_index block_number summoner_wallet"
            " summoner_id assistant_id stat_genes visual_genes rarity generation"
            " summoned_at"
        ),
        "heroes": (
            "hero_id realm owner_wallet main_class sub_class profession rarity level"
            " generation is_rented summoner_id assistant_id stat_genes updated_at"
        ),
        "hunting_drops": (
            "tx_hash log_index chain_id hunt_id wallet_address item_address amount"
            " equipment_type display_id rarity nft_id dropped_at"
        ),
        "hunting_encounters": (
            "chain_id hunt_id tx_hash log_index block_number wallet_address"
            " hunt_data_id enemy_id result hero_ids retries surviving_hero_count"
            " surviving_hero_hp encountered_at"
        ),
        "influence_predictions": (
            "battle_id wallet_address action side influence tx_hash log_index voted_at"
        ),
        "jeweler_events": (
            "tx_hash log_index wallet_address action jewel_amount cjewel_amount occurred_at"
        ),
        "lp_harvest_events": (
            "tx_hash log_index wallet_address chain_id pool_id reward_amount"
            " reward_token harvested_at"
        ),
        "lp_prices_daily": "price_date chain_id pool_id usd_per_lp",
        "lp_stake_events": (
            "tx_hash log_index wallet_address chain_id pool_id action lp_amount occurred_at"
        ),
        "metis_battles": (
            "chain_id battle_id host_wallet opponent_wallet winner_wallet winner_side"
            " settings_1 settings_2 created_at completed_at"
        ),
        "metis_patrol_events": (
            "chain_id patrol_id tx_hash log_index wallet_address trial_id stage"
            " difficulty fights_completed result completed_at"
        ),
        "pets": (
            "pet_id chain_id owner_wallet egg_type rarity appearance family variant updated_at"
        ),
        "pvp_matches": (
            "realm match_id wallet_address opponent_wallet queue_type is_ranked outcome"
            " hero_deaths score_before score_after tx_hash log_index matched_at"
        ),
        "quest_completions": (
            "chain_id quest_id tx_hash log_index wallet_address hero_id hero_count"
            " quest_instance_id quest_type level attempts status started_at"
            " completed_at"
        ),
        "seasonal_event_actions": ("event_key wallet_address action_kind ref_id occurred_at"),
        "shell_events": (
            "tx_hash log_index chain_id wallet_address event_type source shell_amount occurred_at"
        ),
        "shell_raffle_entries": ("raffle_id wallet_address tickets tx_hash log_index entered_at"),
        "shell_raffle_results": (
            "raffle_id winner_wallet prize_token prize_amount tx_hash log_index drawn_at"
        ),
        "token_prices_daily": "price_date token usd_price source",
        "tournament_entries": (
            "chain_id tournament_id wallet_address is_official registered_at final_rank ended_at"
        ),
        "tournament_matches": (
            "tx_hash log_index chain_id tournament_id bracket_slot player_a player_b"
            " winner_wallet block_number completed_at"
        ),
        "vendor_transactions": (
            "tx_hash log_index chain_id wallet_address vendor method item_id"
            " gold_amount direction occurred_at"
        ),
        "wallet_first_seen": "chain address first_tx_at",
        "wallets": "cluster_id address chain discord_id",
    }.items()
}


def array(numbers: Iterable[int]) -> str:
    """A PostgreSQL array literal, in the quotes that CSV needs around commas."""
    return f'"{{{",".join(map(str, numbers))}}}"'


class Chronicle:
    """Writes the facts of a demo world to CSV files and allocates their ids.

    It is a context manager; the files are complete when the block ends.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        #: The file of each table.
        self.paths = {table: directory / f"{table}.csv" for table in COLUMNS}
        self._closing = ExitStack()
        self._files = {table: self._begin(table) for table in COLUMNS}
        self._ids: defaultdict[str, count[int]] = defaultdict(lambda: count(1))

    def _begin(self, table: str) -> TextIO:
        """Open the file of a table and write its header."""
        file = self.paths[table].open("w", encoding="utf-8", newline="\n")
        file.write(",".join(COLUMNS[table]) + "\n")
        return self._closing.enter_context(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, table: str, **values: str | int | None) -> None:
        """Write one row. A column that is None or not given is NULL.

        Values are joined without quoting, which is three times as fast as the csv module. Only
        arrays need quotes, and array() adds them. Raises TypeError for a column that the table
        does not have.
        """
        line = ",".join(
            [
                "" if (value := values.pop(column, None)) is None else str(value)
                for column in COLUMNS[table]
            ]
        )
        if values:
            raise TypeError(f"{table} has no column {', '.join(values)}")
        self._files[table].write(f"{line}\n")

    def next_id(self, kind: str) -> int:
        """The next id of a kind: each kind has a counter that starts at 1."""
        return next(self._ids[kind])

    def transaction(self) -> str:
        """The hash of a new transaction. log_index distinguishes the logs of one transaction."""
        return f"0xde30{next(self._ids['transaction']):060x}"
