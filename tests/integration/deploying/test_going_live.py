"""A deploy goes live at once: readers see no error, and what fails leaves nothing behind."""

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, deploying, runs
from hedge.deploying import going_live, steps
from hedge.errors import HedgeError
from hedge.runs import dbt
from tests.integration.preview import checksums, leftovers
from tests.support import edit

#: What the API reads: seeds, marts, and views that explanations read.
READS = (
    "select key, name from analytics.challenges order by key",
    "select count(*) from analytics.challenge_progress as progress"
    " inner join analytics.challenges on progress.challenge_key = challenges.key",
    "select count(*) from analytics.metric_evidence where cluster_id = 'demo-busy'"
    " and window_key = 'all_time' and metric_source = 'onchain_pvp' and metric_key = 'wins'",
    "select window_key from analytics.windows",
    "select max(wins) from analytics.onchain_pvp where cluster_id = any('{demo-busy}')",
)


#: What a deploy records of the content of its models, seeds and macros.
RECORDED = "select contents from app.deployed_projects"


class Reader(threading.Thread):
    """Reads in a loop until it is told to stop; keeps the errors and the longest time."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped, self.errors, self.longest, self.reads = False, [], 0.0, 0

    def run(self) -> None:
        with database.connect() as connection:
            for statement in itertools.cycle(READS):
                if self.stopped:
                    return
                began = time.monotonic()
                try:
                    connection.execute(statement).fetchall()
                except psycopg.Error as error:
                    self.errors.append(f"{statement}: {error}")
                self.longest = max(self.longest, time.monotonic() - began)
                self.reads += 1


def add_a_column(project: Path) -> None:
    """Give the seed challenges a column, and a view that lists its columns another one."""
    challenges = project / "seeds" / "challenges.csv"
    header, *rows = challenges.read_text().splitlines()
    challenges.write_text("\n".join([f"{header},hint", *(f"{row},none" for row in rows)]) + "\n")
    edit(
        project / "seeds" / "_seeds.yml",
        "        tags: text\n",
        "        tags: text\n        hint: text\n",
    )


def columns(connection: psycopg.Connection, table: str) -> list[str]:
    found = connection.execute(f"select * from analytics.{table} limit 0").description
    return [column.name for column in found]


@pytest.mark.ci  # 8 seconds: a deploy of most views
def test_readers_see_no_error_while_the_columns_of_a_seed_change(
    live: psycopg.Connection, project: Path
) -> None:
    by_definitions = "select definitions, contents from app.deployed_projects"
    ((first, before),) = live.execute(by_definitions).fetchall()
    add_a_column(project)
    readers = [Reader() for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        run = deploying.deploy()
    finally:
        for reader in readers:
            reader.stopped = True
        for reader in readers:
            reader.join()
    assert [error for reader in readers for error in reader.errors] == []
    assert all(reader.reads > len(READS) for reader in readers)
    assert columns(live, "challenges")[-1] == "hint"
    # what was deployed before is kept as it was
    recorded = dict(live.execute(by_definitions).fetchall())
    assert recorded.pop(first) == before
    (after,) = recorded.values()
    assert {name for name in after if after[name] != before.get(name)} >= {"seed.hedge.challenges"}
    assert (run.kind, run.state, run.note) == ("DEPLOY", "SUCCESS", None)
    assert leftovers(live) == []
    # every view is there, and works
    for statement in READS:
        live.execute(statement).fetchall()
    runs.cluster(["demo-busy"])


def without_change(statement: str) -> Callable[[Path], None]:
    """Write onchain_pvp otherwise, with the same values."""
    return lambda project: edit(
        project / "models" / "metrics" / "onchain_pvp.sql", "max(wins) as", statement
    )


rewritten = without_change("greatest(max(wins), 0) as")


@pytest.mark.ci  # two deploys
def test_a_view_of_somebody_else_stays_and_keeps_its_columns_from_being_dropped(
    live: psycopg.Connection, project: Path
) -> None:
    live.execute("create view public.of_somebody as select wins from analytics.onchain_pvp")
    before = live.execute("select 'analytics.onchain_pvp'::regclass::oid").fetchone()
    rewritten(project)
    deploying.deploy()
    assert live.execute("select 'analytics.onchain_pvp'::regclass::oid").fetchone() == before
    assert (
        "GREATEST"
        in live.execute("select pg_get_viewdef('analytics.onchain_pvp'::regclass)").fetchone()[0]
    )
    assert live.execute("select count(*) from public.of_somebody").fetchone()[0] > 0
    # another type
    edit(project / "models/metrics/onchain_pvp.sql", "sum(wins)::bigint", "sum(wins)::numeric")
    edit(
        project / "models/metrics/onchain_pvp.yml",
        "- name: wins\n        data_type: bigint",
        "- name: wins\n        data_type: numeric",
    )
    with pytest.raises(HedgeError, match=r"columns of onchain_pvp change, and public\.of_somebody"):
        deploying.deploy(compute=False)
    live.execute("drop view public.of_somebody")
    # environments hold up nobody: the next build creates their views again
    live.execute("select app.use_environment('dev_ada', 'ada')")
    live.execute(
        "create view dev_ada.standings as select wins from analytics.onchain_pvp;"
        "create view dev_ada.more as select wins from dev_ada.standings;"
        "create view dev_ada.windows as select * from analytics.windows"
    )
    run = deploying.deploy(compute=False)
    assert run.note == "not computed before it went live (--no-compute)"
    views = "select relname from pg_class where relnamespace = 'dev_ada'::regnamespace"
    assert live.execute(views).fetchall() == [("windows",)]
    assert live.execute(
        "select pg_typeof(wins)::text from analytics.onchain_pvp limit 1"
    ).fetchone() == ("numeric",)


@pytest.mark.ci  # a deploy
def test_a_reader_that_does_not_end_is_named_and_nothing_is_live(
    live: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten(project)
    monkeypatch.setenv("HEDGE_DEPLOY_WAIT", "1")
    told: list[str] = []
    with database.connect() as reading, reading.transaction():
        reading.execute("select count(*) from analytics.onchain_pvp")
        before = checksums(live)
        with pytest.raises(
            HedgeError, match=rf"still waits for the session {reading.info.backend_pid}"
        ):
            deploying.deploy(lambda name, done, total: told.append(name), compute=False)
        after = checksums(live)
    for written in ("app.etl_runs", "app.deployed_projects"):
        # a stored project that is not live does nothing
        before.pop(written), after.pop(written)
    assert after == before
    assert any(name.startswith("waiting for the session") for name in told)
    assert leftovers(live) == []
    deploying.deploy(compute=False)


@pytest.mark.ci  # a deploy
def test_what_fails_while_it_goes_live_leaves_nothing_behind(
    live: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_a_column(project)
    monkeypatch.setattr(steps.dbt, "compiled_text", lambda *_: "select 1 / 0")
    before = checksums(live)
    with pytest.raises(HedgeError, match="nothing has changed, the deploy cannot go live: div"):
        deploying.deploy(compute=False)
    after = checksums(live)
    for written in ("app.etl_runs", "app.deployed_projects"):
        # a stored project that is not live does nothing
        before.pop(written), after.pop(written)
    assert after == before
    newest = runs.ledger(live)[0]
    assert (newest.kind, newest.state) == ("DEPLOY", "FAILED")


def test_what_is_live_already_is_deployed_without_dbt(
    live: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploying.deploy()
    ((before,),) = live.execute(RECORDED).fetchall()
    live.execute("update app.deployed_projects set contents = '{}'")

    def is_called(*_: object, **__: object) -> None:
        raise AssertionError("dbt was called")

    monkeypatch.setattr(dbt, "invoke", is_called)
    assert deploying.deploy().state == "SUCCESS"
    ((after,),) = live.execute(RECORDED).fetchall()
    assert after == before
    assert len(after) > 100


def test_one_deploy_prepares_at_a_time(live: psycopg.Connection, project: Path) -> None:
    live.execute("select pg_advisory_lock(%s::bigint)", [steps.ONE_DEPLOY])
    with pytest.raises(HedgeError, match="another deploy is going on"):
        deploying.deploy()


@pytest.mark.ci  # a deploy
def test_a_mart_gains_what_it_lacks(live: psycopg.Connection, project: Path) -> None:
    count = "select count(*) from analytics.challenge_progress"
    before = live.execute(count).fetchone()
    live.execute("alter table analytics.challenge_progress drop column rolling_tier cascade")
    live.execute("drop table analytics.season_progress cascade")
    deploying.deploy(compute=False)
    assert "rolling_tier" in columns(live, "challenge_progress")
    assert live.execute(count).fetchone() == before
    assert "points" in columns(live, "season_progress")
    runs.full()


@pytest.mark.parametrize(
    ("definition", "wanted"),
    [
        (
            "select preview_7_after.a.b from preview_7_after.a",
            "select analytics.a.b from analytics.a",
        ),
        ('from "preview_7_after"."a"', 'from analytics."a"'),
        ("from xpreview_7_after.a, preview_7_afterx.a", None),
        ("select 'preview_7_after'", None),
    ],
)
def test_a_definition_reads_what_is_live(definition: str, wanted: str | None) -> None:
    assert going_live.live("preview_7_after", definition) == (wanted or definition)
