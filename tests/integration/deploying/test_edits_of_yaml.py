"""What the YAML of a model says beside its columns is part of the SQL of other views: of evidence,
of the metrics that only grow, and of the raw tables behind metrics."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, deploying, runs
from hedge.analysis import changes, described, preview, scratch
from hedge.errors import HedgeError
from hedge.runs import ParsedProject
from tests import PROJECT
from tests.support import edit

HUNTING = "models/metrics/onchain_hunting.yml"
#: Evidence of the metric wins, and of no other one.
EVIDENCE_OF_WINS = (
    "            evidence:\n              facts: hunts\n              passes_over:\n"
    "                lost: result != 'WIN'\n      - name: motherclucker_kills"
)

#: What a query of the tiers reads that were reached by hunts won.
TIERS_BY_WINS = (
    "from analytics.tier_unlocks where kind = 'TIER' and challenge_key in"
    " (select key from analytics.challenges where metric_source = 'onchain_hunting'"
    " and metric_key = 'wins')"
)


def reword(project: Path) -> None:
    """Give a reason of all evidence of hunts other words."""
    file = project / HUNTING
    file.write_text(file.read_text().replace("lost: result", "lost to the beast: result"))


def let_nothing_grow(project: Path) -> None:
    """Take out what says that metrics of hunts only grow."""
    file = project / HUNTING
    file.write_text(file.read_text().replace("            only_grows: true\n", ""))


def take_evidence_of_wins(project: Path) -> None:
    edit(project / HUNTING, EVIDENCE_OF_WINS, "      - name: motherclucker_kills")


def reasons(connection: psycopg.Connection) -> set[str]:
    """The reasons that evidence of hunts won gives to players."""
    found = connection.execute(
        "select distinct passed_over from analytics.metric_evidence where cluster_id = 'demo-busy'"
        " and metric_source = 'onchain_hunting' and metric_key = 'wins' and window_key = 'all_time'"
        " and passed_over is not null"
    )
    return {reason for (reason,) in found}


def growing(connection: psycopg.Connection) -> int:
    """How many metrics of hunts only grow."""
    return database.value(
        connection,
        "select count(*) from analytics.growing_metrics where metric_source = 'onchain_hunting'",
    )


def after_all_hunts_are_removed(
    connection: psycopg.Connection, cluster: str
) -> set[tuple[bool, bool]]:
    """Compute what has changed, remove the hunts of a cluster and compute again: of the tiers that
    it had by hunts won, whether they are revoked, and whether it is noted that the value fell."""
    runs.incremental()
    connection.execute(
        "delete from raw.hunting_encounters where wallet_address in"
        " (select address from app.wallet_links where cluster_id = %s)",
        [cluster],
    )
    runs.incremental()
    found = connection.execute(
        f"select revoked_at is not null, fell_at is not null {TIERS_BY_WINS} and cluster_id = %s",
        [cluster],
    )
    return {(is_revoked, has_fallen) for is_revoked, has_fallen in found}


def another_winner(connection: psycopg.Connection) -> str:
    """A cluster beside demo-busy that has tiers by hunts won, all of which stand."""
    winner: str = database.value(
        connection,
        f"select min(cluster_id) from (select cluster_id {TIERS_BY_WINS} group by cluster_id"
        " having count(revoked_at) + count(fell_at) = 0) as winners"
        " where cluster_id <> 'demo-busy'",
    )
    return winner


def is_described(connection: psycopg.Connection) -> bool:
    """Whether the evidence of hunts won is described."""
    return database.value(
        connection,
        "select exists(select from analytics.metrics_with_evidence"
        " where metric_source = 'onchain_hunting' and metric_key = 'wins')",
    )


@pytest.mark.ci
def test_what_evidence_says_is_previewed_and_goes_live(
    live: psycopg.Connection, project: Path
) -> None:
    assert "lost" in reasons(live)
    reword(project)
    found = preview.make()
    assert found.changed == ["metric_evidence"]
    assert found.changes_nothing
    metrics = ("clucker_miracle", "mad_boar_kills", "motherclucker_kills", "wins")
    assert found.notes == [
        f"onchain_hunting.{metric}: evidence changes in its meta" for metric in metrics
    ]
    deploying.deploy()
    told = reasons(live)
    assert "lost to the beast" in told
    assert "lost" not in told
    assert preview.make() == changes.Preview()


@pytest.mark.ci  # two deploys
def test_which_metrics_only_grow_and_have_evidence_goes_live_and_back(
    live: psycopg.Connection, project: Path
) -> None:
    before = (project / HUNTING).read_text()
    let_nothing_grow(project)
    found = preview.make()
    # of a metric that may fall it is not told which event unlocked a tier
    assert found.changed == ["growing_metrics", "metrics_with_evidence"]
    assert found.changes_nothing
    assert found.notes == [
        f"onchain_hunting.{metric}: only_grows is removed from its meta"
        for metric in (
            *("clucker_miracle", "mad_boar_kills", "motherclucker_kills"),
            *("relics_found", "wins"),
        )
    ]
    take_evidence_of_wins(project)
    deploying.deploy()
    assert growing(live) == 0
    assert not is_described(live)
    assert reasons(live) == set()
    # of such a metric nobody knows why it falls
    winner = another_winner(live)
    assert after_all_hunts_are_removed(live, winner) == {(False, True)}
    (project / HUNTING).write_text(before)
    assert preview.make().changed == [
        *("growing_metrics", "metric_evidence", "metric_tables", "metrics_with_evidence"),
    ]
    deploying.deploy()
    assert growing(live) == 5
    assert is_described(live)
    assert "lost" in reasons(live)
    assert after_all_hunts_are_removed(live, "demo-busy") == {(True, False)}


@pytest.mark.ci  # a deploy
def test_an_undo_takes_back_what_yaml_says(live: psycopg.Connection, project: Path) -> None:
    let_nothing_grow(project)
    deploying.deploy(compute=False)
    assert growing(live) == 0
    deploying.undo(runs.plan_undo())
    assert growing(live) == 5


#: A file, an edit of it, and the models that are different by it.
EDITS = [
    pytest.param(
        "models/activity/hunts.yml",
        ("          what: hunt\n", "          what: quest\n"),
        {"metric_evidence"},
        id="facts",
    ),
    pytest.param(
        "models/activity/hunts.yml",
        ("        grain: [cluster_id, window_key, chain_id, hunt_id]", "        grain: [hunt_id]"),
        set(),
        id="grain",
        marks=pytest.mark.ci,
    ),
    pytest.param(
        HUNTING,
        ("description: Void Hunts won, METIS", "description: Hunts won, METIS"),
        set(),
        id="a description",
        marks=pytest.mark.ci,
    ),
    pytest.param(
        "models/staging/_sources.yml",
        ("interaction; key (interaction_id).", "interaction; key (discord_id)."),
        {"stg_discord_interactions"},
        id="the key of a raw table",
        marks=pytest.mark.ci,
    ),
    pytest.param(
        "models/activity/hunts.sql",
        ("{{ by_cluster", "-- depends_on: {{ ref('stg_pets') }}\n{{ by_cluster"),
        {"hunts", "growing_metrics", "metric_tables"},
        id="the raw tables behind a metric",
        marks=pytest.mark.ci,
    ),
    pytest.param(
        "models/metrics/onchain_hunting.yml",
        ("config:\n      meta:\n", "config:\n      access: protected\n      meta:\n"),
        set(),
        id="access",
        marks=pytest.mark.ci,
    ),
]


@pytest.fixture(scope="module")
def old(module_database: str) -> ParsedProject:
    """The project of this checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        patch.setenv("HEDGE_PROJECT", str(PROJECT))
        return runs.edited_project()


@pytest.mark.parametrize(("file", "change", "expected"), EDITS)
def test_the_models_are_edited_whose_sql_is_different(
    refusing: psycopg.Connection,
    old: ParsedProject,
    project: Path,
    file: str,
    change: tuple[str, str],
    expected: set[str],
) -> None:
    edit(project / file, *change)
    new = runs.edited_project()
    assert {new.manifest.nodes[key].name for key in scratch.changed(old, new)} == expected


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda project: None, id="nothing"),
        pytest.param(
            lambda project: edit(project / HUNTING, "description: The window.", "description: A."),
            id="words",
        ),
    ],
)
def test_nothing_is_compiled_where_no_macro_could_read_an_edit(
    refusing: psycopg.Connection,
    old: ParsedProject,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
) -> None:
    change(project)
    monkeypatch.setattr(described.dbt, "compiled_models", None)
    assert scratch.changed(old, runs.edited_project()) == set()


def test_what_is_live_and_compiles_no_more_counts_as_other(
    refusing: psycopg.Connection,
    old: ParsedProject,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A deploy of an older version did not build what it deployed."""
    let_nothing_grow(project)
    new = runs.edited_project()
    compiled = described.dbt.compiled_models

    def compile_new(parsed: ParsedProject, names: list[str]) -> dict[str, str]:
        if parsed is old:
            raise HedgeError("it does not compile")
        return compiled(parsed, names)

    monkeypatch.setattr(described.dbt, "compiled_models", compile_new)
    found = {new.manifest.nodes[key].name for key in scratch.changed(old, new)}
    assert {"metric_evidence", "growing_metrics", "stg_pets"} <= found
    assert not {"onchain_hunting", "hunts"} & found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            ("facts: hunt_drops\n", "facts: hunt_drop\n"),
            "models/metrics/onchain_hunting.yml: the evidence of onchain_hunting.relics_found names"
            " the facts of hunt_drop, which is no model with an entry `facts` in its meta; did you"
            " mean hunt_drops?",
            id="a model that is not there",
        ),
        pytest.param(
            ("facts: hunt_drops\n", "facts: stg_hunting_drops\n"),
            "the facts of stg_hunting_drops, which is no model with an entry `facts` in its meta",
            id="a model without facts",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            ("facts: hunt_drops\n", "facts: [hunt_drops]\n"),
            "names the facts of ['hunt_drops'], which is no model with an entry `facts`",
            id="a list",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            ("one hero at 1 HP: surviving_hero_count", "one hero at 1 HP: heroes_left"),
            'models/metrics/onchain_hunting.yml:79: column "heroes_left" does not exist At: when'
            " heroes_left != 1",
            id="a column that is not there",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            ("              amount: amount\n", "              amount: amounts\n"),
            "models/metrics/onchain_hunting.yml: the evidence of onchain_hunting.relics_found"
            ' cannot be computed from hunt_drops: column "amounts" does not exist',
            id="an amount that is not there",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            ("              facts: hunt_drops\n              amount: amount\n",
             "              facts: hunt_drops\n              amount: amount / 9\n"),
            "or the evidence in models/metrics/onchain_hunting.yml does not say what counts",
            id="facts that do not add up to the metric",
            marks=pytest.mark.ci,
        ),
    ],
)  # fmt: skip
def test_evidence_that_is_wrong_is_refused(
    refusing: psycopg.Connection, project: Path, change: tuple[str, str], sentence: str
) -> None:
    edit(project / HUNTING, *change)
    with pytest.raises(HedgeError) as refusal:
        deploying.deploy()
    assert sentence in str(refusal.value)
