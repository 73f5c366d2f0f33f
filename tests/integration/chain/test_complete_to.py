"""Up to which block of a followed chain numbers are complete, by what is known at an instant."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import boards, completeness, runs, seasons
from hedge.completeness import CompleteTo
from tests.integration.chain.facts import DFK, METIS, put_block, time_of, word
from tests.support import AS_OF, BUSY, add_cluster

#: The blocks up to which METIS is followed here.
CURSOR = 100
MATCHES = ["pvp_matches", "tournament_matches"]


@pytest.fixture
def followed(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in which METIS is followed, and all logs of its contracts are known."""
    put_cursor(transaction, METIS, CURSOR)
    for contract in ("pvp_diamond", "pet_core"):
        cover(transaction, METIS, contract, f"{{[0,{CURSOR + 1})}}")
    transaction.execute("delete from app.undecoded_spans")
    return transaction


def put_cursor(connection: psycopg.Connection, chain: int, block: int) -> None:
    put_block(connection, chain, block)
    connection.execute(
        "insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)"
        " values (%s, %s, %s, %s)",
        [chain, block, word(1000 * block), time_of(block)],
    )
    connection.execute("insert into app.chain_followers (chain_id) values (%s)", [chain])


def cover(connection: psycopg.Connection, chain: int, contract: str, blocks: str) -> None:
    connection.execute(
        "insert into app.chain_coverage (chain_id, address, contract, from_block, covered)"
        " select chain_id, decode(substr(address, 3), 'hex'), contract, 0, %s"
        " from analytics.chain_contracts where chain_id = %s and contract = %s"
        " on conflict (chain_id, address) do update set covered = excluded.covered",
        [blocks, chain, contract],
    )


def complete_to(
    connection: psycopg.Connection, tables: list[str] | None = None, until: Any = "infinity"
) -> dict[int, int | None]:
    """The block of each chain."""
    (found,) = connection.execute("select app.complete_to(%s, %s)", [tables, until]).fetchone()
    return {one["chain_id"]: one["block_number"] for one in found}


def add_span(connection: psycopg.Connection, first: int, table: str | None = None) -> None:
    connection.execute(
        "insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)"
        " values (%s, %s, %s, %s)",
        [METIS, first, first, table],
    )


def test_where_no_chain_is_followed_nothing_is_said(transaction: psycopg.Connection) -> None:
    assert complete_to(transaction) == {}
    put_cursor(transaction, METIS, CURSOR)
    transaction.execute("delete from app.chain_followers")
    assert complete_to(transaction) == {}


def test_what_is_known_decides(followed: psycopg.Connection) -> None:
    (found,) = followed.execute("select app.complete_to(null, 'infinity')").fetchone()
    assert completeness.records(found) == [CompleteTo(METIS, "METIS", CURSOR, time_of(CURSOR), 0)]
    # A contract of the seed that was never asked for lacks from the beginning.
    followed.execute("delete from app.chain_coverage where contract = 'pet_core'")
    assert complete_to(followed) == {METIS: None}
    assert complete_to(followed, MATCHES) == {METIS: CURSOR}
    cover(followed, METIS, "pet_core", "{[0,40),[41,101)}")
    assert complete_to(followed) == {METIS: 39}
    cover(followed, METIS, "pet_core", f"{{[0,{CURSOR})}}")
    assert complete_to(followed) == {METIS: CURSOR - 1}


def test_a_contract_counts_from_its_first_block_to_its_last_one(
    followed: psycopg.Connection,
) -> None:
    cover(followed, METIS, "pvp_diamond", "{[30,61)}")
    assert complete_to(followed) == {METIS: None}
    followed.execute(
        "update analytics.chain_contracts set from_block = 30, to_block = 60"
        " where contract = 'pvp_diamond'"
    )
    assert complete_to(followed) == {METIS: CURSOR}
    followed.execute(
        "update analytics.chain_contracts set from_block = 29 where contract = 'pvp_diamond'"
    )
    assert complete_to(followed) == {METIS: 28}
    # a second row of the same address goes on after the first one
    followed.execute(
        "update analytics.chain_contracts set from_block = 30 where contract = 'pvp_diamond'"
    )
    followed.execute(
        "insert into analytics.chain_contracts (contract, chain_id, address, from_block)"
        " select contract, chain_id, address, 61 from analytics.chain_contracts"
        " where contract = 'pvp_diamond' and chain_id = %s",
        [METIS],
    )
    assert complete_to(followed) == {METIS: 60}


def test_logs_that_are_not_decoded_are_not_in_the_numbers(followed: psycopg.Connection) -> None:
    add_span(followed, 81)
    assert complete_to(followed) == {METIS: 80}
    add_span(followed, 70, "pets")
    assert complete_to(followed) == {METIS: 69}
    assert complete_to(followed, MATCHES) == {METIS: 80}
    add_span(followed, 1)
    assert complete_to(followed, MATCHES) == {METIS: 0}
    add_span(followed, 0)
    assert complete_to(followed, MATCHES) == {METIS: None}


def test_blocks_after_the_instant_do_not_count(followed: psycopg.Connection) -> None:
    put_block(followed, METIS, 90)
    put_block(followed, METIS, 50)
    followed.execute("delete from app.undecoded_spans")
    second = timedelta(seconds=1)
    assert complete_to(followed, until=time_of(CURSOR)) == {METIS: CURSOR}
    assert complete_to(followed, until=time_of(CURSOR) - second) == {METIS: 90}
    put_block(followed, METIS, 95)
    followed.execute("update raw.chain_blocks set removed_at = now() where block_number = 95")
    followed.execute("delete from app.undecoded_spans")
    assert complete_to(followed, until=time_of(95)) == {METIS: 90}
    # of final blocks without logs not all are stored, and the cursor knows its own time
    with followed.transaction(force_rollback=True):
        followed.execute("delete from raw.chain_blocks where block_number = %s", [CURSOR])
        assert complete_to(followed, until=time_of(CURSOR)) == {METIS: CURSOR}
    assert complete_to(followed, until=time_of(90) - second) == {METIS: 50}
    assert complete_to(followed, until=time_of(50) - second) == {METIS: None}
    # What the logs of a block lacks is dated by the newest block before it.
    add_span(followed, 70)
    (found,) = followed.execute("select app.complete_to(null, 'infinity')").fetchone()
    assert completeness.records(found) == [CompleteTo(METIS, "METIS", 69, time_of(50), 0)]


def test_what_waits_is_counted_and_what_nobody_reads_is_not(
    followed: psycopg.Connection,
) -> None:
    def uncounted(tables: list[str] | None = None) -> int:
        (found,) = followed.execute(
            "select app.complete_to(%s, 'infinity') -> 0 ->> 'uncounted'", [tables]
        ).fetchone()
        return int(found)

    followed.execute(
        """
        insert into raw.pending_facts (table_name, key, fact, missing, chain_id, block_number)
        values ('pets', '[1]', '{}', '{rarity}', 1088, 100),
            ('pets', '[2]', '{}', '{rarity}', 1088, 101),
            ('pets', '[3]', '{}', '{rarity}', 53935, 100),
            -- a seed or a file has to say these
            ('pets', '[4]', '{}', '{family,rarity}', 1088, 100),
            ('pvp_matches', '[5]', '{}', '{is_ranked}', 1088, 100)
        """
    )
    assert (uncounted(), uncounted(MATCHES)) == (1, 0)
    followed.execute(
        """
        insert into raw.undecoded_logs
            (chain_id, block_number, contract, address, reason, number_of_logs)
        select chain_id, 100, contract, decode(substr(address, 3), 'hex'), reason, 3
        from analytics.chain_contracts
        cross join unnest('{unknown event,malformed data}'::text[]) as reason
        where chain_id = 1088
        """
    )
    assert (uncounted(), uncounted(MATCHES)) == (7, 3)
    # another chain may have a contract at the same address
    followed.execute(
        "insert into raw.undecoded_logs select 53935, block_number, contract, address, topic0,"
        " reason, number_of_logs from raw.undecoded_logs"
    )
    assert (uncounted(), uncounted(MATCHES)) == (7, 3)


def test_a_board_names_the_chains_that_it_reads(followed: psycopg.Connection) -> None:
    put_cursor(followed, DFK, 7)
    followed.execute("delete from app.undecoded_spans")
    followed.execute(
        """
        insert into app.leaderboard_defs
            (key, name, category_key, metric_source, metric_key, time_window)
        values ('wins', 'Wins', 'hero_progression', 'onchain_pvp', 'wins', 'ALL_TIME'),
            ('patrols', 'Patrols', 'pve', 'onchain_metis_patrol', 'patrols', 'ALL_TIME'),
            ('points', 'Points', 'hero_progression', 'season_progress', 'winter', 'SEASON'),
            ('ladders', 'Ladders', 'pvp', 'challenge_progress', 'total_score', 'ALL_TIME')
        """
    )

    def of_board(key: str) -> dict[int, int | None]:
        found = dict(
            followed.execute(
                "select * from app.complete_to_of_boards(%s, 'infinity')",
                [["wins", "patrols", "points", "ladders"]],
            ).fetchall()
        )
        assert len(found) == 4
        return {one["chain_id"]: one["block_number"] for one in found[key]}

    assert of_board("patrols") == {METIS: CURSOR}
    assert of_board("wins") == {METIS: CURSOR, DFK: None}
    # Marts are what an earlier run has made of what it knew.
    assert of_board("ladders") == of_board("points") == {METIS: None, DFK: None}
    followed.execute(
        "insert into app.seasons (id, name, starts_at, ends_at)"
        " values ('winter', 'Winter', '2026-01-01', '2026-02-01')"
    )
    for season, block in ((None, 60), ("winter", CURSOR + 1)):
        followed.execute(
            "insert into app.completeness (season_id, run_id, chains) values (%s, 1, %s)",
            [season, json.dumps([{"chain_id": METIS, "block_number": block}])],
        )
    assert of_board("ladders") == {METIS: 60, DFK: None}
    assert of_board("points") == {METIS: CURSOR, DFK: None}


def test_a_board_lists_its_chains_in_their_order(followed: psycopg.Connection) -> None:
    """A block that is not known has no time either; where no chain is followed there is no list."""
    put_cursor(followed, DFK, 7)
    followed.execute("delete from app.undecoded_spans")
    followed.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window)"
        " values ('ladders', 'Ladders', 'pvp', 'challenge_progress', 'total_score', 'ALL_TIME')"
    )
    asked = "select chains from app.complete_to_of_boards('{ladders}', 'infinity')"

    def of_board() -> list[tuple[int, int | None, str | None]]:
        (found,) = followed.execute(asked).fetchone()
        return [(one["chain_id"], one["block_number"], one["block_time"]) for one in found]

    unknown = [(METIS, None, None), (DFK, None, None)]
    assert of_board() == unknown
    progress = [
        {"chain_id": METIS, "block_number": 60, "block_time": "2026-05-01T00:01:00Z"},
        {"chain_id": DFK, "block_number": 5, "block_time": "2026-05-01T00:00:05Z"},
    ]
    followed.execute(
        "insert into app.completeness (run_id, chains) values (1, %s)", [json.dumps(progress)]
    )
    # of DFK Chain no log is known, whatever an earlier run knew
    assert of_board() == [(METIS, 60, "2026-05-01T00:01:00Z"), unknown[1]]
    followed.execute("delete from app.chain_cursors")
    assert followed.execute(asked).fetchall() == [([],)]


def test_a_board_as_of_the_past_has_the_block_of_that_instant(
    followed: psycopg.Connection,
) -> None:
    put_block(followed, METIS, 90)
    followed.execute("delete from app.undecoded_spans")
    followed.execute(
        "insert into app.leaderboard_defs"
        " (key, name, category_key, metric_source, metric_key, time_window) values"
        " ('patrols', 'Patrols', 'pve', 'onchain_metis_patrol', 'patrols', 'ALL_TIME')"
    )
    for instant, block in ((time_of(CURSOR), CURSOR), (time_of(95), 90)):
        (found,) = followed.execute(
            "select chains -> 0 ->> 'block_number' from app.complete_to_of_boards('{patrols}', %s)",
            [instant],
        ).fetchone()
        assert found == str(block)


def test_of_boards_that_read_the_same_the_chains_are_asked_once(
    followed: psycopg.Connection,
) -> None:
    followed.execute(
        """
        insert into app.leaderboard_defs
            (key, name, category_key, metric_source, metric_key, time_window)
        select 'wins' || n, 'Wins ' || n, 'hero_progression', 'onchain_pvp', 'wins', 'ALL_TIME'
        from generate_series(1, 5) as n
        """
    )
    asked = "select calls from pg_stat_xact_user_functions where funcname = 'complete_to'"
    followed.execute("set local track_functions = 'all'")
    found = followed.execute(
        "select * from app.complete_to_of_boards(array(select 'wins' || n from"
        " generate_series(1, 5) as n), 'infinity')"
    ).fetchall()
    assert {chains[0]["block_number"] for _, chains in found} == {CURSOR}
    assert (len(found), followed.execute(asked).fetchone()) == (5, (1,))


def test_it_is_said_in_words() -> None:
    assert completeness.in_words([]) is None
    assert completeness.in_words(
        [
            CompleteTo(METIS, "METIS", 1234567, time_of(60), 2),
            CompleteTo(DFK, "DFK Chain", 5, None, 0),
            CompleteTo(8217, "Kaia", None, None, 0),
        ]
    ) == (
        "Complete to block 1,234,567 of METIS, 2026-05-01 00:01 UTC, but for 2 facts and logs that"
        " wait; complete to block 5 of DFK Chain; earlier logs of Kaia are missing."
    )


def test_a_run_computes_a_season_until_a_week_after_its_end(
    connection: psycopg.Connection,
) -> None:
    week_before = AS_OF - timedelta(days=7)
    spans = {
        "over": (week_before - timedelta(days=9), week_before),
        "ending": (week_before, week_before + timedelta(microseconds=1)),
    }
    for season, span in spans.items():
        connection.execute(
            "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
            " values (%s, %s, %s, %s, true)",
            [season, season, *span],
        )
    runs.full(as_of=AS_OF)
    noted = connection.execute("select season_id from app.completeness order by 1").fetchall()
    assert noted == [("ending",), (None,)]


@pytest.mark.ci
def test_runs_store_what_they_are_complete_to(connection: psycopg.Connection) -> None:
    def move(block: int) -> None:
        put_block(connection, METIS, block)
        connection.execute("delete from app.undecoded_spans")
        connection.execute(
            "update app.chain_cursors set block_number = %s, block_time = %s",
            [block, time_of(block)],
        )
        for contract in ("pvp_diamond", "pet_core"):
            cover(connection, METIS, contract, f"{{[0,{block + 1})}}")

    def of_progress(season: str | None = None) -> list[int | None]:
        return [one.block_number for one in completeness.of_progress(connection, season)]

    put_cursor(connection, METIS, CURSOR)
    move(CURSOR)
    add_cluster(connection, "busy", BUSY)
    connection.execute(
        """
        insert into app.seasons (id, name, starts_at, ends_at, is_active)
        values ('now', 'Now', now() - interval '9 days', now() + interval '9 days', true),
            ('over', 'Over', '2026-01-01', '2026-02-01', false);
        insert into app.leaderboard_defs
            (key, name, category_key, metric_source, metric_key, time_window)
        values ('wins', 'Wins', 'hero_progression', 'onchain_pvp', 'wins', 'ALL_TIME'),
            ('points', 'Points', 'hero_progression', 'season_progress', 'now', 'SEASON')
        """
    )
    assert of_progress() == []
    runs.full()
    assert of_progress() == of_progress("now") == [CURSOR]
    # A board knows more than the last run, whose points it ranks.
    move(CURSOR + 10)
    runs.cluster(["busy"])
    wins, points = (
        [one.block_number for one in run.complete_to]
        for run in boards.run(["wins", "points"])[::-1]
    )
    assert (wins, points, of_progress()) == ([CURSOR + 10], [CURSOR], [CURSOR])
    move(CURSOR + 20)
    run = runs.incremental()
    assert of_progress() == of_progress("now") == [CURSOR + 20]
    assert connection.execute(
        "select complete_to -> 0 ->> 'block_number' from app.etl_runs where run_id = %s",
        [run.run_id],
    ).fetchone() == (str(CURSOR + 20),)
    assert of_progress("over") == []
    seasons.run("over")
    assert of_progress("over") == [CURSOR + 20]
    # What later runs know moves neither boards nor seasons that are over, nor does a run of the
    # past.
    move(CURSOR + 30)
    runs.full()
    runs.full(datetime(2026, 6, 1, tzinfo=UTC))
    assert (of_progress(), of_progress("over")) == ([CURSOR + 30], [CURSOR + 20])
    assert [one.block_number for one in boards.complete_run(connection, "wins").complete_to] == [
        CURSOR + 10
    ]
