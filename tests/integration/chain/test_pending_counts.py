"""Facts that wait are counted by triggers, and told by what they wait for."""

import psycopg
import pytest

from cli import following
from hedge.chain import status
from hedge.queries import query
from tests import PROJECT


def wait(
    connection: psycopg.Connection, table: str, keys: range, missing: str, calls: str | None = None
) -> None:
    connection.execute(
        "insert into raw.pending_facts"
        " (table_name, key, fact, missing, calls, chain_id, block_number, since)"
        " select %s, to_jsonb(key), '{}', %s, %s, 53935, key, '2026-05-01'"
        " from generate_series(%s::integer, %s) as key"
        " on conflict (table_name, key) do update"
        " set missing = excluded.missing, calls = excluded.calls",
        [table, missing, calls, keys.start, keys.stop - 1],
    )


COUNTED = """
    select table_name, chain_id, missing, coalesce(calls, ''), count(*)
    from raw.pending_facts group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""
COUNTS = """
    select table_name, chain_id, missing, calls, facts from app.pending_counts order by 1, 2, 3, 4
"""


def require_counts(connection: psycopg.Connection, kinds: int) -> None:
    found = connection.execute(COUNTS).fetchall()
    assert found == connection.execute(COUNTED).fetchall()
    assert len(found) == kinds


def test_counts_are_those_of_the_rows(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from raw.pending_facts")
    wait(transaction, "heroes", range(5), "{is_rented}")
    wait(transaction, "pets", range(2), "{family}", "asked")
    require_counts(transaction, 2)
    # rows that are written again, one with another kind and new ones, by one statement
    wait(transaction, "heroes", range(3, 8), "{is_rented,rarity}", "not called yet")
    require_counts(transaction, 3)
    transaction.execute("update raw.pending_facts set calls = null where missing @> '{rarity}'")
    require_counts(transaction, 3)
    transaction.execute("update raw.pending_facts set faults = 'x'")
    require_counts(transaction, 3)
    transaction.execute("delete from raw.pending_facts where key < '4'")
    require_counts(transaction, 1)
    transaction.execute("truncate raw.pending_facts")
    require_counts(transaction, 0)


def test_triggers_count_what_a_subscription_applies(transaction: psycopg.Connection) -> None:
    transaction.execute("set local session_replication_role = replica")
    wait(transaction, "heroes", range(5), "{is_rented}")
    require_counts(transaction, 1)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("heroes", {"is_rented", "realm", "profession"}),
        ("pvp_matches", {"is_ranked", "queue_type"}),
        ("pets", {"family", "variant"}),
        ("hero_summons", set()),
        ("nothing", set()),
    ],
)
def test_the_seeds_say_what_neither_logs_nor_calls_give(
    transaction: psycopg.Connection, table: str, columns: set[str]
) -> None:
    (found,) = transaction.execute("select app.columns_of_files(%s)", [table]).fetchone()
    assert columns <= set(found)
    assert bool(found) is bool(columns)
    assert {"rarity", "level", "generation", "updated_at"}.isdisjoint(found)
    # that a call gives the column of another table does not count
    transaction.execute(
        "insert into analytics.chain_fact_columns (raw_table, column_name)"
        " values ('shell_events', 'level')"
    )
    of_shells = transaction.execute("select app.columns_of_files('shell_events')").fetchone()
    assert "level" in of_shells[0]


def test_without_the_seeds_nothing_is_said_of_files(transaction: psycopg.Connection) -> None:
    for seed in ("chain_fact_columns", "chain_calls"):
        with transaction.transaction(force_rollback=True):
            transaction.execute(f"alter table analytics.{seed} rename to hidden")
            found = transaction.execute("select app.columns_of_files('heroes')").fetchone()
            assert found == ([],)


def test_what_only_files_give_is_named_once(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from raw.pending_facts")
    wait(transaction, "heroes", range(5), "{is_rented}")
    wait(transaction, "heroes", range(5, 7), "{is_rented,rarity}", "rarity: was refused")
    wait(transaction, "heroes", range(7, 8), "{rarity}", "rarity: was refused")
    wait(transaction, "hero_summons", range(1), "{}")
    transaction.execute("delete from app.chain_followers")
    (one,) = [each for each in status.status(transaction) if each.chain_id == 53935]
    # which nobody has followed
    assert (one.is_halted, one.is_followed) == (False, False)
    assert [(each.missing, each.of_files, each.facts) for each in one.pending_facts] == [
        ([], [], 1),
        (["is_rented"], ["is_rented"], 5),
        (["is_rented", "rarity"], ["is_rented"], 2),
        (["rarity"], [], 1),
    ]
    assert [sentence for sentence in following.sentences(one) if "wait" in sentence] == [
        "chain 53935: 1 fact of hero_summons waits for a value that the table admits since"
        " 2026-05-01",
        "chain 53935: 7 facts of heroes wait for is_rented since 2026-05-01: no log or"
        " call gives it, a file or a seed has to",
        "chain 53935: 3 facts of heroes wait for rarity since 2026-05-01 (rarity: was refused)",
    ]
    found = transaction.execute(
        (PROJECT / "api/sql/metrics_of_pending_facts.sql").read_text()
    ).fetchall()
    assert found == [("hero_summons", "chain", 1), ("heroes", "chain", 1), ("heroes", "file", 7)]


def test_counts_and_ages_are_read_from_indexes(transaction: psycopg.Connection) -> None:
    wait(transaction, "heroes", range(1000), "{is_rented}")
    transaction.execute("set local enable_seqscan = off")
    found = transaction.execute("explain " + query("chain_status_pending")).fetchall()
    plan = "\n".join(line for (line,) in found)
    assert "pending_facts_kinds" in plan
    assert "Seq Scan on pending_facts" not in plan
