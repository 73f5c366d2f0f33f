"""A preview tells what a deploy and a full run would change, and changes nothing itself."""

import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from cli.main import main
from hedge import boards, database, runs, world
from hedge.analysis import changes, preview, scratch
from hedge.errors import HedgeError, UsageError
from hedge.project import seed_checks
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
def live(demo_world: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """The demo world, deployed from this project and not from that of another test."""
    with monkeypatch.context() as patched:
        patched.setenv("HEDGE_PROJECT", str(PROJECT))
        runs.deploy()
    return demo_world


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


def test_nothing_edited_is_said(live: psycopg.Connection, copy: Path) -> None:
    edit(copy / "models" / "metrics" / "onchain_pvp.yml", "version: 2", "# a remark\nversion: 2")
    assert preview.make() == changes.Preview()


def test_a_macro_and_a_variable_are_edits_of_what_reads_them(
    live: psycopg.Connection, copy: Path
) -> None:
    deployed = runs.deployed_project(live)

    def changed() -> set[str]:
        return {key.split(".")[-1] for key in scratch.changed(deployed, runs.edited_project())}

    edit(copy / "macros" / "utc_day.sql", "macro utc_day", "macro  utc_day")
    readers = {
        path.stem for path in PROJECT.glob("models/*/*.sql") if "utc_day(" in path.read_text()
    }
    assert changed() >= readers != set()
    assert "onchain_gold" not in changed() - readers
    shutil.copyfile(PROJECT / "macros" / "utc_day.sql", copy / "macros" / "utc_day.sql")
    assert changed() == set()
    edit(copy / "dbt_project.yml", "    - seasonal_events\n", "")
    assert changed() == {
        *("challenge_ladders", "cluster_metrics", "leaderboard_entries"),
        *("metric_evidence", "metrics_with_evidence"),
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "models/metrics/onchain_pvp.sql",
            "sum(wins)::bigint as wins",
            "sum(winz)::bigint as wins",
            ["models/metrics/onchain_pvp.sql:46: ", 'column "winz" does not exist'],
        ),
        (
            "models/metrics/onchain_pvp.sql",
            "sum(wins)::bigint as wins",
            "sum(wins)::bigint as wins, 1 as more",
            ["models/metrics/onchain_pvp.sql: ", "a column more", "onchain_pvp.yml lacks: add it"],
        ),
        (
            "models/metrics/onchain_pvp.sql",
            "sum(wins)::bigint as wins",
            "sum(wins) as wins",
            ["models/metrics/onchain_pvp.sql: ", "column wins is", "cast it"],
        ),
        (
            "models/metrics/onchain_pvp.sql",
            "sum(wins)::bigint as wins",
            "{{ sum(wins)::bigint as wins",
            ["models/metrics/onchain_pvp.sql:46: "],
        ),
        (
            "models/metrics/onchain_pvp.sql",
            "ref('pvp_matches')",
            "ref('pvp_match')",
            ["models/metrics/onchain_pvp.sql", "'pvp_match'"],
        ),
    ],
    ids=["a column that is not there", "no contract", "a type", "Jinja", "a reference"],
)
def test_a_broken_model_is_one_paragraph_and_nothing_is_left(
    live: psycopg.Connection, copy: Path, file: str, old: str, new: str, words: list[str]
) -> None:
    edit(copy / file, old, new)
    before = checksums(live)
    with pytest.raises(HedgeError) as caught:
        preview.make()
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert "compiled code" not in message
    assert leftovers(live) == []
    assert checksums(live) == before


SEEDS = [
    (
        "challenges.csv",
        "onchain_pvp,wins,",
        "onchain_pvp,winz,",
        ["seeds/challenges.csv:", "onchain_pvp.winz", "seeds/metrics.csv"],
    ),
    (
        "metrics.csv",
        "onchain_pvp,wins,",
        "onchain_pvp,winz,",
        ["seeds/metrics.csv:", "models/metrics/onchain_pvp.yml has no column winz"],
    ),
    (
        "metrics.csv",
        "onchain_pvp,wins,",
        "onchain_chess,wins,",
        ["seeds/metrics.csv:", "no metric source onchain_chess"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common,300,",
        ["seeds/challenge_tiers.csv:3: ", "threshold 300 of hero_riser UNCOMMON", "(line 2)"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common,many,",
        ["seeds/challenge_tiers.csv:2: ", "'many'"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,1,",
        "hero_riser,COMMON,Common,100,2,",
        ["seeds/challenge_tiers.csv:3: ", "sort_order 2"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_rizer,COMMON,Common,100,",
        ["seeds/challenge_tiers.csv:2: ", "hero_rizer"],
    ),
    (
        "challenge_tiers.csv",
        "hero_riser,COMMON,Common,100,",
        "hero_riser,COMMON,Common, first,100,",
        ["seeds/challenge_tiers.csv:2: ", "in quotes"],
    ),
    (
        "challenges.csv",
        "hero_riser,hero_progression,",
        "hero_riser,hero_regression,",
        ["seeds/challenges.csv:2: ", "no category hero_regression"],
    ),
    (
        "challenges.csv",
        "hero_riser,hero_progression,",
        "hero_faller,hero_progression,",
        ["seeds/challenges.csv:2: ", "challenge hero_faller has no tier", "challenge_tiers.csv"],
    ),
    (
        "mastery_weights.csv",
        "onchain_summoning,mythmaker_count,",
        "onchain_summoning,mythbreaker_count,",
        ["seeds/mastery_weights.csv:", "onchain_summoning.mythbreaker_count"],
    ),
]


@pytest.mark.parametrize(
    ("seed", "old", "new", "words"), SEEDS, ids=lambda value: value if "," in value else None
)
def test_a_broken_seed_is_named_with_its_line_before_anything_is_built(
    copy: Path, seed: str, old: str, new: str, words: list[str]
) -> None:
    file = copy / "seeds" / seed
    file.write_text(file.read_text().replace(old, new, 1))
    for command in (preview.make, runs.deploy, lambda: seed_checks.require_sound(copy)):
        with pytest.raises(HedgeError) as caught:
            command()
        assert all(word in str(caught.value) for word in words), caught.value


def test_the_seeds_as_they_are_have_no_fault() -> None:
    assert seed_checks.faults(PROJECT) == []


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


@pytest.fixture
def hedge(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command as a person does; returns exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hedge", *arguments])
        status = 0
        try:
            main()
        except SystemExit as exit:
            status = exit.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_command(live: psycopg.Connection, copy: Path, tmp_path: Path, hedge) -> None:
    assert hedge("preview", "--fail-if", "clusters_changed > 0") == (
        0,
        "Nothing is edited: the project equals the deployed project.\n",
        "",
    )
    edit(copy / "seeds" / "challenge_tiers.csv", "hero_riser,COMMON,Common,100,", COMMON)
    edit(
        copy / "seeds" / "challenges.csv",
        "hero_riser,hero_progression,Hero Riser,",
        "hero_riser,hero_progression,<script>alert(1)</script>,",
    )
    page = tmp_path / "preview.html"
    status, out, err = hedge("preview", "--fail-if", "unlocks_lost > 0", "--html", str(page))
    assert status == 1
    assert "unlocks_lost > 0" in err
    assert "Common" in out
    html = page.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "http" not in html
    status, out, _ = hedge(
        "preview", "--fail-if", "unlocks_won > 0", "--fail-if", "tiers_lost < 1", "--json"
    )
    found = json.loads(out)
    assert status == 0
    assert found["totals"]["unlocks_lost"] > 0
    assert found["challenges"][0]["challenge_key"] == "hero_riser"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unlocks_lots > 0", "no total unlocks_lots"),
        ("unlocks_lost >> 0", "'unlocks_lost >> 0' is not NAME OP NUMBER"),
        ("unlocks_lost > many", "'unlocks_lost > many'"),
        ("__class__ > 0", "no total __class__"),
        ("", "''"),
    ],
)
def test_a_bad_condition_is_one_sentence_that_names_it(hedge, text: str, words: str) -> None:
    status, _, err = hedge("preview", "--fail-if", text)
    assert status == 2
    assert words in err
    assert err.count("\n") == 1


def test_conditions_compare_totals() -> None:
    totals = changes.Totals(unlocks_lost=3, points_won=Decimal("1.5"))
    for text, truth in {
        "unlocks_lost > 3": False,
        "unlocks_lost>=3": True,
        "unlocks_lost = 3": True,
        "unlocks_lost != 3": False,
        "points_won < 1.6": True,
        "points_won <= -1": False,
    }.items():
        assert changes.condition(text)(totals) is truth
    with pytest.raises(UsageError):
        changes.condition("points_won < 1; drop")


def test_a_metric_that_a_board_ranks_by_cannot_go(live: psycopg.Connection, copy: Path) -> None:
    for file in ("onchain_pvp.sql", "onchain_pvp.yml"):
        path = copy / "models" / "metrics" / file
        path.write_text(path.read_text().replace("best_win_streak", "longest_win_streak"))
    for seed in ("metrics.csv", "challenges.csv", "mastery_weights.csv"):
        path = copy / "seeds" / seed
        path.write_text(path.read_text().replace("best_win_streak", "longest_win_streak"))
    with pytest.raises(HedgeError, match=r"board lb_pvp_\w+ ranks by onchain_pvp.best_win_streak"):
        preview.make()


def test_what_is_live_but_not_known_here_is_refused(live: psycopg.Connection, copy: Path) -> None:
    live.execute("update app.etl_runs set definitions = 'elsewhere' where kind = 'DEPLOY'")
    with pytest.raises(HedgeError, match="deployed from elsewhere"):
        preview.make()
