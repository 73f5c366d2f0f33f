"""A preview changes nothing, leaves nothing, and says in a sentence what it cannot do."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database, runs
from hedge.analysis import changes, preview, scratch
from hedge.errors import HedgeError
from tests.integration.preview import checksums, double_the_wins, leftovers, raise_a_threshold
from tests.support import Process, edit, wait_for


def test_a_threshold_alone_reads_the_live_values_and_touches_nothing(
    live: psycopg.Connection, copy: Path
) -> None:
    raise_a_threshold(copy)
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
    assert found.totals.tiers_lost == found.totals.unlocks_not_reached == lost > 0
    assert (found.totals.unlocks_won, found.totals.unlocks_withheld) == (0, 0)
    assert challenge.clusters_moved == lost
    assert [(move.tier_before, move.tier_after) for move in challenge.moves] == [("COMMON", "NONE")]


def test_a_seed_that_is_named_like_a_folder_selects_no_model_of_the_folder(
    read_only: psycopg.Connection, copy: Path
) -> None:
    """None of models/metrics is built in the live schema, over relations of the preview."""
    assert (copy / "models" / "metrics").is_dir()
    edit(copy / "seeds" / "metrics.csv", "Number of Void Hunts won", "Void Hunts won")
    found = preview.make()
    assert found.changed == ["metrics"]


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
            marks=pytest.mark.ci,
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


@pytest.mark.ci
def test_what_is_live_is_known_in_any_home(
    read_only: psycopg.Connection, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_a_threshold(copy)
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    assert preview.make().totals.tiers_lost > 0
