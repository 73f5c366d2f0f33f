"""Tiers, feats, mastery scores, points and levels at every threshold, and beside it.

The metrics are not measured but written as they are, so that every challenge meets each of its
thresholds: just below it, at it, just above it.
"""

import json
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import support
from tests.against_the_oracle import CATALOGUE, LISTS, compute, put_season, set_windows
from tests.oracle import Season, World, level, measure, score, total_score
from tests.oracle.feats import epic_feats
from tests.oracle.instants import AS_OF, DAY, WINDOWS
from tests.oracle.players import Metrics, Scene
from tests.oracle.shapes import Challenge

ALL_TIME, ROLLING, SPRING, BASELINE, _ = WINDOWS
#: A world of one cluster that did nothing: every metric, and what type it has.
NOBODY = World(clusters=["nobody"])
ZEROS: Metrics = measure(NOBODY, ALL_TIME, LISTS)["nobody"]
#: The least difference of two values.
LEAST = Decimal("0.000001")
#: The challenges whose metrics are written; the others are derived from those.
WRITTEN = [
    one for one in CATALOGUE.challenges if one.metric_source not in ("meta_profile", "epic_feats")
]
LONGEST = max(len(one.tiers) for one in CATALOGUE.challenges)

MASTERY = (
    ("onchain_summoning", "mutagenic_specialist_count"),
    ("onchain_summoning", "mythmaker_count"),
    ("onchain_summoning", "royal_lineage_count"),
    ("onchain_summoning", "legendary_class_flags"),
    ("onchain_pvp", "wins"),
    ("onchain_pvp", "best_win_streak"),
    ("onchain_pvp", "flawless_victory"),
    ("onchain_metis_patrol", "elite_wins"),
    ("onchain_shells", "shells_collected"),
    ("onchain_shells", "raffle_win"),
    ("onchain_influence", "bets_won"),
    ("onchain_tournaments", "top_finish"),
)


def around(challenge: Challenge, tier: int, step: int) -> Decimal | bool:
    """The value of a metric at a tier, counted from 0, and so many of the least steps beside it."""
    threshold = challenge.tiers[min(tier, len(challenge.tiers) - 1)].threshold
    if isinstance(ZEROS[challenge.metric_source, challenge.metric_key], bool):
        return step >= 0
    return threshold + step * LEAST


def every_threshold() -> dict[str, Metrics]:
    """Cluster to metrics: each threshold, each last tier alone, each weight alone."""
    clusters = {"nothing": {}}
    for tier in range(LONGEST):
        for name, step in (("below", -1), ("at", 0), ("above", 1)):
            clusters[f"{name}_tier_{tier}"] = {
                (one.metric_source, one.metric_key): around(one, tier, step) for one in WRITTEN
            }
    for one in WRITTEN:
        for name, step in (("below", -1), ("at", 0)):
            clusters[f"{name}_last_of_{one.key}"] = {
                (one.metric_source, one.metric_key): around(one, LONGEST, step)
            }
    for source, key in MASTERY:
        for value in (4, 5, 14, 15):
            number = True if isinstance(ZEROS[source, key], bool) else value
            clusters[f"{value}_of_{source}.{key}"] = {(source, key): number}
    clusters["equal_parts_of_each_mastery_score"] = {
        ("onchain_summoning", "mutagenic_specialist_count"): 5,
        ("onchain_summoning", "legendary_class_flags"): 1,
        ("onchain_pvp", "wins"): 100,
        ("onchain_pvp", "flawless_victory"): True,
        ("onchain_shells", "shells_collected"): 200,
        ("onchain_shells", "raffle_win"): True,
    }
    goals = {
        ("onchain_metis_patrol", "wins"): 100,
        ("onchain_metis_patrol", "elite_wins"): 25,
        ("onchain_shells", "shells_collected"): 500,
        ("onchain_influence", "bets_won"): 50,
        ("onchain_tournaments", "entries"): 10,
        ("onchain_tournaments", "top_finish"): True,
        ("onchain_staking", "stake_duration_days"): 1000,
    }
    clusters["every_goal"] = goals
    for goal, number in goals.items():
        clusters["every_goal_but_{}.{}".format(*goal)] = goals | {
            goal: number - 1 if number > 1 else False
        }
        clusters["no_{}.{}".format(*goal)] = {
            key: value for key, value in goals.items() if key != goal
        }
    return clusters


def whole(metrics: Metrics) -> Metrics:
    """The metrics with zeros where nothing is written, and the feats that follow from them."""
    written = ZEROS | metrics
    sources: dict[str, dict] = {}
    for (source, key), value in written.items():
        sources.setdefault(source, {})[key] = value
    scene = Scene(NOBODY, ALL_TIME, LISTS)
    feats = epic_feats(scene, scene.player("nobody"), sources)
    return written | {("epic_feats", key): value for key, value in feats.items()}


def put_metrics(connection: psycopg.Connection, clusters: dict[str, Metrics], window: str) -> None:
    """Write metrics of clusters in a window, as a run does."""
    rows = []
    for cluster, metrics in clusters.items():
        sources: dict[str, dict] = {}
        for (source, key), value in metrics.items():
            # a number as text, which keeps all its digits
            number = value if isinstance(value, bool) else f"#{value}#"
            sources.setdefault(source, {})[key] = number
        text = json.dumps(sources).replace('"#', "").replace('#"', "")
        rows.append([cluster, window, text, AS_OF])
    connection.cursor().executemany(
        "insert into analytics.cluster_metrics (cluster_id, window_key, metrics, last_computed_at)"
        " values (%s, %s, %s, %s)",
        rows,
    )


@pytest.fixture
def lists(connection: psycopg.Connection) -> psycopg.Connection:
    """Beside the catalogue, a challenge that is retired, and one of an unknown source."""
    for change in (
        {"key": "retired", "state": "retired"},
        {"key": "elsewhere", "metric_source": "unknown_source"},
    ):
        for seed, row in (
            ("challenges", change),
            ("challenge_tiers", {"challenge_key": change["key"]}),
        ):
            key = "key" if seed == "challenges" else "challenge_key"
            connection.execute(
                f"""
                insert into analytics.{seed}
                select changed.*
                from analytics.{seed} as rows
                cross join lateral
                    jsonb_populate_record(null::analytics.{seed}, to_jsonb(rows) || %s) as changed
                where rows.{key} = 'hunters_triumph'
                """,
                [Jsonb(row)],
            )
    return connection


@pytest.fixture
def ladders(lists: psycopg.Connection) -> psycopg.Connection:
    """Every threshold in all time, and in another order in the last 180 days."""
    connection = lists
    clusters = every_threshold()
    support.set_as_of(connection, AS_OF)
    support.put_world(connection, World(clusters=[*clusters]))
    put_metrics(connection, clusters, ALL_TIME.key)
    put_metrics(connection, turned(clusters), ROLLING.key)
    for mart in ("challenge_progress", "tier_unlocks"):
        compute(connection, mart)
    return connection


def turned(clusters: dict[str, Metrics]) -> dict[str, Metrics]:
    """The metrics of the last cluster for the first, and so on."""
    return dict(zip(clusters, reversed(clusters.values()), strict=True))


def test_tiers_and_scores_at_every_threshold(ladders: psycopg.Connection) -> None:
    clusters = every_threshold()
    everything = score({name: whole(one) for name, one in clusters.items()}, CATALOGUE)
    recent = score({name: whole(one) for name, one in turned(clusters).items()}, CATALOGUE)
    found = support.marts(ladders)["challenge_progress"]
    assert len(found) == len(clusters) * len(CATALOGUE.challenges)
    for (cluster, key), row in found.items():
        got = tuple(row[name] for name in ("value", "tier", "unlocked"))
        assert got == everything[cluster][key], (cluster, key)
        got = tuple(row[name] for name in ("rolling_value", "rolling_tier"))
        assert got == recent[cluster][key][:2], (cluster, key)
    assert {row["last_computed_at"] for row in found.values()} == {AS_OF}
    # every tier is met by somebody, and so is none
    tiers = {(key, row["tier"]) for (_, key), row in found.items()}
    assert tiers >= {(one.key, tier.tier_code) for one in WRITTEN for tier in one.tiers}

    totals = dict(
        ladders.execute("select cluster_id, total_score from analytics.total_scores").fetchall()
    )
    assert totals == {name: total_score(one, CATALOGUE) for name, one in everything.items()}
    assert len(set(totals.values())) > LONGEST

    unlocks = set(support.marts(ladders)["tier_unlocks"])
    expected = set()
    for name in clusters:
        for one in CATALOGUE.challenges:
            for tier in one.tiers:
                if everything[name][one.key].value >= tier.threshold:
                    expected.add((name, one.key, tier.tier_code, "TIER"))
            last = one.tiers[-1]
            if not one.is_feat and recent[name][one.key].value >= last.threshold:
                expected.add((name, one.key, last.tier_code, "FOUNDERS_MARK"))
    assert unlocks == expected


def test_points_and_levels_at_every_threshold(lists: psycopg.Connection) -> None:
    """Points of events and of a gain; a loss gives none, and takes none away."""
    connection = lists
    wins, levels = ("onchain_hunting", "wins"), ("onchain_heroes", "total_levels")
    weights = {"hunters_triumph": Decimal("0.5"), "hero_riser": Decimal(2)}
    during, before, points = {}, {}, {}
    for number, required in CATALOGUE.levels:
        for step in (-1, 0, 1):
            name = f"level_{number}_{step}"
            points[name] = max(required + step * LEAST, Decimal(0))
            during[name] = {wins: 2 * points[name]}
    for name, start, end in (("gain", 3, 5), ("loss", 5, 3), ("no_gain", 3, 3), ("least", 3, 4)):
        during[name], before[name] = {levels: end, wins: 4}, {levels: start, wins: 100}
        points[name] = max(end - start, 0) * weights["hero_riser"] + 2
    during["newcomer"], points["newcomer"] = {levels: 7}, Decimal(14)
    before["gone"], points["gone"] = {levels: 7}, Decimal(0)
    points["nothing"] = Decimal(0)

    support.set_as_of(connection, AS_OF)
    support.put_world(connection, World(clusters=[*points]))
    # those of no active challenge give nothing
    weights |= {"retired": Decimal(1000), "elsewhere": Decimal(1000), "unknown": Decimal(1000)}
    # nor does a season whose window is not computed have a row
    for name in ("spring", "autumn"):
        season = Season(name, SPRING.starts_at, AS_OF + DAY, "SEASON", weights)
        put_season(connection, season, is_active=False)
    set_windows(connection, SPRING.key, BASELINE.key)
    put_metrics(connection, during, SPRING.key)
    put_metrics(connection, before, BASELINE.key)
    # another window gives nothing
    put_metrics(connection, {"nothing": {wins: 9, levels: 9}}, ALL_TIME.key)
    compute(connection, "season_progress")
    found = support.marts(connection)["season_progress"]
    assert {key: (row["points"], row["level"]) for key, row in found.items()} == {
        ("spring", name): (number, level(number, CATALOGUE.levels))
        for name, number in points.items()
    }
    assert {row["updated_at"] for row in found.values()} == {AS_OF}
    assert {row["level"] for row in found.values()} == {number for number, _ in CATALOGUE.levels}
