"""A preview tells what a deploy and a full run would change, and changes nothing itself."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from hedge import boards, database, runs, world
from hedge.analysis import changes, preview, scratch
from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs.deployed import keep_deployed_project
from tests import PROJECT
from tests.support import Process, wait_for

#: What a preview must not touch: marts, seeds, the ledger, runs of boards.
LIVE = "select table_schema, table_name from information_schema.tables" + (
    " where table_schema in ('analytics', 'app', 'raw') and table_type = 'BASE TABLE' order by 1, 2"
)
#: The tiers and Founder's Marks of all clusters, from progress and ladders alone.
REACHED = """
select progress.cluster_id, progress.challenge_key, tiers.tier_code, kinds.kind
from analytics.challenge_progress as progress
inner join (
    select
        *,
        count(*) over (partition by challenge_key) as number,
        max(threshold_value) over (partition by challenge_key) as last_threshold
    from analytics.challenge_tiers
) as tiers on progress.challenge_key = tiers.challenge_key
cross join (values ('TIER'), ('FOUNDERS_MARK')) as kinds (kind)
where
    case kinds.kind
        when 'TIER' then progress.value >= tiers.threshold_value
        else
            progress.rolling_value >= tiers.threshold_value
            and tiers.threshold_value = tiers.last_threshold
            and tiers.number > 1
    end
"""
PROGRESS = """
select cluster_id, challenge_key, value, tier, rolling_value, rolling_tier
from analytics.challenge_progress
"""
POINTS = "select season_id, cluster_id, points, level from analytics.season_progress"
FIRST_TEN = """
select
    leaderboard_key,
    array_agg((rank, cluster_id, trim_scale(score))::text order by rank, cluster_id)
    filter (where place <= 10)
from (
    select
        runs.leaderboard_key,
        entries.*,
        row_number() over (partition by runs.id order by rank, cluster_id) as place
    from analytics.leaderboard_entries as entries
    inner join app.leaderboard_runs as runs on entries.run_id = runs.id
    where runs.id = any(%s)
) as places
group by leaderboard_key
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited; HEDGE_PROJECT names it."""
    folder = tmp_path / "copy"
    for part in ("models", "macros", "seeds"):
        shutil.copytree(PROJECT / part, folder / part)
    for file in ("dbt_project.yml", "profiles.example.yml"):
        shutil.copyfile(PROJECT / file, folder / file)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of what is deployed, which deploys of other tests may have replaced."""
    with keep_deployed_project(PROJECT, files.definitions_hash(PROJECT)):
        pass


@pytest.fixture
def live(demo_world: psycopg.Connection, deployed: None) -> psycopg.Connection:
    """The demo world of one test, deployed from this project."""
    return demo_world


@pytest.fixture(scope="module")
def shared_url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world that the tests of this module only read."""
    return new_database("previewed", demo_world_template)


@pytest.fixture
def read_only(
    shared_url: str, deployed: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """A connection to that demo world. A preview that changes anything in it fails the test."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", shared_url)
    with database.connect() as connection:
        before = checksums(connection)
        yield connection
        assert checksums(connection) == before
        assert leftovers(connection) == []


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def double_the_wins(copy: Path) -> None:
    model = copy / "models" / "metrics" / "onchain_pvp.sql"
    edit(model, "sum(wins)::bigint as wins", "2 * sum(wins)::bigint as wins")


def checksums(connection: psycopg.Connection) -> dict[str, tuple]:
    """The identity and the content of every live table, and every view's identity."""
    found = {}
    for schema, table in connection.execute(LIVE).fetchall():
        name = f"{schema}.{table}"
        found[name] = connection.execute(
            f"select '{name}'::regclass::oid, count(*), md5(coalesce(string_agg("
            f"md5(rows::text), '' order by md5(rows::text)), '')) from {name} as rows"
        ).fetchone()
    found["views"] = tuple(
        connection.execute(
            "select relname, oid, relkind from pg_class"
            " where relnamespace = 'analytics'::regnamespace order by 1"
        ).fetchall()
    )
    return found


def leftovers(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("select nspname from pg_namespace where nspname like 'preview%'")
    return [name for (name,) in found]


def rows(connection: psycopg.Connection, query: str, *parameters: object) -> set[tuple]:
    return set(connection.execute(query, parameters or None).fetchall())


def computed(connection: psycopg.Connection) -> dict[str, set[tuple]]:
    """What a deploy and a full run leave, and the latest periods of all boards run again."""
    runs.deploy()
    runs.full(world.AS_OF)
    latest = connection.execute(
        "select period_start, period_end, array_agg(leaderboard_key) from ("
        "select distinct on (leaderboard_key) leaderboard_key, period_start, period_end"
        " from app.leaderboard_runs where status = 'COMPLETE'"
        " order by leaderboard_key, period_end desc, as_of desc, id desc"
        ") as latest group by period_start, period_end"
    ).fetchall()
    again = []
    for *span, keys in latest:
        found = boards.run(keys, span=tuple(span) if span[0] else None, as_of=world.AS_OF)
        again += [run.id for run in found]
    return {
        "progress": rows(connection, PROGRESS),
        "reached": rows(connection, REACHED),
        "unlocks": rows(
            connection,
            "select cluster_id, challenge_key, tier_code, kind from analytics.tier_unlocks",
        ),
        "points": rows(connection, POINTS),
        "boards": {(key, tuple(ten)) for key, ten in rows_of(connection, FIRST_TEN, again)},
    }


def rows_of(connection: psycopg.Connection, query: str, *parameters: object) -> list[tuple]:
    return connection.execute(query, parameters).fetchall()


@pytest.mark.ci
def test_a_preview_equals_a_comparison_of_two_full_runs(
    live: psycopg.Connection, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # of a source that reads the others, over a period that no standing window measures
    boards.add(live, MASTERS)
    boards.run(["masters"], span=OCTOBER, as_of=world.AS_OF)
    double_the_wins(copy)
    edit(copy / "seeds" / "challenge_tiers.csv", "hero_riser,COMMON,Common,100,", COMMON)
    found = preview.make()
    monkeypatch.setenv("HEDGE_PROJECT", str(PROJECT))
    before = computed(live)
    monkeypatch.setenv("HEDGE_PROJECT", str(copy))
    after = computed(live)

    assert found.changed == ["challenge_tiers", "onchain_pvp"]
    was = {row[:2]: row[2:] for row in before["progress"]}
    moved = {row[:2]: row[2:] for row in after["progress"] - before["progress"]}
    assert found.totals.clusters_changed == len({cluster for cluster, _ in moved}) > 100
    assert found.totals.challenges_changed == len({key for _, key in moved}) >= 3
    assert found.totals.unlocks_won == len(after["unlocks"] - before["unlocks"]) > 0
    assert found.totals.unlocks_lost == len(before["reached"] - after["reached"]) > 0
    for challenge in found.challenges:
        key = challenge.challenge_key
        changes = {
            cluster: (was[cluster, key], row) for (cluster, of), row in moved.items() if of == key
        }
        values = {cluster: new[0] - old[0] for cluster, (old, new) in changes.items()}
        assert challenge.change == sum(values.values())
        assert challenge.values_changed == sum(value != 0 for value in values.values())
        assert challenge.largest_gain == max(0, *values.values())
        assert {
            (move.tier_before, move.tier_after): move.clusters for move in challenge.moves
        } == counted((old[1], new[1]) for old, new in changes.values() if old[1] != new[1])
        for mover in challenge.movers:
            old, new = changes[mover.cluster_id]
            assert (mover.value_before, mover.tier_before) == old[:2]
            assert (mover.value_after, mover.tier_after) == new[:2]
        largest = sorted((abs(value) for value in values.values()), reverse=True)
        assert [abs(mover.value_after - mover.value_before) for mover in challenge.movers] == [
            *largest[: len(challenge.movers)]
        ]
    boards_before, boards_after = dict(before["boards"]), dict(after["boards"])
    assert {board.board for board in found.boards} == {
        key for key in boards_after if boards_after[key] != boards_before[key]
    }
    assert len(found.boards) >= 5
    assert "masters" in {board.board for board in found.boards}
    for board in found.boards:
        for side, tens in (("before", boards_before), ("after", boards_after)):
            shown = tuple(
                f"({getattr(place, f'rank_{side}')},{getattr(place, f'cluster_{side}')},"
                f"{getattr(place, f'score_{side}'):f})"
                for place in board.places
            )
            assert shown == tens[board.board]
    points = {row[:2]: row[2] for row in before["points"]}
    differences = [row[2] - points[row[:2]] for row in after["points"]]
    assert sum(season.points_won for season in found.seasons) == sum(
        difference for difference in differences if difference > 0
    )
    assert found.totals.points_won > 0
    assert found.totals.points_lost == -sum(one for one in differences if one < 0)


COMMON = "hero_riser,COMMON,Common,120,"
OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
MASTERS = boards.Board(
    key="masters",
    name="Masters of the month",
    description="",
    category_key="pvp_competition",
    metric_source="meta_profile",
    metric_key="pvp_mastery_score",
    fallback_metric_source=None,
    fallback_metric_key=None,
    time_window="MONTHLY",
    is_active=True,
    is_public=True,
    verified_only=False,
    max_entries=100,
)


def counted(items: Iterator[tuple]) -> dict[tuple, int]:
    found: dict[tuple, int] = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return found


def test_a_threshold_alone_reads_the_live_values_and_touches_nothing(
    live: psycopg.Connection, copy: Path
) -> None:
    edit(copy / "seeds" / "challenge_tiers.csv", "hero_riser,COMMON,Common,100,", COMMON)
    # facts and time that no run has seen are not the edit's doing
    live.execute(
        "update app.etl_runs set as_of = as_of - interval '1 hour' where kind = 'FULL';"
        "delete from raw.heroes where owner_wallet < '0x8'"
    )
    before = checksums(live)
    made: list[list[str]] = []
    with watched(made):
        found = preview.make()
    assert checksums(live) == before
    assert leftovers(live) == []
    assert made
    for names in made:
        assert "challenge_progress" in names
        assert not {"cluster_metrics", "windows", "onchain_heroes"} & set(names)
    (challenge,) = found.challenges
    lost = live.execute(
        "select count(*) from analytics.challenge_progress"
        " where challenge_key = 'hero_riser' and value >= 100 and value < 120"
    ).fetchone()[0]
    assert (challenge.values_changed, challenge.tiers_lost) == (0, lost)
    assert found.totals.tiers_lost == found.totals.unlocks_lost == lost > 0
    assert found.totals.unlocks_won == 0
    assert [(move.tier_before, move.tier_after) for move in challenge.moves] == [("COMMON", "NONE")]


@contextlib.contextmanager
def watched(made: list[list[str]]) -> Iterator[None]:
    """Note what is built aside."""
    build = runs.build_in_scratch_schema

    def noting(project, aimed, names, *others) -> None:
        made.append(list(names))
        build(project, aimed, names, *others)

    runs.build_in_scratch_schema = noting
    try:
        yield
    finally:
        runs.build_in_scratch_schema = build


def test_nothing_edited_is_said(read_only: psycopg.Connection, copy: Path) -> None:
    edit(copy / "models" / "metrics" / "onchain_pvp.yml", "version: 2", "# a remark\nversion: 2")
    assert preview.make() == changes.Preview()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param(
            "sum(wins)::bigint as wins",
            "sum(winz)::bigint as wins",
            ["models/metrics/onchain_pvp.sql:46: ", 'column "winz" does not exist'],
            id="a column that is not there",
        ),
        pytest.param(
            "sum(wins)::bigint as wins",
            "sum(wins)::bigint as wins, 1 as more",
            ["models/metrics/onchain_pvp.sql: ", "a column more", "onchain_pvp.yml lacks: add it"],
            id="no contract",
        ),
        pytest.param(
            "sum(wins)::bigint as wins",
            "sum(wins) as wins",
            ["models/metrics/onchain_pvp.sql: ", "column wins is", "cast it"],
            id="a type",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            "sum(wins)::bigint as wins",
            "{{ sum(wins)::bigint as wins",
            ["models/metrics/onchain_pvp.sql:46: "],
            id="Jinja",
        ),
        pytest.param(
            "ref('pvp_matches')",
            "ref('pvp_match')",
            ["models/metrics/onchain_pvp.sql", "'pvp_match'"],
            id="a reference",
            marks=pytest.mark.ci,
        ),
    ],
)
def test_a_broken_model_is_one_paragraph_and_nothing_is_left(
    read_only: psycopg.Connection, copy: Path, old: str, new: str, words: list[str]
) -> None:
    edit(copy / "models/metrics/onchain_pvp.sql", old, new)
    with pytest.raises(HedgeError) as caught:
        preview.make()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert "compiled code" not in message


@pytest.mark.ci
def test_what_a_killed_preview_left_goes_with_the_next(
    live: psycopg.Connection, copy: Path
) -> None:
    double_the_wins(copy)
    process = Process()
    try:
        future = process.call(_preview_of, str(copy))
        wait_for(
            live,
            "select count(*) > 3 from pg_class"
            " where relnamespace::regnamespace::text like 'preview%'",
        )
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(Exception, match="terminated"):
            future.result()
    finally:
        process.stop()
    wait_for(
        live,
        "select count(*) = 1 from pg_stat_activity"
        " where datname = current_database() and application_name like 'hedge%'",
    )
    assert leftovers(live)
    # one that goes on is left alone
    live.execute("create schema preview_999999_after")
    with psycopg.connect(database.url()) as other:
        other.execute("select pg_advisory_lock(%s, 999999)", [scratch.SCRATCH_LOCK])
        preview.make()
        assert leftovers(live) == ["preview_999999_after"]
    preview.make()
    assert leftovers(live) == []


def _preview_of(folder: str) -> None:
    os.environ["HEDGE_PROJECT"] = folder
    preview.make()


@pytest.mark.ci
def test_an_interrupted_preview_leaves_nothing(live: psycopg.Connection, copy: Path) -> None:
    double_the_wins(copy)
    process = Process()
    try:
        future = process.call(_preview_of, str(copy))
        wait_for(
            live,
            "select count(*) > 3 from pg_class"
            " where relnamespace::regnamespace::text like 'preview%'",
        )
        # as ctrl-c does
        os.kill(process.pid, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            future.result()
        assert leftovers(live) == []
    finally:
        process.stop()


def test_a_metric_that_a_board_ranks_by_cannot_go(
    read_only: psycopg.Connection, copy: Path
) -> None:
    for file in ("onchain_pvp.sql", "onchain_pvp.yml"):
        path = copy / "models" / "metrics" / file
        path.write_text(path.read_text().replace("best_win_streak", "longest_win_streak"))
    for seed in ("metrics.csv", "challenges.csv", "mastery_weights.csv"):
        path = copy / "seeds" / seed
        path.write_text(path.read_text().replace("best_win_streak", "longest_win_streak"))
    with pytest.raises(HedgeError, match=r"board lb_pvp_\w+ ranks by onchain_pvp.best_win_streak"):
        preview.make()


def test_what_is_live_but_not_known_here_is_refused(
    read_only: psycopg.Connection, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy of what is deployed is in another HEDGE_HOME."""
    double_the_wins(copy)
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    with pytest.raises(HedgeError, match="deployed from elsewhere"):
        preview.make()
