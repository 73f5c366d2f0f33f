"""hedge metrics and hedge sql: what they show of the demo world, and what they refuse."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database
from hedge.analysis import metrics, reading
from hedge.errors import HedgeError, UsageError
from tests import Hedge
from tests.support import AS_OF


@pytest.fixture(scope="module")
def url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world that the tests of this module only read."""
    return new_database("metrics_and_sql", demo_world_template)


@pytest.fixture
def read_only(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to it, which is what HEDGE_DATABASE_URL names."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    with database.connect() as connection:
        yield connection


@pytest.fixture
def hedge(read_only: psycopg.Connection, hedge: Hedge) -> Hedge:
    """Runs the command on that demo world."""
    return hedge


def test_a_metric_names_what_uses_it_and_its_files(read_only: psycopg.Connection) -> None:
    found = metrics.described(read_only, "onchain_pvp.wins")
    assert found.metric.unit == "matches"
    assert found.metric.challenges == ["arena_victor"]
    assert "lb_pvp_competition" in found.metric.boards or found.metric.boards
    assert found.metric.scores == ["pvp_mastery_score"]
    assert (found.model, found.contract) == (
        "models/metrics/onchain_pvp.sql",
        "models/metrics/onchain_pvp.yml",
    )
    wanted = read_only.execute(
        "select count(*), count(*) filter (where value > 0), max(value)"
        " from analytics.challenge_progress where challenge_key = 'arena_victor'"
    ).fetchone()
    spread = found.spread
    assert (spread.clusters, spread.clusters_above_zero, spread.largest) == wanted
    assert sum(bucket.clusters for bucket in found.histogram) == spread.clusters


def test_a_derived_metric_has_the_values_of_its_challenge(read_only: psycopg.Connection) -> None:
    found = metrics.described(read_only, "meta_profile.pvp_mastery_score")
    (challenge,) = found.metric.challenges
    wanted = read_only.execute(
        "select count(*), count(*) filter (where value > 0), max(value)"
        " from analytics.challenge_progress where challenge_key = %s",
        [challenge],
    ).fetchone()
    spread = found.spread
    assert (spread.clusters, spread.clusters_above_zero, spread.largest) == wanted
    assert spread.largest > 0


def test_a_board_uses_what_breaks_its_ties(read_only: psycopg.Connection) -> None:
    with read_only.transaction(force_rollback=True):
        read_only.execute(
            "insert into app.leaderboard_defs (key, name, category_key, time_window,"
            " metric_source, metric_key, fallback_metric_key) values"
            " ('tied', 'Tied', 'pvp_competition', 'MONTHLY', 'onchain_pvp', 'wins',"
            " 'best_win_streak')"
        )
        used = {metric.name: metric.boards for metric in metrics.all_metrics(read_only)}
    assert "tied" in used["onchain_pvp.wins"]
    assert "tied" in used["onchain_pvp.best_win_streak"]
    assert "tied" not in used["onchain_pvp.matches_played"]


def test_metrics_are_listed_and_shown(hedge: Hedge) -> None:
    status, listed, _ = hedge("metrics", "list")
    assert status == 0
    assert len(listed.splitlines()) == 53
    assert any(line.startswith("onchain_pvp.wins ") for line in listed.splitlines())
    status, shown, _ = hedge("metrics", "show", "onchain_pvp.wins")
    assert status == 0
    assert "challenges  arena_victor\n" in shown
    assert "defined in  models/metrics/onchain_pvp.sql" in shown
    assert json.loads(hedge("metrics", "show", "onchain_pvp.wins", "--json")[1])["histogram"]
    assert len(json.loads(hedge("metrics", "list", "--json")[1])) == 52
    status, _, complaint = hedge("metrics", "show", "onchain_pvp.winz")
    assert status == 2
    assert complaint == "hedge: no metric onchain_pvp.winz; did you mean onchain_pvp.wins?\n"


def test_a_query_is_read_as_of_an_instant(read_only: psycopg.Connection) -> None:
    found = reading.read(read_only, "select app.as_of() as then, 1 as one", AS_OF)
    assert (found.columns, found.rows) == (["then", "one"], [(AS_OF, 1)])
    now = reading.read(read_only, "-- a comment\nselect app.as_of(), now()\n;\n").rows[0]
    assert now[0] == now[1]
    # nothing of it outlasts the query
    (left,) = read_only.execute("select current_setting('hedge.as_of', true)").fetchone()
    assert left in (None, "")


def test_tables_and_views_need_no_schema_and_percent_signs_no_escape(
    read_only: psycopg.Connection,
) -> None:
    found = reading.read(
        read_only,
        "select count(*) from challenges, heroes, leaderboard_defs"
        " where challenges.key like 'arena%' and '100 %s' = '100 %s'",
    )
    assert found.columns == ["count"]


def test_values_that_python_has_not_are_as_postgresql_writes_them(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs of chains are bytes; a month is not 30 days."""
    text = (
        r"select '\xdead'::bytea as a, interval '1 month' as b, array['-infinity'::date] as c,"
        " 'infinity'::timestamptz as d, 'infinity'::timestamp as e, 'Infinity'::numeric as f,"
        " '-Infinity'::float8 as g, date '2026-06-01' as h"
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    (row,) = json.loads(hedge("sql", "-", "--json")[1])
    dates = [["-infinity"], "infinity", "infinity"]
    assert [*row.values()] == [r"\xdead", "1 mon", *dates, "Infinity", "-Infinity", "2026-06-01"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "delete from app.leaderboard_defs",
            "PostgreSQL refuses it: cannot execute DELETE in a read-only transaction",
        ),
        ("create table analytics.mine (a int)", "cannot execute CREATE TABLE in a read-only"),
        ("select 1; delete from app.leaderboard_defs", "multiple commands"),
        ("commit", "PostgreSQL refuses|returns no rows"),
        ("set datestyle to iso", "the statement returns no rows: write a query"),
        ("set transaction read write", "read-write mode|returns no rows|before any query"),
        ("select set_config('transaction_read_only', 'off', false)", "read-write mode|before any"),
        (
            "select 1,\n  winz\nfrom metric_values",
            'line 2: column "winz" does not exist At: winz',
        ),
        (
            "select 1\nfrom analytics.challenge_progres",
            'line 2: relation "analytics.challenge_progres" does not exist; did you mean '
            r"challenge_progress\? At: from analytics.challenge_progres",
        ),
        ("select 1 from board_runz", "; did you mean board_runs"),
        ("select 1 from nothing_alike", '"nothing_alike" does not exist At: '),
        ("selec 1", 'line 1: syntax error at or near "selec" At: selec 1'),
        ("select 1 / 0", "PostgreSQL refuses it: division by zero"),
        ("copy app.etl_runs to '/tmp/x'", "PostgreSQL refuses|returns no rows"),
        ("", "there is no SQL"),
        (" \n", "there is no SQL"),
    ],
)
def test_what_is_no_single_query_is_refused(
    read_only: psycopg.Connection, text: str, words: str
) -> None:
    boards = "select count(*) from app.leaderboard_defs"
    before = database.value(read_only, boards)
    with pytest.raises(HedgeError, match=words):
        reading.read(read_only, text)
    assert database.value(read_only, boards) == before > 0
    assert database.value(read_only, "show transaction_read_only") == "off"


def test_a_query_that_takes_too_long_is_ended(read_only: psycopg.Connection) -> None:
    with pytest.raises(HedgeError, match="the query took longer than 1 s: --timeout gives"):
        reading.read(read_only, "select pg_sleep(5)", seconds=1)


def test_the_command_prints_a_table_csv_or_json(
    hedge: Hedge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "query.sql"
    file.write_text('select key, null as nothing, 1.50 as "n, n" from categories order by key')
    status, printed, _ = hedge("sql", str(file))
    assert status == 0
    assert printed.splitlines()[0].split() == ["key", "nothing", "n,", "n"]
    assert printed.splitlines()[-1] == "16 rows"
    printed = hedge("sql", str(file), "--csv")[1]
    assert printed.splitlines()[:2] == ['key,nothing,"n, n"', "behavior_engagement,,1.50"]
    assert json.loads(hedge("sql", str(file), "--json")[1])[0] == {
        **{"key": "behavior_engagement", "nothing": None, "n, n": "1.50"}
    }
    monkeypatch.setattr(sys, "stdin", io.StringIO("select app.as_of()::date as day"))
    printed = hedge("sql", "-", "--as-of", "2026-05-01", "--csv")[1]
    assert printed == "day\n2026-05-01\n"


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (None, [], "cannot be read: No such file"),
        ("select 'é'".encode("latin-1"), [], "is not UTF-8"),
        (b"select 1", ["--csv", "--json"], "--csv and --json are two forms"),
        (b"select 1 as a, 2 as a", ["--json"], "two columns are called a"),
        (b"delete from app.etl_runs", [], "cannot execute DELETE in a read-only transaction"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    hedge: Hedge, tmp_path: Path, content: bytes | None, arguments: list[str], words: str
) -> None:
    file = tmp_path / "query.sql"
    if content is not None:
        file.write_bytes(content)
    status, printed, complaint = hedge("sql", str(file), *arguments)
    # what is wrong with the call, and not what may succeed later
    assert (status, printed) == (2, "")
    assert words in complaint
    assert complaint.count("\n") == 1


def test_an_unknown_metric_is_a_usage_error(read_only: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match=r"no metric nothing$"):
        metrics.described(read_only, "nothing")
