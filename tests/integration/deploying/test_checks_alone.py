"""The checks of a deploy without the deploy: what they pass, and that nothing goes live."""

from pathlib import Path

import psycopg
import pytest

from hedge import deploying
from hedge.errors import HedgeError
from tests.integration.preview import checksums, leftovers, raise_a_threshold
from tests.support import edit


@pytest.mark.ci  # two builds aside
def test_what_was_passed_is_told_and_nothing_is_live(
    refusing: psycopg.Connection, project: Path
) -> None:
    raise_a_threshold(project)
    tests = project / "tests" / "dbt"
    (tests / "everybody_has_a_name.sql").write_text(
        "select * from {{ ref('clusters') }} where cluster_id = ''"
    )
    (tests / "no_board_is_odd.sql").write_text(
        "select * from {{ ref('leaderboard_entries') }} where score < 0"
    )
    edit(
        project / "models" / "metrics" / "onchain_pvp.yml",
        "  - name: a_draw_breaks_a_streak\n",
        "  - name: a_draw_ends_a_streak\n",
    )
    before = checksums(refusing)
    checked = deploying.check()
    assert checksums(refusing) == before
    assert leftovers(refusing) == []
    assert {"challenge_tiers", "challenge_progress"} <= set(checked.built)
    assert "cluster_metrics" not in checked.built
    assert checked.unit_tests == ["a_draw_ends_a_streak"]
    assert "everybody_has_a_name" in checked.data_tests
    assert "progress_is_never_negative" in checked.data_tests
    # It reads the rows of a run with the live definitions.
    assert "no_board_is_odd" in checked.left_out
    assert not set(checked.left_out) & set(checked.data_tests)


@pytest.mark.ci  # three builds aside
def test_tests_that_were_edited_alone_are_passed(
    refusing: psycopg.Connection, project: Path
) -> None:
    assert deploying.check() == deploying.Checked([], [], [], [])
    edit(
        project / "models" / "metrics" / "onchain_pvp.yml",
        "  - name: a_draw_breaks_a_streak\n",
        "  - name: a_draw_ends_a_streak\n",
    )
    nobody = project / "tests" / "dbt" / "nobody_plays.sql"
    nobody.write_text("select * from {{ ref('onchain_pvp') }}")
    before = checksums(refusing)
    with pytest.raises(HedgeError, match="the data test nobody_plays fails"):
        deploying.check()
    nobody.write_text("select * from {{ ref('onchain_pvp') }} where wins < 0")
    assert deploying.check() == deploying.Checked(
        [], ["a_draw_ends_a_streak"], ["nobody_plays"], []
    )
    assert checksums(refusing) == before
    assert leftovers(refusing) == []
