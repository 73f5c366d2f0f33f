"""Searches among 200,000 players read indexes, and so do pages of a board of 100,000."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from api.database import query
from tests.in_process.rows import put_board

# seconds: it makes 200,000 players
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("searches_reach_the_indexes")]

PLAYERS, ENTRIES = 200_000, 100_000
LARGE = {"players", "wallet_clusters", "names_of_players", "wallet_links", "leaderboard_entries"}
#: What a page of a board asks for, of a run that also is the one before it.
PAGE = {"run": None, "previous": None, "rows": 25}


@pytest.fixture(scope="module")
def crowd(rows: psycopg.Connection) -> int:
    """Players with shown names and ids that begin in many ways, half of them on a board; the
    run of the board."""
    rows.execute(
        """
        insert into app.players (player_id, display_name, show_on_boards)
        overriding system value
        select 1000000 + n, md5(n::text) || ' Name', true
        from generate_series(1, %s) as n
        """,
        [PLAYERS],
    )
    rows.execute(
        """
        insert into app.names_of_players
        (player_id, display_name, folded, look, folded_look)
        select player_id, display_name, lower(display_name), display_name, lower(display_name)
        from app.players where player_id > 1000000
        """
    )
    rows.execute(
        """
        insert into app.wallet_clusters (cluster_id, player_id)
        select 'c' || md5('id' || player_id), player_id
        from app.players where player_id > 1000000
        """
    )
    put_board(rows, "crowd")
    (run,) = rows.execute(
        """
        insert into app.leaderboard_runs
        (leaderboard_key, status, as_of, finished_at, row_count)
        values ('crowd', 'COMPLETE', now(), now(), %s) returning id
        """,
        [ENTRIES],
    ).fetchone()
    rows.execute(
        """
        insert into analytics.leaderboard_entries
        (run_id, cluster_id, rank, score, payload, created_at)
        select %s, cluster_id, row_number() over (order by cluster_id), 1, '{}', now()
        from (select cluster_id from app.wallet_clusters order by cluster_id limit %s) as first
        """,
        [run, ENTRIES],
    )
    for table in ("app.players", "app.names_of_players", "app.wallet_clusters"):
        rows.execute(f"analyze {table}")
    rows.execute("analyze analytics.leaderboard_entries")
    rows.execute("analyze app.leaderboard_runs")
    return int(run)


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The tables that a plan reads, and how."""
    if "Relation Name" in plan:
        yield plan["Relation Name"], plan["Node Type"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("page_found", {"text": "c3f9", "folded": "c3f9", "limit": 21, "skip": 40}),
        ("page_found_alike", {"text": "c3", "folded": "c3", "limit": 200}),
        ("page_board_found", {"text": "c3f", "folded": "c3f9", "limit": 21, "run": None}),
        ("page_compare_player", {"text": "c3f9", "folded": "c3f9"}),
        ("page_board_standing", {"run": None, "previous": None, "cluster": None}),
        ("page_cluster_boards", {"cluster": None}),
        *(
            ("page_board_entries", PAGE | {"first": first, "cluster": None})
            for first in (1, ENTRIES // 2, ENTRIES)
        ),
    ],
)
def test_no_search_reads_a_whole_table(
    rows: psycopg.Connection, crowd: int, name: str, asked: dict[str, Any]
) -> None:
    if "run" in asked:
        asked = asked | {"run": crowd}
    if asked.get("previous", crowd) is None:
        asked = asked | {"previous": crowd}
    if "cluster" in asked and name != "page_board_entries":
        (first,) = rows.execute("select min(cluster_id) from app.wallet_clusters").fetchone()
        asked = asked | {"cluster": first}
    explained = rows.execute(f"explain (analyze, format json) {query(name)}", asked).fetchone()[0]
    found = explained if isinstance(explained, list) else json.loads(explained)
    # how many are ahead is counted in all of a run
    reads_one = name in ("page_board_entries", "page_cluster_boards")
    large = LARGE - (set() if reads_one else {"leaderboard_entries"})
    whole = [table for table, how in scans(found[0]["Plan"]) if how == "Seq Scan"]
    assert [table for table in whole if table in large] == []
    assert found[0]["Execution Time"] < (100 if name == "page_cluster_boards" else 500)
