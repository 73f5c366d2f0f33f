"""Seasons as rows: which one is active, which weights are taken, and how clusters are ranked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hedge import catalogue, runs, seasons
from hedge.errors import HedgeError, UsageError
from hedge.seasons import Season
from tests.support import AS_OF, BUSY, add_cluster, days_ago

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def rules(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared."""
    return transaction


def add(connection: psycopg.Connection, name: str, start: float, end: float, **fields: Any) -> None:
    """A season of some days before the as-of instant; active unless told otherwise."""
    given = {"is_active": True} | fields
    seasons.add(connection, Season(name, name, days_ago(start), days_ago(end), **given))


@pytest.mark.parametrize(
    ("as_of", "active"),
    [
        (days_ago(10) - MICROSECOND, None),
        (days_ago(10), "first"),
        (days_ago(5) - MICROSECOND, "first"),
        (days_ago(5), "second"),
        (days_ago(0), None),
    ],
)
def test_a_season_is_current_from_its_start_until_before_its_end(
    rules: psycopg.Connection, as_of: datetime, active: str | None
) -> None:
    add(rules, "first", 10, 5)
    add(rules, "second", 5, 0)
    add(rules, "draft", 20, -20, is_active=False)
    found = seasons.active(rules, as_of)
    assert (found and found.id) == active
    # the newest first
    assert [one.id for one in seasons.all_seasons(rules, as_of)] == ["second", "first", "draft"]
    assert [one.id for one in seasons.all_seasons(rules, as_of) if one.is_current] == (
        [active] if active else []
    )


def test_only_active_seasons_overlap_and_no_season_overlaps_itself(
    rules: psycopg.Connection,
) -> None:
    add(rules, "first", 10, 5)
    add(rules, "draft", 9, 6, is_active=False)
    for start, end in ((20, 10), (5, 0)):
        with rules.transaction(force_rollback=True):
            add(rules, "meets", start, end)
    for start, end in ((20, 9.99), (5.01, 0), (9, 6), (20, 0)):
        with pytest.raises(UsageError, match="season other overlaps first, and only one can be"):
            add(rules, "other", start, end)
    seasons.edit(rules, "first", ends_at=days_ago(4))
    with pytest.raises(UsageError, match="no season nothing"):
        seasons.edit(rules, "nothing", name="N")


@pytest.mark.parametrize(
    ("weight", "is_taken"),
    [
        ("0.000001", True),
        ("0.0000001", False),
        ("999999999999.999999", True),
        ("1000000000000", False),
        ("1.", False),
        ("0.000000", False),
        (" 1", False),
        ("1e3", False),
        ("+1", False),
    ],
)
def test_a_weight_has_twelve_digits_and_six_decimals_at_most(
    rules: psycopg.Connection, weight: str, is_taken: bool
) -> None:
    add(rules, "spring", 10, 0)
    given = [{"challenge_key": "arena_victor", "weight": weight}]
    if is_taken:
        seasons.put_weights(rules, "spring", given)
        (found,) = seasons.weights(rules, "spring")
        assert (found.weight, found.challenge, found.unit) == (
            Decimal(weight),
            "Arena Victor",
            "matches",
        )
        assert seasons.season(rules, "spring").weights == 1
    else:
        with pytest.raises(UsageError, match=r"the weight of arena_victor is .*, not a number"):
            seasons.put_weights(rules, "spring", given)
        assert seasons.weights(rules, "spring") == []


def test_weights_of_one_season_leave_those_of_others_and_mark_the_season_as_changed(
    rules: psycopg.Connection,
) -> None:
    for name in ("one", "other"):
        add(rules, name, 10, 0, is_active=False)
        given = [{"challenge_key": key, "weight": "1"} for key in ("win_streak", "hero_riser")]
        seasons.put_weights(rules, name, given)
    rules.execute("update app.seasons set changed_at = '2026-01-01'")
    replaced = [{"challenge_key": "win_streak", "weight": "2", "note": "ignored"}]
    seasons.put_weights(rules, "one", replaced, only=True)
    # in the order of the catalogue
    assert [weight.challenge_key for weight in seasons.weights(rules, "other")] == [
        *("hero_riser", "win_streak")
    ]
    assert [(one.challenge_key, one.weight) for one in seasons.weights(rules, "one")] == [
        ("win_streak", 2)
    ]
    changed = "select id from app.seasons where changed_at > '2026-01-01'"
    assert rules.execute(changed).fetchall() == [("one",)]
    with pytest.raises(UsageError, match="no season nothing"):
        seasons.put_weights(rules, "nothing", replaced)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("challenge_key,weight\narena_victor,2.5\n", {}),
        ("\ufeffnote,weight,challenge_key\nx,2.5,arena_victor\n", {"note": "x"}),
    ],
)
def test_a_file_of_weights_may_have_more_columns_and_a_mark(
    tmp_path: Path, text: str, row: dict[str, str]
) -> None:
    file = tmp_path / "weights.csv"
    file.write_text(text)
    assert seasons.read_weights(str(file)) == [
        {"weight": "2.5", "challenge_key": "arena_victor"} | row
    ]


def test_clusters_with_points_are_ranked_and_equals_share_a_rank(
    rules: psycopg.Connection,
) -> None:
    add(rules, "spring", 10, 0)
    add(rules, "other", 30, 20)
    for season, cluster, points in (
        ("spring", "c", 5),
        ("spring", "b", 7.5),
        ("spring", "a", 7.5),
        ("spring", "none", 0),
        ("other", "d", 99),
    ):
        rules.execute(
            "insert into analytics.season_progress"
            " (season_id, cluster_id, points, level, points_by_challenge, updated_at)"
            " values (%s, %s, %s, 1, '{}', now())",
            [season, cluster, points],
        )
    found = seasons.ranking(rules, "spring")
    assert [(one.rank, one.cluster_id) for one in found] == [(1, "a"), (1, "b"), (2, "c")]
    assert str(found[0].points) == "7.5"
    assert len(seasons.ranking(rules, "spring", 1)) == 1
    with pytest.raises(UsageError, match="no season nothing"):
        seasons.ranking(rules, "nothing")


def test_the_next_level_is_the_first_above_the_points(rules: psycopg.Connection) -> None:
    add(rules, "spring", 10, 0)
    add_cluster(rules, "busy", BUSY)
    first, second, *_ = rules.execute(
        "select points_required from analytics.season_levels where points_required > 0 order by 1"
    ).fetchall()
    rules.execute(
        "insert into analytics.season_progress"
        " (season_id, cluster_id, points, level, points_by_challenge, updated_at)"
        " values ('spring', 'busy', %s, 2, %s, now())",
        [first[0], '{"win_streak": 3}'],
    )
    # a level that is just reached is not the next one
    assert seasons.of_cluster(rules, "spring", "busy").next_level_threshold == second[0]
    given = [{"challenge_key": key, "weight": "1"} for key in ("win_streak", "hero_riser")]
    seasons.put_weights(rules, "spring", given)

    def shares() -> list[tuple[str, Decimal]]:
        found = seasons.shares(rules, "spring", "busy")
        return [(share.challenge_key, share.points) for share in found]

    assert shares() == [("hero_riser", 0), ("win_streak", 3)]
    # also what the catalogue no longer has gave points
    rules.execute("delete from analytics.challenges where key = 'win_streak'")
    assert shares() == [("hero_riser", 0), ("win_streak", 3)]
    with pytest.raises(UsageError, match="no cluster nobody"):
        seasons.of_cluster(rules, "spring", "nobody")
    rules.execute("delete from analytics.season_progress")
    with pytest.raises(HedgeError, match="run hedge seasons run spring"):
        seasons.of_cluster(rules, "spring", "busy")


def test_a_season_is_run_from_its_first_instant_on(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a database of its own, because a run looks at the season in a session of its own."""
    ran = []
    monkeypatch.setattr(runs, "season", lambda _, name, as_of, report: ran.append((name, as_of)))
    add(connection, "spring", 10, 0)
    seasons.run("spring", days_ago(10))
    with pytest.raises(UsageError, match="season spring begins at 2026-05-22 12:00 UTC"):
        seasons.run("spring", days_ago(10) - MICROSECOND)
    assert seasons.run(as_of=AS_OF - MICROSECOND)[0].id == "spring"
    with pytest.raises(UsageError, match="no season is active at 2026-06-01T12:00:00"):
        seasons.run(as_of=AS_OF)
    later = datetime(2999, 1, 1, tzinfo=UTC)
    for run in (seasons.run, seasons.run_due):
        with pytest.raises(UsageError, match=r"the as-of instant 2999-01-01T00:00:00\S* lies in"):
            run(as_of=later)
    assert ran == [("spring", days_ago(10)), ("spring", AS_OF - MICROSECOND)]


def test_the_catalogue_adds_what_is_missing_and_changes_nothing_that_exists(
    rules: psycopg.Connection,
) -> None:
    first = catalogue.install(rules)
    assert (len(first.seasons), len(first.boards)) == (1, 11)
    assert seasons.season(rules, first.seasons[0]).weights == 20
    key = first.boards[0]
    rules.execute("update app.leaderboard_defs set name = 'Mine' where key = %s", [key])
    rules.execute("delete from app.leaderboard_defs where key = %s", [first.boards[1]])
    rules.execute("delete from app.season_challenge_weights")
    second = catalogue.install(rules)
    assert (second.seasons, second.boards) == ([], [first.boards[1]])
    assert seasons.season(rules, first.seasons[0]).weights == 0
    kept = rules.execute("select name from app.leaderboard_defs where key = %s", [key])
    assert kept.fetchone() == ("Mine",)
