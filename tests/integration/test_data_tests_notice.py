"""Every data test of dbt returns rows for a planted fault, and none before it.

A data test is a query that must return no row. In the demo world, which is sound, each of them is
executed after each of its faults, and after sound changes that are close to a fault. Its SQL is
rendered without dbt, and the changes are rolled back.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import database
from tests import PROJECT
from tests.data_tests import GENERIC, data_tests, lacks, no_such, one, repeats
from tests.keys_of_the_seeds import KEYS, REPEATED, WITHOUT_ROWS
from tests.support import BUSY, IDLE, RIVAL

#: What renders the SQL of each data test.
TESTS = data_tests()


PROGRESS = "analytics.challenge_progress"
CHALLENGES = "analytics.challenges"
TIERS = "analytics.challenge_tiers"
ENTRIES = "analytics.leaderboard_entries"
LEVELS = "analytics.season_levels"
METRICS = "analytics.cluster_metrics"
SEASON = "analytics.season_progress"
UNLOCKS = "analytics.tier_unlocks"
PAIRS = "analytics.mutation_pairs"
WEIGHTS = "analytics.mastery_weights"


def of_metrics(behaviour: str) -> str:
    """The condition that a challenge rests on a metric with a behaviour in windows."""
    return (
        "challenge_key in (select key from analytics.challenges"
        " inner join analytics.metrics using (metric_source, metric_key)"
        f" where window_behaviour = '{behaviour}')"
    )


#: The threshold of the tier of a row of progress.
THRESHOLD = (
    f"(select threshold_value from {TIERS} as tiers where"
    f" tiers.challenge_key = {PROGRESS.partition('.')[2]}.challenge_key and tier_code = tier)"
)
#: What separates two values.
LEAST = "0.000001"
#: The as-of instant of the last full run.
FULL_RUN = "(select max(as_of) from app.etl_runs where kind = 'FULL' and state = 'SUCCESS')"


def stale(table: str, computed_at: str, where: str = "true") -> str:
    """A statement that makes a row a little older than the last full run, which has not verified
    it since."""
    return "update app.verified set verified_to = '-infinity'; " + one(
        table, f"{computed_at} = {FULL_RUN} - interval '1 microsecond'", where
    )


#: The beginning of a statement that makes all entries equal in three of four keys.
EQUAL_BUT = (
    f"update {ENTRIES} set score = 5, tiebreaker = 5, third_value = 5, fourth_value = 5,"
    """ payload = payload || '{"keys": [{}, {}, {"direction": "asc"}, {"direction": "desc"}]}';"""
    f" update {ENTRIES} set"
)

FAULTS: dict[str, list[str]] = {
    "a_challenge_is_unlocked_exactly_when_it_has_a_tier": [
        one(PROGRESS, "unlocked = false", "unlocked"),
        one(PROGRESS, "unlocked = true", "not unlocked"),
        one(PROGRESS, "tier = 'NONE'", "unlocked"),
    ],
    "a_computed_cluster_has_every_active_challenge": [
        f"delete from {PROGRESS} where cluster_id = 'demo-0100' and challenge_key = 'win_streak'",
        f"delete from {PROGRESS} where challenge_key = 'win_streak'",
    ],
    "a_level_of_a_season_rises_with_points": [
        one(
            SEASON,
            "level = level + 1",
            "points = (select min(points) from analytics.season_progress)",
        ),
        one(SEASON, "level = 1", "points = (select max(points) from analytics.season_progress)"),
    ],
    "challenge_progress_does_not_repeat_its_grain": repeats(PROGRESS, "challenge_key"),
    "cluster_metrics_does_not_repeat_its_grain": repeats(METRICS, "window_key"),
    "every_challenge_of_progress_exists": [no_such(PROGRESS, "challenge_key")],
    "every_cluster_of_challenge_progress_exists": [no_such(PROGRESS, "cluster_id")],
    "every_cluster_of_cluster_metrics_exists": [no_such(METRICS, "cluster_id")],
    "every_cluster_of_season_progress_exists": [
        no_such(SEASON, "cluster_id"),
        "delete from app.wallet_links where cluster_id = 'demo-idle';"
        " delete from app.wallet_clusters where cluster_id = 'demo-idle'",
    ],
    "every_cluster_of_an_entry_exists": [no_such(ENTRIES, "cluster_id")],
    "every_cluster_of_an_unlock_exists": [no_such(UNLOCKS, "cluster_id")],
    "every_entry_names_its_run": lacks(ENTRIES, "run_id"),
    "every_row_of_cluster_metrics_has_a_window": lacks(METRICS, "window_key"),
    "every_unlock_has_an_instant": lacks(UNLOCKS, "unlocked_at"),
    "every_unlock_names_its_tier": lacks(
        UNLOCKS, "tier_code", "drop index analytics.tier_unlocks_not_revoked; "
    ),
    "every_season_of_progress_exists": [no_such(SEASON, "season_id")],
    "every_unlock_is_of_a_known_kind": [one(UNLOCKS, "kind = 'tier'")],
    "leaderboard_entries_does_not_repeat_its_grain": repeats(ENTRIES, "cluster_id"),
    "no_active_season_is_stale": [
        stale(SEASON, "updated_at"),
        stale(SEASON, "updated_at", "points = 0"),
    ],
    "no_metric_is_negative": [
        one(
            METRICS,
            f"metrics = jsonb_set(metrics, '{{onchain_pvp,wins}}', '-{LEAST}')",
            "metrics -> 'onchain_pvp' ? 'wins'",
        ),
    ],
    "no_row_of_challenge_progress_is_stale": [stale(PROGRESS, "last_computed_at")],
    "no_row_of_cluster_metrics_is_stale": [
        stale(METRICS, "last_computed_at", f"window_key = '{window}'")
        for window in ("all_time", "rolling_180d", "season:season_1_awakening")
    ],
    "season_progress_does_not_repeat_its_grain": repeats(SEASON, "season_id"),
    "the_instants_of_an_unlock_follow_each_other": [
        one(UNLOCKS, f"{column} = unlocked_at {sign} interval '1 microsecond'")
        for column, sign in (("reached_at", "+"), ("fell_at", "-"), ("revoked_at", "-"))
    ]
    + [one(UNLOCKS, "unlocked_at = clock_timestamp() + interval '1 minute'")],
    "the_points_of_a_season_are_never_negative": [
        one(SEASON, f"points = -{LEAST}"),
        one(SEASON, "level = 0"),
    ],
    "the_ranks_of_a_board_are_in_the_order_of_scores": [
        # two ranks are exchanged, so that there is no gap
        f"update {ENTRIES} set rank = 3 - rank where rank in (1, 2)",
        # what is equal shares a rank, and what differs does not
        f"insert into {ENTRIES} select run_id, 'another', score, tiebreaker, rank + 1, payload,"
        f" created_at from {ENTRIES} where rank = 1 limit 1",
        f"update {ENTRIES} set rank = 1 where rank = 2",
        # by the third key, the smallest first, and by the fourth
        f"{EQUAL_BUT} third_value = -rank",
        f"{EQUAL_BUT} fourth_value = rank",
        # where equals do not share a rank
        f"{EQUAL_BUT} fourth_value = -rank;"
        f""" update {ENTRIES} set payload = payload || '{{"ranking": "row"}}', rank = 1"""
        " where rank < 3",
    ],
    "tier_unlocks_does_not_repeat_its_grain": repeats(
        UNLOCKS, "kind", "drop index analytics.tier_unlocks_not_revoked; "
    ),
    "a_tier_of_progress_is_reached_by_the_value": [
        one(PROGRESS, f"value = {THRESHOLD} - {LEAST}", "tier <> 'NONE'"),
        one(PROGRESS, "tier = 'OTHER'", "tier <> 'NONE'"),
        # a tier, but of another ladder
        f"insert into {TIERS} (challenge_key, tier_code, threshold_value, sort_order)"
        " values ('another', 'OTHERS', 1, 1); " + one(PROGRESS, "tier = 'OTHERS'", "value > 1"),
    ],
    "every_active_challenge_rests_on_a_metric_that_exists": [
        one(CHALLENGES, "metric_key = 'no'"),
        one(CHALLENGES, "metric_source = 'no'"),
        "delete from analytics.metrics where metric_key = 'best_win_streak'",
    ],
    "every_challenge_has_a_category_that_exists": [
        one(CHALLENGES, "category_key = 'no'"),
        "delete from analytics.categories where key = 'hero_progression'",
    ],
    "every_challenge_has_a_tier": [f"delete from {TIERS} where challenge_key = 'win_streak'"],
    "every_entry_belongs_to_a_complete_run": [
        "update app.leaderboard_runs set status = 'FAILED', error = 'why'"
        f" where id = (select min(run_id) from {ENTRIES})",
    ],
    "every_entry_of_a_board_has_a_score": [
        one(ENTRIES, "score = 0"),
        one(ENTRIES, "score = -1"),
        one(ENTRIES, "rank = 0"),
        one(ENTRIES, "created_at = clock_timestamp() + interval '1 minute'"),
    ],
    "every_mastery_weight_weighs_a_metric_that_exists": [
        one(WEIGHTS, "metric_source = 'no'"),
        one(WEIGHTS, "metric_key = 'no'"),
        one(WEIGHTS, "score = 'no'"),
        # a metric, but of another source
        one(WEIGHTS, "score = 'best_win_streak'"),
    ],
    "every_mutation_pair_names_genes_of_its_trait": [
        *(one(PAIRS, f"{column} = 'no'") for column in ("trait", "parent_a", "parent_b", "child")),
        # a gene, but of another trait
        one(PAIRS, "trait = 'active_skill'", "trait = 'class'"),
    ],
    "every_tier_belongs_to_a_challenge": [
        one(TIERS, "challenge_key = 'no'"),
        f"delete from {CHALLENGES} where key = 'win_streak'",
    ],
    "every_tier_has_a_threshold_above_zero": [
        one(TIERS, f"threshold_value = {value}") for value in ("0", "-1", "null")
    ],
    "every_unlock_belongs_to_a_challenge": [
        one("analytics.tier_unlocks", "challenge_key = 'no'"),
        f"delete from {CHALLENGES} where key = 'win_streak'",
    ],
    "every_weight_of_a_season_names_a_challenge_that_exists": [
        one("app.season_challenge_weights", "challenge_code = 'no'"),
        f"delete from {CHALLENGES} where key in"
        " (select challenge_code from app.season_challenge_weights)",
    ],
    "no_two_tiers_of_a_ladder_share_a_place": [
        one(TIERS, "sort_order = 2", "challenge_key = 'win_streak' and sort_order = 1"),
    ],
    "progress_is_never_negative": [
        one(PROGRESS, f"value = -{LEAST}"),
        one(PROGRESS, f"rolling_value = -{LEAST}"),
    ],
    "the_levels_of_a_season_begin_at_zero_and_rise": [
        one(LEVELS, "points_required = 1", "level = 1"),
        one(LEVELS, "points_required = -1", "level = 1"),
        one(LEVELS, "points_required = 0", "level = 2"),
        one(
            LEVELS,
            f"points_required = (select points_required - 1 from {LEVELS} where level = 4)",
            "level = 5",
        ),
    ],
    "the_points_of_a_season_are_what_its_challenges_gave": [
        one("analytics.season_progress", f"points = points + {LEAST}", "points > 0"),
        one("analytics.season_progress", "points = 1", "points = 0"),
        one("analytics.season_progress", "points_by_challenge = '{}'", "points > 0"),
    ],
    "the_ranks_of_a_board_follow_each_other": [
        f"update {ENTRIES} set rank = rank + 1 where run_id = (select max(run_id) from {ENTRIES})",
        one(ENTRIES, "rank = 100000"),
        f"delete from {ENTRIES} where rank = 1",
    ],
    "the_registrations_of_a_tournament_agree_whether_it_is_official": [
        "insert into raw.tournament_entries"
        " (chain_id, tournament_id, wallet_address, is_official, registered_at)"
        f" values (1088, 999999, '{BUSY}', true, now()), (1088, 999999, '{RIVAL}', false, now()),"
        f" (1088, 999999, '{IDLE}', true, now())",
    ],
    "the_thresholds_of_a_ladder_rise_in_sort_order": [
        *(
            one(
                TIERS,
                f"threshold_value = {value} + (select threshold_value from {TIERS}"
                " where challenge_key = 'win_streak' and sort_order = 2)",
                "challenge_key = 'win_streak' and sort_order = 1",
            )
            for value in (0, 1)
        ),
        # of tiers that do not follow each other, too
        one(TIERS, "threshold_value = 1e9", "challenge_key = 'win_streak' and sort_order = 1"),
    ],
    "the_tier_codes_of_a_ladder_are_unique": [
        one(TIERS, "tier_code = 'NONE'"),
        one(
            TIERS,
            f"tier_code = (select tier_code from {TIERS}"
            " where challenge_key = 'win_streak' and sort_order = 2)",
            "challenge_key = 'win_streak' and sort_order = 1",
        ),
    ],
    "what_happened_in_180_days_happened_in_all_time": [
        one(PROGRESS, f"rolling_value = value + {LEAST}", of_metrics(behaviour))
        for behaviour in ("in the window", "the part inside the window")
    ],
}
FAULTS["no_seed_repeats_a_key"] = REPEATED
#: Changes that are close to a fault and are none.
SOUND: dict[str, list[str]] = {
    "a_computed_cluster_has_every_active_challenge": [
        f"delete from {PROGRESS} where cluster_id = 'demo-0100'",
        one(CHALLENGES, "state = 'retired'", "key = 'win_streak'"),
    ],
    "a_tier_of_progress_is_reached_by_the_value": [
        one(PROGRESS, f"value = {THRESHOLD}", "tier <> 'NONE'"),
        one(PROGRESS, "tier = 'NONE'", "tier <> 'NONE'"),
    ],
    "every_active_challenge_rests_on_a_metric_that_exists": [
        one(CHALLENGES, "metric_key = 'no', state = 'retired'"),
    ],
    "every_entry_belongs_to_a_complete_run": [f"delete from {ENTRIES}"],
    "every_entry_of_a_board_has_a_score": [one(ENTRIES, f"score = {LEAST}")],
    "every_tier_has_a_threshold_above_zero": [one(TIERS, "threshold_value = 1")],
    "every_unlock_belongs_to_a_challenge": [
        one(CHALLENGES, "state = 'retired'"),
        # of a deploy that was undone
        one("analytics.tier_unlocks", "challenge_key = 'no', revoked_at = unlocked_at"),
    ],
    "every_tier_belongs_to_a_challenge": [one(CHALLENGES, "state = 'retired'")],
    "progress_is_never_negative": [one(PROGRESS, "value = 0, rolling_value = 0")],
    "the_points_of_a_season_are_what_its_challenges_gave": [
        "insert into analytics.season_progress"
        """ select 'probe', 'busy', 3.5, 1, '{"a": 1.25, "b": 2.25}', now()""",
    ],
    "the_registrations_of_a_tournament_agree_whether_it_is_official": [
        # two tournaments of one number, on two chains
        "insert into raw.tournament_entries"
        " (chain_id, tournament_id, wallet_address, is_official, registered_at)"
        f" values (1088, 999999, '{BUSY}', true, now()), (53935, 999999, '{BUSY}', false, now()),"
        f" (53935, 999999, '{RIVAL}', false, now())",
    ],
    "the_ranks_of_a_board_are_in_the_order_of_scores": [
        f"{EQUAL_BUT} third_value = rank",
        f"{EQUAL_BUT} fourth_value = -rank",
    ],
    "the_ranks_of_a_board_follow_each_other": [
        # clusters that are equal share a rank
        f"insert into {ENTRIES} select run_id, 'another', score, tiebreaker, rank, payload,"
        f" created_at from {ENTRIES} limit 1",
        # the first entry was removed with a deleted account
        "with removed as (delete from analytics.leaderboard_entries where run_id ="
        f" (select max(run_id) from {ENTRIES}) and rank = 1 returning run_id)"
        " update app.leaderboard_runs set removed_entries = 1"
        " where id in (select run_id from removed)",
    ],
    "what_happened_in_180_days_happened_in_all_time": [
        one(PROGRESS, "rolling_value = value", of_metrics("in the window")),
        # a state can have been less, for example levels of heroes that were sold
        one(PROGRESS, "rolling_value = value + 1", of_metrics("as of the end")),
    ],
    "no_seed_repeats_a_key": [
        # in each of two columns, but not in both
        "insert into analytics.lp_pools (chain_id, pool_id)"
        " select max(chain_id), max(pool_id) + 1 from analytics.lp_pools",
    ],
}


@pytest.fixture(scope="module")
def database_with_faults(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a copy of the computed demo world, whose season goes on."""
    url = new_database("faults", demo_world_template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update app.seasons set ends_at = '2100-01-01'")
    return url


@pytest.fixture
def connection(
    database_with_faults: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """A connection to it."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", database_with_faults)
    with database.connect() as connection:
        yield connection


def test_every_data_test_has_a_fault() -> None:
    assert TESTS
    assert FAULTS.keys() == TESTS.keys()
    assert SOUND.keys() <= TESTS.keys()
    # seeds and sources have no data tests in YAML, where data_tests() does not look
    for path in [*PROJECT.glob("models/*/_*.yml"), *PROJECT.glob("seeds/*.yml")]:
        assert "tests:" not in path.read_text(), path
    text = "".join(path.read_text() for path in PROJECT.glob("models/*/*.yml"))
    assert all(f"- {kind}:\n" in text for kind in GENERIC)
    seeds = {path.stem for path in PROJECT.glob("seeds/*.csv")}
    # the ladders have data tests of their own
    assert {seed for seed, _ in KEYS} == seeds - {"challenge_tiers"} - WITHOUT_ROWS


@pytest.mark.parametrize("name", sorted(TESTS))
def test_a_data_test_notices_its_faults(connection: psycopg.Connection, name: str) -> None:
    question = TESTS[name]()

    def found_after(change: str) -> list[tuple]:
        with connection.transaction(force_rollback=True):
            assert connection.execute(change).rowcount != 0, change
            return connection.execute(question).fetchall()

    assert connection.execute(question).fetchall() == []
    for fault in FAULTS[name]:
        assert found_after(fault), fault
    for change in SOUND.get(name, []):
        assert found_after(change) == [], change
