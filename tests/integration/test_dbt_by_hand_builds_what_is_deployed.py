"""Plain dbt in the live schema: it builds marts and views that are as they were deployed, and
refuses the others before anything is built."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge import deploying, runs
from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT
from tests.support import DATA_TESTS, copy_project, dbt, edit

HASH = files.definitions_hash(PROJECT)
MARTS = "config.materialized:incremental"
ALL_THE_SAME = ("--vars", "allow_undeployed: true")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    return copy_project(tmp_path / "copy", DATA_TESTS)


@pytest.fixture
def live(deployed: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The database of this module, which keeps its views and its ledger."""
    before = state(deployed)
    yield deployed
    assert state(deployed) == before
    deployed.execute("delete from app.etl_runs where kind <> 'DEPLOY' or definitions is null")


def state(connection: psycopg.Connection) -> list[tuple]:
    """Every view and function with its text, and every seed with its size."""
    return connection.execute(
        """
        select relname, pg_get_viewdef(oid) from pg_class
        where relnamespace = 'analytics'::regnamespace and relkind = 'v'
        union all
        select 'challenge_tiers', count(*)::text from analytics.challenge_tiers
        union all
        select 'contents', contents::text from app.deployed_projects
        order by 1
        """
    ).fetchall()


def newest(connection: psycopg.Connection) -> tuple[str, str, bool]:
    """The kind of the newest run, its state, and whether it used the deployed definitions."""
    return connection.execute(
        "select kind, state, definitions is not distinct from %s"
        " from app.etl_runs order by run_id desc limit 1",
        [HASH],
    ).fetchone()


def refusal(project: Path, *arguments: str) -> str:
    """The sentence with which dbt refuses."""
    result = dbt(*arguments, project=project)
    assert not result.success
    # dbt names the file with the hook that refuses
    return paragraph(result, project).removeprefix("dbt_project.yml: ")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["run", "--select", MARTS, "--exclude", "leaderboard_entries"], "PARTIAL"),
        (["run", "--select", "onchain_pvp"], "DEPLOY"),
        (["seed", "--select", "challenges"], "DEPLOY"),
    ],
)
def test_what_is_as_it_was_deployed_is_built_and_known(
    live: psycopg.Connection, project: Path, arguments: list[str], kind: str
) -> None:
    # another folder with the same content
    result = dbt(*arguments, project=project)
    assert result.success, paragraph(result, project)
    assert newest(live) == (kind, "SUCCESS", True)
    assert runs.deployed_definitions(live) == HASH


PVP = "models/metrics/onchain_pvp.sql"
WINS = ("sum(wins)::bigint as wins", "2 * sum(wins)::bigint as wins")


def test_everything_that_differs_is_named_at_once(live: psycopg.Connection, project: Path) -> None:
    edit(project / PVP, *WINS)
    edit(project / "seeds" / "challenge_tiers.csv", "hero_riser,COMMON,", "hero_riser,NEW,")
    edit(project / "macros" / "utc_day.sql", "{% macro utc_day(", "{% macro  utc_day(")
    (project / "models" / "staging" / "probe.sql").write_text("select 1 as one")
    runs_before = runs.ledger(live, 1)
    sentence = refusal(project, "build")
    assert sentence.split(": ")[1].partition(". ")[0].split(", ") == [
        "macro utc_day (macros/utc_day.sql)",
        "model onchain_pvp (models/metrics/onchain_pvp.sql)",
        "model probe (models/staging/probe.sql)",
        "seed challenge_tiers (seeds/challenge_tiers.csv)",
    ]
    assert runs.ledger(live, 1) == runs_before


#: A file, an edit of it, what dbt is asked for, and what its refusal names.
EDITS = [
    (PVP, WINS, "run -s onchain_pvp", f"model onchain_pvp ({PVP})"),
    (PVP, WINS, "build", f"model onchain_pvp ({PVP})"),
    (
        "seeds/challenge_tiers.csv",
        ("hero_riser,COMMON,Common,100,", "hero_riser,COMMON,Common,120,"),
        "seed",
        "seed challenge_tiers (seeds/challenge_tiers.csv)",
    ),
    (
        # the model calls a macro that calls this one
        "macros/utc_day.sql",
        ("{% macro utc_day(instant, just_before=false) -%}\n", "\\g<0>  "),
        "run -s jewel_holdings",
        "macro utc_day (macros/utc_day.sql)",
    ),
    (
        # nothing but the strategy of a mart calls it
        "macros/materializations/first_wins.sql",
        ("where existing.unlocked_at > excluded.unlocked_at", "where true"),
        "run -s tier_unlocks",
        "macro first_wins_write (macros/materializations/first_wins.sql)",
    ),
    (
        "models/metrics/onchain_pvp.yml",
        ("data_type: boolean", "data_type: text"),
        "run -s onchain_pvp",
        "model onchain_pvp (models/metrics/onchain_pvp.sql)",
    ),
    (
        # this mart is made from what the YAML of all metric sources says
        "models/metrics/onchain_pvp.yml",
        ("data_type: boolean", "data_type: text"),
        "run -s growing_metrics",
        "model onchain_pvp (models/metrics/onchain_pvp.sql)",
    ),
    (
        # evidence is made from what the YAML of activity models says
        "models/activity/hunts.yml",
        ("          what: hunt\n", "          what: quest\n"),
        "run -s metric_evidence",
        "model hunts (models/activity/hunts.sql)",
    ),
    (
        # the raw tables behind a metric are those of the models that it reads
        "models/activity/hunts.sql",
        ("{{ by_cluster", "-- depends_on: {{ ref('stg_pets') }}\n{{ by_cluster"),
        "run -s growing_metrics",
        "model hunts (models/activity/hunts.sql)",
    ),
    (
        # the key of a raw table is in its description
        "models/staging/_sources.yml",
        ("interaction; key (interaction_id).", "interaction; key (discord_id)."),
        "run -s stg_discord_interactions",
        "source discord_interactions (models/staging/_sources.yml)",
    ),
    (
        "models/staging/_sources.yml",
        ("event_time: matched_at", "event_time: loaded_at"),
        "run -s stg_pvp_matches",
        "source pvp_matches (models/staging/_sources.yml)",
    ),
    (
        "dbt_project.yml",
        ("    - onchain_pvp\n", ""),
        "run -s stg_pvp_matches",
        "the lists of metric sources (dbt_project.yml)",
    ),
    (
        "dbt_project.yml",
        ("+on_schema_change: append_new_columns", "+on_schema_change: fail"),
        "run -s tier_unlocks",
        "model tier_unlocks (models/progress/tier_unlocks.sql)",
    ),
]


# each of these parses a project of its own: of three, one in CI and the others by hand
@pytest.mark.parametrize(
    ("file", "change", "arguments", "named"),
    [
        pytest.param(*edited, marks=pytest.mark.full if place % 3 else pytest.mark.ci)
        for place, edited in enumerate(EDITS)
    ],
)
def test_what_differs_is_refused_by_name_before_anything_is_built(
    live: psycopg.Connection,
    project: Path,
    file: str,
    change: tuple[str, str],
    arguments: str,
    named: str,
) -> None:
    old, new = change
    edit(project / file, old, new.replace("\\g<0>", old))
    runs_before = runs.ledger(live, 1)
    assert refusal(project, *arguments.split()) == (
        f"nothing was built, because it differs from the deployed definitions ({HASH[:12]}): "
        f"{named}. hedge preview shows what an edit changes, and hedge etl deploy deploys it; "
        "--vars 'allow_undeployed: true' builds it all the same, and no run of hedge begins until "
        "the next deploy"
    )
    assert runs.ledger(live, 1) == runs_before


@pytest.mark.ci
def test_an_edit_that_is_not_selected_is_no_obstacle(
    live: psycopg.Connection, project: Path
) -> None:
    edit(project / PVP, *WINS)
    (project / "models" / "metrics" / "onchain_pvp.sql").touch()
    edit(
        project / "macros" / "days_from_to.sql", "{% macro days_from_to(", "{% macro  days_from_to("
    )
    result = dbt("run", "--select", "onchain_gold", "stg_pvp_matches", project=project)
    assert result.success, paragraph(result, project)
    assert newest(live) == ("DEPLOY", "SUCCESS", True)


@pytest.mark.full
def test_what_somebody_builds_all_the_same_holds_up_runs_until_the_next_deploy(
    connection: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(project / PVP, *WINS)
    # with the variable, and nothing that differs, the definitions are known
    assert dbt("run", "-s", "onchain_pvp", *ALL_THE_SAME).success
    assert runs.deployed_definitions(connection) == HASH
    assert dbt("run", "-s", "onchain_pvp", *ALL_THE_SAME, project=project).success
    assert newest(connection) == ("DEPLOY", "SUCCESS", False)
    assert runs.deployed_definitions(connection) is None
    with pytest.raises(HedgeError, match="nobody knows which are live"):
        runs.full()
    # neither does dbt, whatever is to be built
    assert "it is not known what is deployed" in refusal(PROJECT, "run", "-s", "onchain_pvp")
    assert dbt("run", "-s", "onchain_pvp", *ALL_THE_SAME).success
    assert runs.deployed_definitions(connection) is None
    # an undo goes back to what was deployed
    plan = runs.plan_undo()
    assert (plan.restored.definitions, plan.undone_names) == (HASH, ["unknown"])
    deploying.undo(plan)
    assert runs.deployed_definitions(connection) == HASH
    assert dbt("run", "-s", "onchain_pvp").success


@pytest.mark.full
def test_where_nothing_was_deployed_dbt_builds_everything(
    connection: psycopg.Connection, project: Path
) -> None:
    connection.execute("delete from app.etl_runs; delete from app.deployed_projects")
    edit(project / PVP, "where is_ranked", "where is_ranked and true")
    for _ in range(2):
        result = dbt("build", project=project)
        assert result.success, paragraph(result, project)
        assert newest(connection) == ("FULL", "SUCCESS", False)


def test_a_deploy_of_an_older_version_has_to_be_made_again(live: psycopg.Connection) -> None:
    contents = live.execute("select contents from app.deployed_projects").fetchone()
    live.execute("update app.deployed_projects set contents = null")
    try:
        assert "an older version of Hedge deployed" in refusal(PROJECT, "run", "-s", "onchain_pvp")
    finally:
        live.execute("update app.deployed_projects set contents = %s", [Jsonb(contents[0])])
