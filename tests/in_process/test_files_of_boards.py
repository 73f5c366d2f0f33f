"""The entries of a board as CSV and JSON: of the run that the page shows, in its order, with the
names that players show, and nothing that a spreadsheet computes."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from api.pages import board_files
from tests.in_process import Site
from tests.in_process.rows import name_player, put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("files_of_boards")

KEYS = [
    {"metric": "onchain_pvp.wins", "unit": "matches", "direction": "desc"},
    {"metric": "onchain_lp.lp_usd_value", "unit": "USD", "direction": "asc"},
]
EXACT = "9007199254740993.000001"
#: Names that a spreadsheet takes for formulas, with what the file has of each.
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\uff1d1+1"]


@pytest.fixture(scope="module", autouse=True)
def runs(rows: psycopg.Connection) -> dict[str, int]:
    """A board of two months by two keys; one player shows a name and one does not."""
    for number, cluster in enumerate(("ada", "bob", "cyd")):
        add_cluster(rows, cluster, f"0x{number + 96001:040x}")
    name_player(rows, "ada", "Ada, “of” Frost", shown=True)
    name_player(rows, "bob", "Hidden Bob", shown=False)
    put_board(rows, "two", time_window="MONTHLY")
    april, may, june = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6))
    columns: dict[str, Any] = {"payload": {"keys": KEYS}}
    first = put_board_run(
        rows,
        "two",
        [(1, "bob", 9, -5), (2, "ada", 7, 1)],
        period_start=april,
        period_end=may,
        as_of=may,
        **columns,
    )
    second = put_board_run(
        rows,
        "two",
        [(1, "ada", EXACT, -5), (2, "bob", 7, "0.5"), (2, "cyd", 7, "0.5")],
        period_start=may,
        period_end=june,
        as_of=june,
        **columns,
    )
    return {"april": first, "may": second}


def read(answer: httpx.Response) -> list[list[str]]:
    """The rows of a file."""
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_a_file_has_what_the_page_shows(site: Site, runs: dict[str, int]) -> None:
    answer = site.browser().get("/boards/two/entries.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert read(answer) == [
        ["rank", "previous_rank", "cluster_id", "display_name", *(key["metric"] for key in KEYS)],
        ["1", "2", "ada", "Ada, “of” Frost", EXACT, "-5"],
        ["2", "1", "bob", "", "7", "0.5"],
        ["2", "", "cyd", "", "7", "0.5"],
    ]
    page = site.browser().get("/boards/two").text
    links = re.findall(r'href="(/boards/two/entries\.\w+\?run=\d+)"', page)
    assert links == [f"/boards/two/entries.{kind}?run={runs['may']}" for kind in ("csv", "json")]
    assert read(site.browser().get(links[0])) == read(answer)


def test_json_has_the_same_as_csv(site: Site, runs: dict[str, int]) -> None:
    for asked in ({}, {"run": runs["april"]}, {"run": runs["may"]}):
        answer = site.browser().get("/boards/two/entries.json", params=asked)
        assert answer.headers["Content-Type"] == "application/json"
        found = answer.json()
        listed = [
            [
                str(one["rank"]),
                str(one["previousRank"] or ""),
                one["clusterId"],
                one["displayName"] or "",
                *(key["valueText"] for key in one["keys"]),
            ]
            for one in found["entries"]
        ]
        assert listed == read(site.browser().get("/boards/two/entries.csv", params=asked))[1:]
        assert found["run"]["id"] == asked.get("run", runs["may"])
        # the same as the route of programs
        run = found["run"]["id"]
        of_programs = site.browser().get(f"/leaderboards/two/runs/{run}").json()
        assert found["entries"] == of_programs["entries"]
        assert found["previous"] == of_programs["previous"]


def test_a_file_is_named_after_board_and_run(site: Site, runs: dict[str, int]) -> None:
    for kind in ("csv", "json"):
        answer = site.browser().get(f"/boards/two/entries.{kind}", params={"run": runs["april"]})
        name = f"two-run-{runs['april']}.{kind}"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_who_has_the_file_does_not_get_it_again(site: Site, rows: psycopg.Connection) -> None:
    """Until a name is hidden."""
    for kind in ("csv", "json"):
        path = f"/boards/two/entries.{kind}"
        answer = site.browser().get(path)
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Vary"] == "Origin"
        assert "Set-Cookie" not in answer.headers
        again = site.browser().get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        name_player(rows, "ada", "Ada, “of” Frost", shown=False)
        changed = site.browser().get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert "Frost" not in changed.text
        name_player(rows, "ada", "Ada, “of” Frost", shown=True)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_text_is_a_formula(site: Site, rows: psycopg.Connection, name: str) -> None:
    """Names that rules would refuse, written past them."""
    rows.execute(
        "update app.players set display_name = %s, show_on_boards = true where player_id ="
        " (select player_id from app.wallet_clusters where cluster_id = 'cyd')",
        [name],
    )
    cells = read(site.browser().get("/boards/two/entries.csv"))[3]
    assert cells[3] == f"'{name}"
    # a number below zero stays a number
    assert read(site.browser().get("/boards/two/entries.csv"))[1][-1] == "-5"
    rows.execute("update app.players set show_on_boards = false where display_name = %s", [name])


def test_a_large_board_has_several_files(
    site: Site, monkeypatch: pytest.MonkeyPatch, runs: dict[str, int]
) -> None:
    monkeypatch.setattr(board_files, "MOST", 2)
    for kind in ("csv", "json"):
        answer = site.browser().get(f"/boards/two/entries.{kind}")
        further = site.browser().get(answer.links["next"]["url"])
        assert "next" not in further.links
        if kind == "csv":
            assert [row[2] for row in (*read(answer), *read(further))] == [
                *("cluster_id", "ada", "bob"),
                *("cluster_id", "cyd"),
            ]
        else:
            listed = [*answer.json()["entries"], *further.json()["entries"]]
            assert [one["clusterId"] for one in listed] == ["ada", "bob", "cyd"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/boards/none/entries.csv", 404, "no board none"),
        ("/boards/two/entries.json?run=99999", 404, "board two has no complete run 99999"),
        ("/boards/two/entries.csv?after=x", 400, "after: 'x' is not a cursor of this list"),
        ("/boards/unrun/entries.csv", 404, "board unrun was not computed yet"),
    ],
)
def test_what_does_not_exist_is_named(
    site: Site, rows: psycopg.Connection, path: str, status: int, sentence: str
) -> None:
    if "unrun" in path:
        put_board(rows, "unrun")
    answer = site.browser().get(path)
    assert (answer.status_code, answer.json()["detail"]) == (status, sentence)
