"""Edits that are no mistakes: what is moved, mended or described otherwise."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, deploying, runs
from hedge.analysis import preview
from hedge.deploying import aside as building
from hedge.deploying import checks
from hedge.deploying.aside import Aside
from hedge.errors import HedgeError
from hedge.runs import kinds
from tests.support import edit


def moved(project: Path, name: str, *folders: str) -> None:
    """Move a model with its YAML from one folder of models to another."""
    old, new = (project / "models" / folder for folder in folders)
    new.mkdir(exist_ok=True, parents=True)
    for suffix in (".sql", ".yml"):
        (old / f"{name}{suffix}").rename(new / f"{name}{suffix}")


@pytest.mark.ci  # a deploy and two previews
def test_a_model_can_move_to_another_folder(live: psycopg.Connection, project: Path) -> None:
    moved(project, "onchain_pvp", "metrics", "metrics/arena")
    moved(project, "pvp_matches", "activity", "activity/arena")
    assert preview.make().changes_nothing
    deploying.deploy()
    assert preview.make().changes_nothing
    runs.cluster(["demo-busy"])


@pytest.mark.ci  # a build aside
def test_a_metric_source_stays_in_its_folder(refusing: psycopg.Connection, project: Path) -> None:
    moved(project, "meta_profile", "metrics", "progress")
    (project / "seeds" / "metrics.csv").write_text(
        "".join(
            line
            for line in (project / "seeds" / "metrics.csv").read_text().splitlines(keepends=True)
            if not line.startswith("meta_profile")
        )
    )
    challenges = project / "seeds" / "challenges.csv"
    uses = {
        line.split(",")[0] for line in challenges.read_text().splitlines() if "meta_prof" in line
    }
    for seed in ("challenges.csv", "challenge_tiers.csv"):
        file = project / "seeds" / seed
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if line.split(",")[0] not in uses))
    for attempt in (deploying.deploy, preview.make):
        with pytest.raises(
            HedgeError,
            match=r"models/progress/meta_profile\.sql: meta_profile is a metric source, and "
            "models/metrics is the folder that gives it its contract",
        ):
            attempt()


@pytest.mark.ci  # a deploy and a preview
def test_the_live_side_is_blamed_where_a_raw_column_was_renamed(
    live: psycopg.Connection, project: Path
) -> None:
    live.execute("alter table raw.pvp_matches rename column outcome to result_of_match")
    staging = project / "models" / "staging" / "stg_pvp_matches.sql"
    edit(staging, "    outcome,\n", "    result_of_match as outcome,\n")
    with pytest.raises(HedgeError) as refusal:
        preview.make()
    assert str(refusal.value).startswith(
        "there is nothing to compare with: the version that is live cannot be built any more "
        "(models/staging/stg_pvp_matches.sql"
    )
    assert str(refusal.value).endswith("hedge etl deploy puts it live")
    deploying.deploy()
    assert preview.make().changed == []


@pytest.mark.ci  # a preview of every kind of word
def test_words_that_change_are_told(refusing: psycopg.Connection, project: Path) -> None:
    edit(
        project / "seeds" / "metrics.csv",
        "onchain_hunting,wins,counter,in the window,hunts,",
        "onchain_hunting,wins,counter,in the window,gold,",
    )
    edit(
        project / "seeds" / "challenges.csv",
        ",Hero Riser,Raise the levels",
        ",Hero Raiser,Raise all levels",
    )
    edit(
        project / "seeds" / "challenge_tiers.csv",
        "hero_riser,COMMON,Common,",
        "hero_riser,COMMON,Ordinary,",
    )
    file = project / "models" / "activity" / "pvp_matches.yml"
    edit(file, "        description: The realm of the match.\n", "")
    edit(file, "description: The match.", "description: The match itself.")
    found = preview.make()
    assert found.notes == [
        "hero_riser: the name Hero Riser becomes Hero Raiser",
        "hero_riser: the description becomes: Raise all levels of the heroes you own; every level"
        " of every hero adds up.",
        "hero_riser.COMMON: the name Common becomes Ordinary",
        "onchain_hunting.wins: the unit hunts becomes gold, and the values stay as they are",
        "pvp_matches.match_id: the description changes",
        "pvp_matches.realm: the description is removed",
    ]


@pytest.mark.ci  # several worlds
@pytest.mark.parametrize("number", range(3))
def test_the_checks_find_nothing_in_the_sources_of_the_project(
    demo_world_template: str, own_database: Callable[[str], str], number: int
) -> None:
    """In the demo world, and in those with other facts and links."""
    own_database(demo_world_template)
    with database.connect() as connection:
        if number:
            connection.execute(
                "update app.wallet_links set unlinked_at = now() where unlinked_at is null"
                " and abs(hashtext(address)) %% 3 = %s",
                [number],
            )
        new = runs.edited_project()
        aside = Aside(
            connection=connection,
            schema="analytics",
            as_of=building.newest_as_of(connection),
            old=None,
            new=new,
            changed=set(),
            built={key for key in new.manifest.nodes if key.startswith(("model.", "seed."))},
        )
        assert checks.check_sources(aside, None) == []


def test_a_new_seed_is_no_change_of_the_columns_of_others(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    """Where columns change, every seed is created anew, and runs wait for the deploy."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "new_seed.csv").write_text("key,name\n")
    (seeds / "categories.csv").write_text("key,name,tier_system,sort_order\n")
    assert not kinds._seed_columns_changed(connection, tmp_path)
    (seeds / "categories.csv").write_text("key,name,tier_system,sort_order,icon\n")
    assert kinds._seed_columns_changed(connection, tmp_path)
