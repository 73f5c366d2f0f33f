"""Every rule of the raw tables refuses a row that breaks it, and no rule is missing.

The rules are listed here, apart from the migrations: one that a migration drops, and one that it
adds without a case here, fails a test. Columns and indexes are recorded in
tests/published/tables.json.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from tests.published import recorded, require_recorded
from tests.support import AS_OF, BUSY, STRANGER


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


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared."""
    return transaction


#: The columns that the database's clock fills.
CLOCKS = {"loaded_at", "rejected_at", "removed_at"}
#: A value of each type, and another.
VALUES = {
    "boolean": (True, False),
    "date": (date(2026, 5, 1), date(2026, 5, 2)),
    "timestamp with time zone": (AS_OF, AS_OF.replace(hour=1)),
    "text": ("a text", "another"),
    "bigint[]": ([1], [2]),
    "jsonb": ("{}", "[]"),
}


def columns(table: str) -> dict[str, str]:
    """The recorded columns of a raw table."""
    return recorded("tables")[f"raw.{table}"]["columns"]


def value(table: str, column: str, number: int = 0) -> Any:
    """A value of a column that no check refuses; number 1 is another one."""
    rules = RULES[table]
    if column in rules.addresses.split():
        return (BUSY, STRANGER)[number]
    if column in rules.hashes.split():
        return (HASH, "0x" + "b2" * 32)[number]
    for check in checks(rules):
        if check.column == column and check.name in rules.words:
            return check.admitted[number]
    data_type = re.match(r"[a-z\[\]]+( with time zone)?", columns(table)[column])[0]
    return VALUES.get(data_type, (1, 2))[number]


def insert(connection: psycopg.Connection, table: str, **changes: Any) -> None:
    """Insert a row in which all columns but the clock have values; it is kept if none refuses."""
    names = columns(table).keys() - CLOCKS
    row = {name: value(table, name) for name in names} | changes
    statement = sql.SQL("insert into raw.{} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    with connection.transaction():
        connection.execute(statement, list(row.values()))


def delete(connection: psycopg.Connection, table: str) -> int:
    return connection.execute(f"delete from raw.{table}").rowcount


def tables(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """The columns and the indexes of every table of the schemas raw and app."""
    found: dict[str, dict[str, Any]] = {}
    for table, column, definition in connection.execute(
        """
        select relations.oid::regclass::text, columns.attname,
            concat_ws(' ',
                format_type(columns.atttypid, columns.atttypmod),
                case when columns.attcollation = '"C"'::regcollation then 'collate "C"' end,
                case when columns.attnotnull then 'not null' end,
                case when columns.attidentity = 'a' then 'generated always' end,
                'default ' || pg_get_expr(defaults.adbin, defaults.adrelid)
            )
        from pg_class as relations
        inner join pg_attribute as columns on relations.oid = columns.attrelid
        left join pg_attrdef as defaults
            on columns.attrelid = defaults.adrelid and columns.attnum = defaults.adnum
        where relations.relnamespace in ('raw'::regnamespace, 'app'::regnamespace)
            and relations.relkind = 'r' and columns.attnum > 0 and not columns.attisdropped
        """
    ):
        found.setdefault(table, {"columns": {}, "indexes": []})["columns"][column] = definition
    for table, definition in connection.execute(
        """
        select indrelid::regclass::text,
            case when indisunique then 'unique ' else '' end
            || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '')
        from pg_index
        inner join pg_class on pg_index.indexrelid = pg_class.oid
        where relnamespace in ('raw'::regnamespace, 'app'::regnamespace)
        order by 1, 2
        """
    ):
        found[table]["indexes"].append(definition)
    return {
        table: {"columns": of_table["columns"], "indexes": "; ".join(of_table["indexes"])}
        for table, of_table in found.items()
    }


def test_the_published_columns_and_indexes_of_tables_are_as_recorded(
    connection: psycopg.Connection,
) -> None:
    """Other programs write the raw tables, so names and types are a contract; a run without an
    index reads a table whole."""
    require_recorded("tables", tables(connection))


def test_every_rule_of_a_raw_table_has_a_case(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "select relname, contype::text, conname from pg_constraint"
        " inner join pg_class on conrelid = pg_class.oid"
        " where connamespace = 'raw'::regnamespace and contype <> 'n'"
    ).fetchall()
    expected = [(table, "p", f"{table}_pkey") for table in RULES]
    expected += [
        (table, "c", check.name) for table, rules in RULES.items() for check in checks(rules)
    ]
    assert len(RULES) == 26
    assert sorted(found) == sorted(expected)
    triggers = "select count(*) from pg_trigger where tgrelid = any(%s::regclass[])"
    raw = [f"raw.{table}" for table in RULES]
    # app.watch_facts creates four for each table of facts
    assert connection.execute(triggers, [raw]).fetchone() == (4 * 24,)


@pytest.mark.parametrize("table", RULES)
def test_a_row_that_breaks_a_check_is_refused(connection: psycopg.Connection, table: str) -> None:
    """The name of the check is the sentence that the loader quotes."""
    insert(connection, table)
    assert delete(connection, table) == 1
    for check in checks(RULES[table]):
        for refused in check.refused:
            with pytest.raises(psycopg.errors.CheckViolation) as failure:
                insert(connection, table, **{check.column: refused})
            assert failure.value.diag.constraint_name == check.name
        for admitted in check.admitted:
            insert(connection, table, **{check.column: admitted})
            assert delete(connection, table) == 1


@pytest.mark.parametrize("table", RULES)
def test_a_natural_key_is_there_once_and_all_of_its_columns_tell_rows_apart(
    connection: psycopg.Connection, table: str
) -> None:
    insert(connection, table)
    with pytest.raises(psycopg.errors.UniqueViolation) as failure:
        insert(connection, table)
    assert failure.value.diag.constraint_name == f"{table}_pkey"
    for column in RULES[table].key.split():
        insert(connection, table, **{column: value(table, column, 1)})
    others = columns(table).keys() - {*CLOCKS, *RULES[table].key.split()}
    assert others
    for column in others:
        with pytest.raises(psycopg.errors.UniqueViolation):
            insert(connection, table, **{column: value(table, column, 1)})


@pytest.mark.parametrize("table", RULES)
def test_only_what_may_be_unknown_can_be_null(connection: psycopg.Connection, table: str) -> None:
    for column, definition in columns(table).items():
        if "not null" not in definition:
            insert(connection, table, **{column: None})
            assert delete(connection, table) == 1
            continue
        with pytest.raises(psycopg.errors.NotNullViolation) as failure:
            insert(connection, table, **{column: None})
        assert failure.value.diag.column_name == column


@pytest.mark.parametrize("table", RULES)
def test_a_row_knows_when_it_was_written(connection: psycopg.Connection, table: str) -> None:
    """Pages and checks of freshness read it; writers leave it to the database's clock."""
    insert(connection, table)
    (clock,) = CLOCKS & columns(table).keys()
    found = connection.execute(f"select {clock} = now() from raw.{table}")
    assert found.fetchall() == [(True,)]
