"""In a fixed world that meets every rule at its boundary, SQL equals a second implementation.

The worlds of test_metrics_equal_the_oracle are random and may miss a boundary. This one is made
on purpose: it has a cluster for each, called after it (tests/oracle/boundaries).
"""

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest

from hedge import database
from tests import support
from tests.against_the_oracle import (
    BOARDS,
    CATALOGUE,
    assert_evidence_is_the_value,
    compute,
    entries_of,
    metrics_of,
    put_boards,
    put_periods,
    put_season,
    put_world,
    set_windows,
)
from tests.oracle import (
    Lists,
    Season,
    Window,
    level,
    measure,
    points_by_challenge,
    rank,
    score,
    tier_unlocks,
    total_score,
)
from tests.oracle.boundaries import boundaries
from tests.oracle.instants import AS_OF, WINDOWS
from tests.oracle.seasons import summed


def without(weights: Mapping[str, int], kind: str) -> dict[str, int]:
    return {name: weight for name, weight in weights.items() if name != kind}


#: Two kinds have no weight.
LISTS = replace(
    Lists.read(),
    discord_kind_weights=without(Lists.read().discord_kind_weights, "HELPFUL"),
    seasonal_action_weights=without(Lists.read().seasonal_action_weights, "PARTICIPATION"),
)
WORLD = boundaries(LISTS)
# one database for all of them
pytestmark = pytest.mark.xdist_group("every_boundary")
ALL_TIME, ROLLING, SPRING, BASELINE, PERIOD = WINDOWS
#: The second board period begins before all facts.
PERIODS = {PERIOD.key: PERIOD, "run:2": Window("run:2", None, AS_OF)}
#: Two seasons of the same span; a challenge without a weight gives nothing.
WEIGHTS = {
    one.key: Decimal(number) / 8
    for number, one in enumerate(CATALOGUE.challenges, 1)
    if one.key != "hunters_triumph"
}
SEASONS = [
    Season(name, SPRING.starts_at, SPRING.ends_at, scoring, WEIGHTS)
    for name, scoring in (("spring", "SEASON"), ("career", "LIFETIME"))
]
CAREER = Window("season:career", None, SPRING.ends_at)
#: The windows that the oracle measures in full; of a baseline it measures states.
MEASURED = (ALL_TIME, ROLLING, SPRING, CAREER, *PERIODS.values())

#: A board for each metric, the total score and the points of a season; some with more entries,
#: some for verified clusters only.
RANKED = [
    board | {"entries": 2 + board["run_id"] % 4, "verified_only": board["run_id"] % 5 == 0}
    for board in [
        *BOARDS,
        BOARDS[0]
        | {"run_id": len(BOARDS) + 1, "metric_source": "season_progress"}
        | {"metric_key": "spring"},
        BOARDS[0]
        | {"run_id": len(BOARDS) + 2, "metric_source": "onchain_pvp"}
        | {"metric_key": "wins", "fallback_metric_source": "challenge_progress"}
        | {"fallback_metric_key": "total_score"},
    ]
]


@pytest.fixture(scope="module")
def town(module_database: str) -> Iterator[psycopg.Connection]:
    """The world with its marts in every window; tests leave it as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        with database.connect() as connection:
            put(connection)
            for mart in support.MARTS:
                compute(connection, mart)
            yield connection


def put(connection: psycopg.Connection) -> None:
    """The world, its seasons and boards, and its windows."""
    support.set_as_of(connection, AS_OF)
    # days and windows are of UTC, whatever the clock of the session
    connection.execute("set timezone = 'America/New_York'")
    put_world(connection, WORLD)
    connection.execute("update app.wallet_links set verified_at = now() where link_id % 3 > 0")
    put_lists(connection)
    for season in SEASONS:
        put_season(connection, season, is_active=False)
    put_boards(connection, RANKED)
    periods = ((window.starts_at, window.ends_at) for window in PERIODS.values())
    put_periods(connection, *periods)
    set_windows(connection, *(window.key for window in (*MEASURED, BASELINE)))
    connection.execute("analyze")


def put_lists(connection: psycopg.Connection) -> None:
    """Remove the weights of two kinds, and use the names of kinds in the other lists too."""
    connection.execute(
        "delete from analytics.code_values where (code, value) in"
        " (('discord_kind_weight', 'HELPFUL'), ('seasonal_action_weight', 'PARTICIPATION'))"
    )
    connection.execute(
        """
        insert into analytics.code_values (code, value, meaning)
        values
        ('seasonal_action_weight', 'COMMAND', '70'),
        ('discord_kind_weight', 'QUEST', '90'),
        ('discord_kind_weight', '3', '110')
        """
    )


def assert_metrics(found: dict[str, dict], expected: dict[str, dict], wanted: set) -> None:
    """The metrics of the names that are wanted equal those that the oracle measured."""
    for cluster in WORLD.clusters:
        measured = support.nonzero(expected[cluster])
        got = found.get(cluster, {})
        assert {key: got[key] for key in got.keys() & wanted} == {
            key: measured[key] for key in measured.keys() & wanted
        }, cluster


def test_the_metrics_of_every_window(town: psycopg.Connection) -> None:
    found = metrics_of(town, [*MEASURED, BASELINE])
    for window in MEASURED:
        expected = measured(window)
        metrics = {*expected[WORLD.clusters[0]]}
        assert len(metrics) == 51
        assert_metrics(found[window.key], expected, metrics)
        if window is ALL_TIME:
            # each metric is there, and is not the same for everybody
            for metric in metrics:
                values = {expected[cluster][metric] for cluster in WORLD.clusters}
                assert len(values) > 1, metric
    expected = measured(BASELINE)
    assert len(CATALOGUE.states) == 10
    assert_metrics(found[BASELINE.key], expected, {*CATALOGUE.states})


@functools.cache
def measured(window: Window) -> dict[str, dict]:
    return measure(WORLD, window, LISTS)


@functools.cache
def scores_in(window: Window) -> dict[str, dict]:
    return score(measured(window), CATALOGUE)


def test_the_evidence_of_every_metric_adds_up(town: psycopg.Connection) -> None:
    scores = {window.key: scores_in(window) for window in (ALL_TIME, ROLLING)}
    assert_evidence_is_the_value(town, WORLD.clusters, scores)


def test_the_progress_of_every_cluster(town: psycopg.Connection) -> None:
    whole, rolling = scores_in(ALL_TIME), scores_in(ROLLING)
    expected = {
        (cluster, challenge): (*one, *rolling[cluster][challenge][:2])
        for cluster, by_challenge in whole.items()
        for challenge, one in by_challenge.items()
    }
    found = {
        key: tuple(
            row[name] for name in ("value", "tier", "unlocked", "rolling_value", "rolling_tier")
        )
        for key, row in support.marts(town)["challenge_progress"].items()
    }
    assert len(found) == len(WORLD.clusters) * len(CATALOGUE.challenges)
    assert found == expected


def test_the_unlocks_of_every_cluster(town: psycopg.Connection) -> None:
    last = {(one.key, one.tiers[-1].tier_code) for one in CATALOGUE.challenges if not one.is_feat}
    marks = {unlock for unlock in tier_unlocks(scores_in(ROLLING), CATALOGUE) if unlock[1:] in last}
    assert marks
    found = support.marts(town)["tier_unlocks"]
    assert {*found} == {
        *((*unlock, "TIER") for unlock in tier_unlocks(scores_in(ALL_TIME), CATALOGUE)),
        *((*mark, "FOUNDERS_MARK") for mark in marks),
    }
    assert {row["unlocked_at"] for row in found.values()} == {AS_OF}


@functools.cache
def parts_in(season_id: str) -> dict[str, dict[str, Decimal]]:
    """The points of every cluster by challenge in a season."""
    (season,) = (season for season in SEASONS if season.season_id == season_id)
    return points_by_challenge(WORLD, season, AS_OF, LISTS, CATALOGUE)


def test_the_points_of_every_cluster(town: psycopg.Connection) -> None:
    for season in SEASONS:
        parts = parts_in(season.season_id)
        points = summed(parts)
        assert len(set(points.values())) > 40
        rows = town.execute(
            """
            select cluster_id, points, level, (
                select jsonb_object_agg(parts.key, parts.value)
                from jsonb_each_text(points_by_challenge) as parts
            )
            from analytics.season_progress where season_id = %s
            """,
            [season.season_id],
        ).fetchall()
        assert {row[0]: row[1:3] for row in rows} == {
            cluster: (points[cluster], level(points[cluster], CATALOGUE.levels))
            for cluster in WORLD.clusters
        }
        for cluster, _, _, by_challenge in rows:
            found = {key: Decimal(value) for key, value in (by_challenge or {}).items()}
            assert found == parts[cluster], cluster


def verified(connection: psycopg.Connection) -> set[str]:
    """The clusters that have wallets, all of which are verified."""
    rows = connection.execute(
        "select cluster_id, verified_at from app.wallet_links where unlinked_at is null"
    ).fetchall()
    not_verified = {cluster for cluster, at in rows if at is None}
    return {cluster for cluster, _ in rows} - not_verified


def test_the_ranks_of_every_board(town: psycopg.Connection) -> None:
    scores = {key: scores_in(window) for key, window in PERIODS.items()}
    whole = scores_in(ALL_TIME)
    points = summed(parts_in("spring"))
    keys = {(one.metric_source, one.metric_key): one.key for one in CATALOGUE.challenges}
    admitted = verified(town)
    assert 100 < len(admitted) < len(WORLD.clusters) - 100
    rows = town.execute("select cluster_id from analytics.verified_clusters").fetchall()
    assert {*rows} == {(cluster,) for cluster in admitted}

    def values(board: dict, part: str = "") -> dict[str, Decimal]:
        source, key = board[f"{part}metric_source"], board[f"{part}metric_key"]
        if source == "season_progress":
            return points
        if source == "challenge_progress":
            return {cluster: total_score(whole[cluster], CATALOGUE) for cluster in WORLD.clusters}
        ranked = scores[board["window_key"]]
        return {cluster: ranked[cluster][keys[source, key]].value for cluster in WORLD.clusters}

    found = entries_of(town, RANKED)
    for board in RANKED:
        tiebreakers = values(board, "fallback_") if board["fallback_metric_key"] else None
        ranked = {
            cluster: value
            for cluster, value in values(board).items()
            if not board["verified_only"] or cluster in admitted
        }
        assert found[board["run_id"]] == rank(ranked, tiebreakers, board["entries"]), board
    assert sum(map(bool, found.values())) > len(RANKED) * 0.8


@pytest.mark.parametrize(
    ("emptied", "feat"),
    [
        ("delete from analytics.pet_families", "mythic_menagerie_unlocked"),
        ("delete from analytics.hero_traits where trait = 'class'", "eternal_collector_unlocked"),
    ],
)
def test_a_collection_of_an_empty_list_is_never_complete(
    town: psycopg.Connection, emptied: str, feat: str
) -> None:
    unlocked = f"select count(*) from analytics.epic_feats where {feat}"
    with town.transaction(force_rollback=True):
        assert town.execute(unlocked).fetchone()[0] > 0
        town.execute(emptied)
        compute(town)
        assert town.execute(unlocked).fetchone()[0] == 0


def test_each_version_is_superseded_by_the_next_one(town: psycopg.Connection) -> None:
    """What explains why a hero or pet does not count; of equal times the higher chain is next."""
    for table, key in (("heroes", "hero_id"), ("pets", "pet_id")):
        versions = defaultdict(list)
        for row in WORLD.facts[table]:
            versions[row[key]].append((row["updated_at"], row.get("chain_id", 0)))
        expected = {
            (number, *version): following
            for number, of_one in versions.items()
            for version, (following, _) in zip(
                sorted(of_one), [*sorted(of_one)[1:], (None, None)], strict=True
            )
        }
        chain = "chain_id" if table == "pets" else "0"
        rows = town.execute(
            f"select {key}, updated_at, {chain}, superseded_at from analytics.stg_{table}"
        )
        assert {tuple(row[:3]): row[3] for row in rows} == expected
        assert len(set(expected.values())) > 10


def test_every_wallet_and_account_has_its_holder(town: psycopg.Connection) -> None:
    """Also wallets that have left, which are told from those that are linked."""
    expected = {(account, cluster): True for cluster, account in WORLD.discord_ids.items()}
    for link in sorted(WORLD.links, key=lambda link: link.active):
        expected[link.address, link.cluster_id] = link.active
    rows = town.execute("select holder, cluster_id, is_linked from analytics.holders").fetchall()
    assert (
        len(rows)
        == len(expected)
        == len(WORLD.discord_ids) + len({(link.address, link.cluster_id) for link in WORLD.links})
    )
    assert {tuple(row[:2]): row[2] for row in rows} == expected
    assert set(expected.values()) == {True, False}


def test_the_weights_are_those_of_the_three_lists(connection: psycopg.Connection) -> None:
    lists = Lists.read()
    expected = {
        (code, str(kind), weight)
        for code, weights in (
            ("pet_rarity_weight", lists.pet_rarity_weights),
            ("discord_kind_weight", lists.discord_kind_weights),
            ("seasonal_action_weight", lists.seasonal_action_weights),
        )
        for kind, weight in weights.items()
    }
    rows = connection.execute("select code, kind, weight from analytics.weights").fetchall()
    assert {*rows} == expected
