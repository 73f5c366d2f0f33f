"""Where a player is listed, on the page of the player: places on boards, the best first."""

import re
from datetime import UTC, datetime

import psycopg
import pytest
from markupsafe import Markup

from api.pages.profile import BEST
from tests.in_process import HTML, Site
from tests.in_process.queries import found, pick
from tests.in_process.rows import put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("the_boards_of_a_player")

#: October and November.
MONTHS = [
    {"period_start": datetime(2026, one, 1, tzinfo=UTC), "as_of": datetime(2026, 12, 1, tzinfo=UTC)}
    | {"period_end": datetime(2026, one + 1, 1, tzinfo=UTC)}
    for one in (10, 11)
]


def places(connection: psycopg.Connection, cluster: str = "ada") -> list[tuple]:
    """Where a cluster is listed."""
    rows = found(connection, "page_cluster_boards", cluster=cluster)
    return [pick(one, "key", "rank", "clusters", "score") for one in rows]


def test_the_best_place_is_first_by_its_share_of_the_board(
    connection: psycopg.Connection,
) -> None:
    put_board(connection, "small")
    put_board(connection, "large")
    put_board(connection, "alike", name="A board")
    put_board_run(connection, "small", [(1, "bob", 9), (2, "ada", 8), (3, "cyd", 7)])
    large = [(rank, f"other{rank}", 9) for rank in (1, 2, 4, 5, 6, 7, 8, 9)]
    put_board_run(connection, "large", [*large, (3, "ada", 4)])
    # a third, too, and before the other by its name
    put_board_run(connection, "alike", [(1, "ada", 2), (2, "bob", 1), (3, "cyd", 1)])
    assert places(connection) == [
        ("alike", 1, 3, 2),
        ("large", 3, 9, 4),
        ("small", 2, 3, 8),
    ]
    assert places(connection, "nobody") == []


def test_only_what_readers_see_of_a_board_counts(connection: psycopg.Connection) -> None:
    put_board(connection, "months", time_window="MONTHLY")
    october, november = MONTHS
    put_board_run(connection, "months", [(1, "ada", 9)], **november)
    put_board_run(connection, "months", [(1, "bob", 9), (2, "ada", 1)], **october)
    assert places(connection) == [("months", 1, 1, 9)]
    assert places(connection, "bob") == []
    # not yet complete
    put_board_run(connection, "months", [], status="PROCESSING", finished_at=None, **november)
    assert places(connection) == [("months", 1, 1, 9)]
    for column in ("is_active", "is_public"):
        connection.execute(f"update app.leaderboard_defs set {column} = false")
        assert places(connection) == []
        connection.execute(f"update app.leaderboard_defs set {column} = true")


def test_the_page_opens_each_board_around_the_player(site: Site, rows: psycopg.Connection) -> None:
    name = "ada-lovelace"
    add_cluster(rows, name, "0x" + "ad" * 20)
    reader = site.browser()
    assert "On boards" not in reader.get("/clusters/ada-lovelace", headers=HTML).text
    for number in range(BEST + 2):
        put_board(rows, f"board-{number}", time_window="MONTHLY")
        others = [(rank + 1, f"other{rank}", 1) for rank in range(1, number + 1)]
        put_board_run(rows, f"board-{number}", [(1, name, 1234), *others], **MONTHS[0])
    page = reader.get("/clusters/ada-lovelace", headers=HTML).text
    shown = page[page.index('id="boards"') :]
    links = re.findall(r'href="(/boards/[^"]*)"', shown)
    numbers = range(BEST + 1, -1, -1)
    assert links == [f"/boards/board-{one}?clusterId=ada-lovelace#near" for one in numbers]
    assert "of 8 players · October 2026 · 1,234 matches" in Markup(shown).striptags()
    # what is behind the best is folded, which needs no script
    above, below = shown.split("<details>", 1)
    assert len(re.findall("/boards/", above)) == BEST
    assert "<summary>2 more boards</summary>" in below
    around = reader.get(links[0].partition("#")[0], headers=HTML).text
    assert '<tr class="own" id="near"' in around


def test_boards_of_what_is_no_metric_source_are_listed(connection: psycopg.Connection) -> None:
    """Such as of season points, whose unit nobody defines."""
    for key, source in (("points", "season_progress"), ("wins", "onchain_pvp")):
        put_board(connection, key, metric_source=source)
        put_board_run(connection, key, [(1, "ada", 9)])
    listed = found(connection, "cluster_boards", cluster="ada", after="", limit=10)
    assert [(one["key"], one["rank"]) for one in listed] == [("points", 1), ("wins", 1)]
