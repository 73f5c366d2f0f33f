"""Calibration: percentiles, shares, histograms and suggestions equal what is counted by hand."""

import json
import sys
from collections.abc import Mapping
from decimal import Decimal

import psycopg
import pytest

from cli.main import main
from hedge import runs
from hedge.analysis import calibration
from hedge.errors import HedgeError
from hedge.queries import query
from tests import Hedge
from tests.support import AS_OF, BUSY, DAY, RIVAL, STRANGER, add_cluster, hero, put, pvp_match

#: Arena wins of ten clusters. The thresholds of the ladder are 3, 15, 50 and 150.
WINS = (0, 0, 0, 0, 1, 3, 8, 20, 47, 100)


def put_values(connection: psycopg.Connection, challenge: str, values: Mapping[str, float]) -> None:
    """What clusters have reached, as if it had been computed."""
    for cluster, value in values.items():
        connection.execute(
            "insert into analytics.challenge_progress values"
            " (%s, %s, %s, false, 'NONE', 0, 'NONE', %s)",
            [cluster, challenge, value, AS_OF],
        )


def put_wins(connection: psycopg.Connection, wins: tuple[float, ...] = WINS) -> None:
    put_values(connection, "arena_victor", {f"c{nth:03}": value for nth, value in enumerate(wins)})


def test_suggestions_beside_what_stands(connection: psycopg.Connection) -> None:
    put_wins(connection)
    found = calibration.calibrate(connection, "arena_victor", "all")
    # the 4th, 7th, 9th and 10th of ten are 0, 8, 47 and 100
    assert found.thresholds == [1, 8, 50, 100]
    assert [share.clusters for share in found.standing_shares] == [5, 2, 2, 1, 0]
    assert [share.clusters for share in found.shares] == [4, 2, 3, 0, 1]
    assert [share.share for share in found.shares] == [
        *map(Decimal, ("0.4", "0.2", "0.3", "0", "0.1"))
    ]
    assert [share.reached_share for share in found.shares] == [
        *map(Decimal, ("1", "0.6", "0.4", "0.1", "0.1"))
    ]
    assert [share.threshold for share in found.shares] == [None, 1, 8, 50, 100]
    assert found.warnings == ["a population of 10 clusters is small: fewer than 25"]
    assert found.seed_rows == [
        "arena_victor,BASIC,Basic,1,1,false",
        "arena_victor,ADVANCED,Advanced,8,2,false",
        "arena_victor,ELITE,Elite,50,3,false",
        "arena_victor,EXALTED,Exalted,100,4,true",
    ]


def test_percentiles_are_values_that_a_cluster_has(connection: psycopg.Connection) -> None:
    put_wins(connection)
    found = calibration.spread(connection, "arena_victor")
    assert [(one.fraction, one.value) for one in found.percentiles] == [
        (Decimal("0.10"), 0),
        (Decimal("0.25"), 0),
        (Decimal("0.50"), 1),
        (Decimal("0.75"), 20),
        (Decimal("0.90"), 47),
        (Decimal("0.95"), 100),
        (Decimal("0.99"), 100),
    ]
    assert (found.clusters, found.clusters_above_zero, found.largest) == (10, 6, 100)
    assert found.as_of == AS_OF


def test_who_has_nothing_can_be_left_out(connection: psycopg.Connection) -> None:
    put_wins(connection)
    found = calibration.calibrate(
        connection, "arena_victor", "nonzero", calibration.parse_targets(".1,.3,.5,.8")
    )
    # of 1, 3, 8, 20, 47, 100 the 1st, 2nd, 3rd and 5th
    assert found.thresholds == [1, 3, 8, 50]
    assert [share.clusters for share in found.shares] == [0, 1, 1, 3, 1]
    assert (found.spread.clusters, found.spread.clusters_above_zero) == (6, 6)


def test_suggestions_are_always_a_ladder(connection: psycopg.Connection) -> None:
    put_wins(connection)
    # of six the 3rd, 5th, 6th and 6th, which is 100 both times
    found = calibration.calibrate(connection, "arena_victor", "nonzero")
    assert found.thresholds == [8, 50, 100, 120]
    assert (
        "several targets meet the same value (8, 47, 100, 100): the thresholds between them are"
        " only the next larger numbers; choose targets that are further apart"
    ) in found.warnings
    assert [share.clusters for share in found.shares] == [2, 3, 0, 1, 0]
    assert len(found.seed_rows) == 4
    connection.execute("delete from analytics.challenge_progress")
    put_wins(connection, (0,) * 30)
    found = calibration.calibrate(connection, "arena_victor", "all")
    assert found.thresholds == [1, 2, 3, 4]
    assert "choose the population nonzero, or targets that are" in found.warnings[-1]
    assert [share.clusters for share in found.shares] == [30, 0, 0, 0, 0]


def test_each_tier_has_a_target(connection: psycopg.Connection) -> None:
    put_values(connection, "hero_riser", {f"c{nth:03}": nth * 10 for nth in range(1, 101)})
    found = calibration.calibrate(connection, "hero_riser", "all")
    assert found.targets == [Decimal("0.20"), *calibration.TARGETS]
    # 200, 400, 700, 900 and 970; 700 is nearer to 750 than to 600
    assert found.thresholds == [200, 400, 750, 900, 1000]
    assert [share.clusters for share in found.shares] == [19, 20, 35, 15, 10, 1]
    assert found.seed_rows[0] == "hero_riser,COMMON,Common,200,1,false"
    assert found.seed_rows[-1] == "hero_riser,MYTHIC,Mythic,1000,5,true"
    assert found.warnings == []
    numbers = {tiers: [*map(str, calibration.targets_of(tiers))] for tiers in (2, 4, 6)}
    assert numbers == {
        2: ["0.90", "0.97"],
        4: ["0.40", "0.70", "0.90", "0.97"],
        6: ["0.13", "0.27", "0.40", "0.70", "0.90", "0.97"],
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--targets", ".4,.7,.9,.97", "--thresholds", "1,2,3,4"],
            "--targets suggest thresholds and --thresholds give them: use one of them",
        ),
        (
            ["--targets", ".4,.7,.97"],
            "arena_victor has 4 tiers: it takes 4 targets, not the 3 of 0.4, 0.7, 0.97",
        ),
        (["--thresholds", "1,2,3"], "arena_victor has 4 tiers, not the 3 of 1, 2, 3"),
        (["--targets", "0,.4,.7,.9"], "the target 0 is not between 0 and 1"),
        (["--targets", ".4,.7,.9,1"], "the target 1 is not between 0 and 1"),
        (["--targets", ".4,.7,.7,.9"], "the targets 0.4, 0.7, 0.7, 0.9 do not rise at 0.7"),
        (["--thresholds", "0,1,2,3"], "the thresholds 0, 1, 2, 3 do not rise at 0"),
        (["--thresholds", "1,2,x,3"], "'x' is not a number"),
        (["--population", "some"], "'some' is not a population: all, nonzero, active"),
    ],
)
def test_numbers_that_do_not_fit_the_ladder_are_refused(
    transaction: psycopg.Connection, hedge: Hedge, options: list[str], sentence: str
) -> None:
    status, out, err = hedge("tiers", "calibrate", "arena_victor", *options)
    assert (status, out) == (2, "")
    assert sentence in err


def test_a_feat_is_not_calibrated(transaction: psycopg.Connection, hedge: Hedge) -> None:
    assert hedge("tiers", "calibrate", "flawless_victory") == (
        2,
        "",
        "hedge: flawless_victory is a feat: its one tier is reached or not, there is nothing to"
        " calibrate\n",
    )


def test_targets_are_between_0_and_1_without_both() -> None:
    nearest = ["0.000001", "0.5", "0.6", "0.999999"]
    assert calibration.parse_targets(",".join(nearest)) == [*map(Decimal, nearest)]


def test_by_default_who_was_active_of_late_counts(connection: psycopg.Connection) -> None:
    put_wins(connection)
    words = "was active of late yet: run hedge etl full, or choose the population all"
    with pytest.raises(HedgeError, match=words):
        calibration.calibrate(connection, "arena_victor")
    connection.execute(
        "insert into analytics.cluster_metrics (cluster_id, window_key, metrics, last_computed_at)"
        """ values ('c009', 'rolling_180d', '{"behavior_events": {"active_days": 1}}', %s)""",
        [AS_OF],
    )
    found = calibration.calibrate(connection, "arena_victor")
    assert (found.population, found.spread.clusters, found.spread.largest) == ("active", 1, 100)


def test_given_thresholds_are_looked_at(connection: psycopg.Connection) -> None:
    put_wins(connection)
    found = calibration.calibrate(
        connection, "arena_victor", "all", thresholds=calibration.parse_thresholds("1,2.5,20,100.5")
    )
    assert found.targets is None
    assert [share.clusters for share in found.shares] == [4, 1, 2, 3, 0]
    assert found.seed_rows[1] == "arena_victor,ADVANCED,Advanced,2.5,2,false"


def test_what_makes_suggestions_doubtful_is_said(connection: psycopg.Connection) -> None:
    # 7 of 25 above zero are 28 %; the 24th, the 95th percentile, is 2, and 41 is over 20 times it
    put_wins(connection, (0,) * 18 + (1, 1, 1, 2, 2, 2, 41))
    assert calibration.calibrate(connection, "arena_victor", "all").warnings[:2] == [
        "only 7 of 25 clusters have a value above zero: under 30 %; the population nonzero leaves"
        " the others out",
        "the largest value 41 is over 20 times the 95th percentile 2",
    ]
    connection.execute("delete from analytics.challenge_progress")
    # neither 30 % nor 20 times is too little or too much
    put_wins(connection, (0,) * 21 + (1, 1, 1, 2, 2, 3, 4, 5, 100))
    given = calibration.parse_thresholds("1,2,3,4")
    found = calibration.calibrate(connection, "arena_victor", "all", thresholds=given)
    assert found.spread.percentiles[5].value == 5
    assert found.warnings == []


@pytest.mark.parametrize(
    ("percentile", "threshold"),
    [
        ("0", "1"),
        ("0.4", "1"),
        ("1.5", "1"),
        ("1.6", "2"),
        ("9.4", "9"),
        ("9.6", "10"),
        ("10", "10"),
        # as near to 10 as to 12
        ("11", "10"),
        ("11.5", "12"),
        ("47", "50"),
        ("82", "75"),
        ("83", "90"),
        ("99", "100"),
        ("167.887", "150"),
        ("1000", "1000"),
        ("1299", "1200"),
        ("123456789", "120000000"),
    ],
)
def test_a_suggestion_is_a_readable_number(
    connection: psycopg.Connection, percentile: str, threshold: str
) -> None:
    (found,) = connection.execute(
        query("calibration_suggestions"), {"percentiles": [Decimal(percentile)]}
    ).fetchone()
    assert f"{found:f}" == threshold


def test_a_histogram_has_readable_buckets(connection: psycopg.Connection) -> None:
    put_wins(connection)
    buckets = calibration.histogram(connection, "arena_victor")
    edges = [0, 1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100, 200]
    assert [bucket.from_value for bucket in buckets] == edges[:-1]
    assert [bucket.below_value for bucket in buckets] == edges[1:]
    assert [bucket.clusters for bucket in buckets] == [4, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1]
    assert [bucket.share for bucket in buckets][:2] == [Decimal("0.4"), Decimal("0.1")]
    # an edge above the largest ends the last bucket, one at or below the least begins the second
    connection.execute("delete from analytics.challenge_progress where value in (1, 3, 100)")
    buckets = calibration.histogram(connection, "arena_victor", "nonzero")
    assert [bucket.from_value for bucket in buckets] == [0, 7, 10, 20, 30]
    assert [bucket.clusters for bucket in buckets] == [0, 1, 0, 1, 1]
    # a millionth of the largest is the first edge at the least
    put_values(connection, "arena_victor", {"whale": 2_000_000, "shrimp": 0.01})
    first, second, *_, last = calibration.histogram(connection, "arena_victor", "nonzero")
    assert (first.below_value, first.clusters, second.clusters) == (2, 1, 0)
    assert (last.from_value, last.below_value, last.clusters) == (2_000_000, 3_000_000, 1)
    connection.execute("delete from analytics.challenge_progress where value > 0")
    (bucket,) = calibration.histogram(connection, "arena_victor")
    assert (bucket.from_value, bucket.below_value, bucket.clusters, bucket.share) == (0, 1, 4, 1)
    assert calibration.histogram(connection, "arena_victor", "nonzero") == []
    with pytest.raises(HedgeError, match="nobody has a value of arena_victor above zero yet"):
        calibration.spread(connection, "arena_victor", "nonzero")


def test_active_is_who_did_something_of_late(connection: psycopg.Connection) -> None:
    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "retired", RIVAL)
    add_cluster(connection, "holder", STRANGER)
    put(
        connection,
        pvp_match(BUSY),
        *(pvp_match(RIVAL, at=AS_OF - 200 * DAY) for _ in range(4)),
        # state stands without anybody doing anything
        hero(1, STRANGER),
    )
    runs.full(AS_OF)
    assert calibration.spread(connection, "arena_victor").clusters == 3
    assert calibration.spread(connection, "arena_victor", "nonzero").clusters == 2
    active = calibration.spread(connection, "arena_victor", "active")
    assert (active.clusters, active.largest) == (1, 1)
    tiers = calibration.shares(connection, "arena_victor", [Decimal(1), Decimal(4)])
    assert [share.clusters for share in tiers] == [1, 1, 1]


def test_the_command_shows_both_ladders_and_the_rows(
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put_wins(connection)
    monkeypatch.setattr(
        sys, "argv", ["hedge", "tiers", "calibrate", "arena_victor", "--population", "all"]
    )
    with pytest.raises(SystemExit, match="0"):
        main()
    shown = capsys.readouterr()
    assert "Arena Victor in matches: 10 clusters (all), 6 above zero" in shown.out
    assert ["Basic", "3", "20.0", "%", "p40", "1", "20.0", "%"] in [
        line.split() for line in shown.out.splitlines()
    ]
    assert "\narena_victor,EXALTED,Exalted,100,4,true\n" in shown.out
    assert shown.err == "warning: a population of 10 clusters is small: fewer than 25\n"
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--thresholds", "1,2,3,4", "--json"])
    with pytest.raises(SystemExit, match="0"):
        main()
    found = json.loads(capsys.readouterr().out)
    assert [share["clusters"] for share in found["shares"]] == [4, 1, 0, 1, 4]
