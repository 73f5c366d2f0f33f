"""Calibration of what is edited and not deployed; nothing live changes and nothing is left."""

import json
import sys
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from cli.main import main
from hedge.analysis import calibration, edited_values
from hedge.errors import HedgeError, UsageError
from tests.integration.preview import double_the_wins, edit

#: A challenge on a deployed metric, whose ladder is only in the edited project.
CHALLENGE = "grand_victor,pvp_competition,Grand Victor,Win.,COUNT,onchain_pvp,wins,live,9,x,y\n"
TIERS = "grand_victor,BASIC,Basic,2,1,false\ngrand_victor,ELITE,Elite,4,2,false\n"


@pytest.fixture
def with_challenge(copy: Path) -> Path:
    """The editable project with that challenge."""
    for seed, rows in (("challenges", CHALLENGE), ("challenge_tiers", TIERS)):
        with (copy / f"seeds/{seed}.csv").open("a") as file:
            file.write(rows)
    return copy


def wins(connection: psycopg.Connection) -> list[Decimal]:
    """The live wins of all clusters, rising."""
    rows = connection.execute(
        "select value from analytics.challenge_progress"
        " where challenge_key = 'arena_victor' order by value"
    )
    return [value for (value,) in rows]


@pytest.mark.ci
def test_a_challenge_that_is_not_deployed_has_the_values_of_its_metric(
    read_only: psycopg.Connection, with_challenge: Path
) -> None:
    live = wins(read_only)
    found = edited_values.calibrate(
        read_only, "grand_victor", "all", targets=[Decimal("0.5"), Decimal("0.9")]
    )
    assert found.is_edited
    assert found.ladder.challenge == "Grand Victor"
    assert found.ladder.thresholds == [2, 4]
    assert (found.spread.clusters, found.spread.largest) == (len(live), live[-1])
    assert found.spread.clusters_above_zero == sum(value > 0 for value in live) > 0
    reached = [sum(value >= threshold for value in live) for threshold in (2, 4)]
    assert [share.clusters for share in found.standing_shares] == [
        len(live) - reached[0],
        reached[0] - reached[1],
        reached[1],
    ]
    # the populations are those of the deployed challenge on the same metric
    for population in calibration.POPULATIONS:
        edited = edited_values.calibrate(
            read_only, "grand_victor", population, [Decimal("0.5"), Decimal("0.9")]
        )
        deployed = calibration.spread(read_only, "arena_victor", population)
        assert edited.spread == deployed


def test_an_edited_metric_source_is_computed(
    read_only: psycopg.Connection, with_challenge: Path
) -> None:
    double_the_wins(with_challenge)
    live = wins(read_only)
    found = edited_values.calibrate(read_only, "grand_victor", thresholds=[Decimal(2), Decimal(8)])
    assert found.spread.largest == 2 * live[-1]
    assert found.shares[2].clusters == sum(2 * value >= 8 for value in live)
    # a deployed challenge has its live values, unless those of the edit are asked for
    for edited, factor in ((False, 1), (True, 2)):
        found = edited_values.calibrate(read_only, "arena_victor", edited=edited)
        assert (found.is_edited, found.spread.largest) == (edited, factor * live[-1])


@pytest.mark.ci
def test_a_metric_needs_no_challenge(
    read_only: psycopg.Connection,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["hedge", "tiers", "calibrate", "onchain_pvp.wins"])
    with pytest.raises(SystemExit, match="0"):
        main()
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Computed from the edited project, which is not deployed."
    assert shown[1].startswith("onchain_pvp.wins in matches: ")
    assert "deployed" not in "".join(shown[1:])
    assert any(line.startswith("CHALLENGE,BASIC,Basic,") for line in shown)
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--json", "--thresholds", "1,2,3,4"])
    with pytest.raises(SystemExit, match="0"):
        main()
    found = json.loads(capsys.readouterr().out)
    assert (found["is_edited"], found["standing_shares"]) == (True, [])
    assert [tier["threshold"] for tier in found["ladder"]["rungs"]] == [1, 2, 3, 4]


def test_a_metric_that_is_true_or_false_counts_who_has_it(
    read_only: psycopg.Connection, copy: Path
) -> None:
    found = edited_values.calibrate(
        read_only, "onchain_pvp.flawless_victory", thresholds=[Decimal(n) for n in (1, 2, 3, 4)]
    )
    (having,) = read_only.execute(
        "select count(*) from analytics.metric_values where metric_key = 'flawless_victory'"
        " and window_key = 'all_time' and value = 1"
    ).fetchone()
    assert found.spread.clusters_above_zero == found.shares[1].clusters == having > 0


@pytest.mark.ci
def test_a_derived_metric_source_is_computed_from_the_edit(
    read_only: psycopg.Connection, copy: Path
) -> None:
    live = edited_values.calibrate(read_only, "meta_profile.pvp_mastery_score").spread
    edit(copy / "seeds/mastery_weights.csv", "onchain_pvp,wins,0.1", "onchain_pvp,wins,1000")
    edited = edited_values.calibrate(read_only, "meta_profile.pvp_mastery_score").spread
    assert edited.clusters == live.clusters
    assert edited.largest > 100 * live.largest > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("arena_victr", "no challenge arena_victr, deployed or in .*; did you mean arena_victor?"),
        ("onchain_pvp.winz", "no metric onchain_pvp.winz in .*; did you mean onchain_pvp.wins?"),
        ("resting", "challenge resting is retired, so no run computes values of it"),
    ],
)
def test_an_unknown_name_is_refused(
    read_only: psycopg.Connection, copy: Path, name: str, words: str
) -> None:
    with (copy / "seeds/challenges.csv").open("a") as file:
        file.write(CHALLENGE.replace("grand_victor", "resting").replace("live", "retired"))
    with (copy / "seeds/challenge_tiers.csv").open("a") as file:
        file.write(TIERS.replace("grand_victor", "resting"))
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        edited_values.calibrate(read_only, name)


@pytest.mark.ci
def test_an_edit_that_cannot_be_built_leaves_nothing(
    read_only: psycopg.Connection, with_challenge: Path
) -> None:
    edit(with_challenge / "models/metrics/onchain_pvp.sql", "sum(wins)", "sum(winz)")
    with pytest.raises(HedgeError, match=r"onchain_pvp\.sql:\d+: .*winz"):
        edited_values.calibrate(read_only, "grand_victor")
