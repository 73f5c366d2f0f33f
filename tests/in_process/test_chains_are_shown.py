"""What answers and pages say of followed chains: what numbers are complete to, and what lacks."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from api.pages.times import when
from tests.in_process import HTML, URL, Site
from tests.in_process.queries import WALLET
from tests.in_process.rows import AS_OF, put, put_board, put_board_run, put_points, put_progress
from tests.support import add_cluster

# one site for all of them, so one process
pytestmark = pytest.mark.xdist_group("chains_are_shown")

METIS = {"chain_id": 1088, "chain": "METIS", "block_time": "2026-06-01T11:59:00Z", "uncounted": 2}


def stored(block: int | None, **columns: Any) -> psycopg.types.json.Jsonb:
    """What a run stores of METIS."""
    return psycopg.types.json.Jsonb([METIS | {"block_number": block} | columns])


def shown(block: int | None, **columns: Any) -> list[dict[str, Any]]:
    """The same in answers."""
    return [
        {
            "chainId": 1088,
            "chain": "METIS",
            "blockNumber": block,
            "blockTime": "2026-06-01T11:59:00Z",
            "uncounted": 2,
        }
        | columns
    ]


@pytest.fixture(scope="module")
def runs(rows: psycopg.Connection) -> dict[str, int]:
    """A cluster with progress, points and a place on a board; other clusters, boards and seasons
    of which nothing is followed."""
    add_cluster(rows, "busy", WALLET)
    add_cluster(rows, "idle", "0x" + "a7" * 20)
    for challenge in ("arena_victor", "hero_riser"):
        put_progress(rows, "busy", challenge, 4)
    for season, days in (("spring", 0), ("autumn", 90)):
        span = {"starts_at": AS_OF - timedelta(days=9 + days)}
        span["ends_at"] = span["starts_at"] + timedelta(days=9000 if not days else 9)
        put(rows, "app.seasons", id=season, name=season, is_active=True, **span)
        put_points(rows, season, "busy", 5, 1)
    found = {}
    for board, complete_to in (("wins", stored(1234567)), ("quiet", stored(None, block_time=None))):
        put_board(rows, board)
        found[board] = put_board_run(rows, board, [(1, "busy", 9)], complete_to=complete_to)
    put_board(rows, "files")
    put_board_run(rows, "files", [(1, "busy", 9)])
    put(rows, "app.completeness", season_id=None, run_id=1, chains=stored(40, uncounted=0))
    put(rows, "app.completeness", season_id="spring", run_id=1, chains=stored(41))
    return found


def test_answers_say_what_they_are_complete_to(site: Site, runs: dict[str, int]) -> None:
    anybody = site.browser()

    def get(path: str) -> Any:
        answer = anybody.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    progress = get("/clusters/busy/progress")
    assert (progress["completeTo"], len(progress["challenges"])) == (shown(40, uncounted=0), 2)
    assert {"completeTo", "complete_to"}.isdisjoint(progress["challenges"][0])
    assert get("/clusters/idle/progress")["completeTo"] == []
    several = anybody.post("/clusters/progress", json={"clusterIds": ["busy", "idle"]}).json()
    assert [one["completeTo"] for one in several["clusters"]] == [shown(40, uncounted=0), []]
    of_board = shown(1234567)
    assert get("/leaderboards/wins/latest")["run"]["completeTo"] == of_board
    assert get("/leaderboards/wins")["latestRun"]["completeTo"] == of_board
    assert get("/leaderboards/wins/runs")[0]["completeTo"] == of_board
    assert get(f"/leaderboards/wins/runs/{runs['wins']}")["run"]["completeTo"] == of_board
    assert get("/leaderboards/wins/latest?at=2026-06-01")["run"]["completeTo"] == of_board
    assert get("/leaderboards/quiet/latest")["run"]["completeTo"] == shown(None, blockTime=None)
    assert get("/leaderboards/files/latest")["run"]["completeTo"] == []
    listed = {one["id"]: one["completeTo"] for one in get("/seasons")["seasons"]}
    assert listed == {"spring": shown(41), "autumn": []}
    assert get("/seasons/spring")["completeTo"] == shown(41)
    assert get("/seasons/spring/standings")["season"]["completeTo"] == shown(41)
    assert get("/seasons/spring/progress?clusterId=busy")["completeTo"] == shown(41)
    assert get("/seasons/autumn/progress?clusterId=busy")["completeTo"] == []


def test_an_admin_gets_it_as_well(site: Site, runs: dict[str, int], admin: str) -> None:
    told = site.program(admin)
    run = told.get(f"/admin/leaderboards/wins/runs/{runs['wins']}").json()
    assert run["completeTo"] == shown(1234567)
    listed = {one["key"]: one for one in told.get("/admin/leaderboards").json()}
    assert listed["wins"]["newestRun"]["completeTo"] == shown(1234567)
    assert listed["files"]["newestRun"]["completeTo"] == []


def test_pages_say_it_in_words(site: Site, runs: dict[str, int]) -> None:
    def get(path: str) -> str:
        return site.browser().get(path, headers=HTML).text

    at = when("2026-06-01T11:59:00Z")
    assert 'title="2026-06-01 11:59 UTC"' in at
    words = f"complete to block 1,234,567 of METIS, {at}, but for 2 facts and logs that wait"
    assert words in get("/boards/wins")
    assert "earlier logs of METIS are missing" in get("/boards/quiet")
    assert "METIS" not in get("/boards/files")
    assert f"complete to block 40 of METIS, {at} ·" in get("/clusters/busy")
    assert "METIS" not in get("/clusters/idle")
    assert f"complete to block 41 of METIS, {at}, but for 2 facts and logs that wait" in get("/")


def test_the_page_of_chains_says_what_lacks(
    site: Site, rows: psycopg.Connection, runs: dict[str, int], admin: str
) -> None:
    ruler = site.browser()
    del ruler.headers["Origin"]
    ruler.post("/admin/sign-in", data={"token": admin}, headers={"Origin": URL})
    assert "No chain is followed." in ruler.get("/admin/chains", headers=HTML).text
    rows.execute(
        """
        insert into app.chain_followers
        (chain_id, asked_at, head_number, final_number, failing_since, error, is_halted)
        values (1088, '2026-06-01', 20, 15, '2026-06-02', '<another block>', true),
        (53935, '2026-06-01', 7, 7, null, null, false);
        insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)
        values (1088, 18, sha256(''), '2026-06-01 00:01');
        insert into app.chain_coverage (chain_id, address, contract, from_block, covered)
        values (1088, substr(sha256(''), 1, 20), 'duels', 0, '{[2,5),[6,19)}'),
        (1088, substr(sha256('p'), 1, 20), 'pets', 4, '{[4,19)}');
        insert into raw.undecoded_logs
        (chain_id, block_number, contract, address, topic0, reason, number_of_logs)
        values (1088, 6, 'duels', '', '\\xabcd', 'unknown event', 9),
        (1088, 7, 'duels', '', null, 'malformed data', 1234);
        insert into raw.pending_facts (table_name, key, fact, missing, chain_id, block_number)
        values ('pets', '[1]', '{}', '{family,variant}', 1088, 6);
        insert into app.undecoded_spans (chain_id, from_block, to_block, noted_at)
        values (1088, 17, 18, '2026-06-03');
        insert into app.chain_reorganizations (chain_id, ancestor_number, lost_number, lost_logs)
        values (1088, 3, 7, 0);
        """
    )
    page = " ".join(ruler.get("/admin/chains", headers=HTML).text.split())
    page = page.replace("\N{EN DASH}", "nothing")
    metis, dfk = page.split("Chain 1088")[1].split("Chain 53935")
    for words in (
        ">halted<",
        "&lt;another block&gt;",
        "<dd>20, asked",
        "<dd>18, <time",
        "<dd>2 blocks; the block is",
        "<dd>2 blocks since",
        "the deepest of 4 blocks",
        '<td class="number">not known</td><td class="number">nothing</td><td>0 to 1; 5 to 5</td>',
        '<td class="number">4</td><td class="number">nothing</td><td>none</td>',
        '<td>unknown event</td><td><code>0xabcd</code></td><td class="number">9</td>',
        '<td>malformed data</td><td><code>nothing</code></td><td class="number">1,234</td>',
        '<th scope="row">pets</th><td>family, variant</td>'
        '<td>only a file or a seed</td><td class="number">1</td>',
    ):
        assert words in metis, words
    assert ">not followed<" in dfk
    assert "<table>" not in dfk
    assert "complete to block 40 of METIS" in page
