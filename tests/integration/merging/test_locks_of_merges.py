"""What merges lock before they read: without the locks, what others write meanwhile would be lost,
or two sessions would wait for each other. Of two merges, see test_races_of_merges.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge import database, names
from tests.settled_rewards import put_season
from tests.support import Beside, add_cluster, executes, require_order
from tests.unlocks import put_progress, put_unlock

WALLETS = {name: f"0x{number:040x}" for number, name in enumerate(("busy", "idle", "rival"), 21)}
MERGE = "select app.merge_clusters('busy', 'idle', interval '1 day', 'a test')"
SPLIT = "select app.split_clusters('idle', 'a test')"
BEGIN, END = "select app.follow_merges(false)", "select app.follow_merges(true)"
#: What a run that settles rewards has locked.
SETTLE = "select pg_advisory_xact_lock(hashtext('app.rewards'))"
EARLY = datetime.now(UTC) - timedelta(hours=3)
#: The player of the account that is absorbed.
ABSORBED = "player_id = (select player_id from app.wallet_clusters where cluster_id = 'idle')"
EMPTIED = (
    *("app.wallet_links", "app.wallet_clusters", "app.players", "app.seasons"),
    *("analytics.tier_unlocks", "analytics.challenge_progress", "analytics.season_progress"),
    "analytics.cluster_metrics",
)


@pytest.fixture
def accounts(deployed: psycopg.Connection) -> psycopg.Connection:
    """Three accounts with a wallet each, in the database of this module."""
    deployed.execute(";".join(f"delete from {table}" for table in EMPTIED))
    for name, wallet in WALLETS.items():
        add_cluster(deployed, name, wallet)
    return deployed


@pytest.mark.parametrize("change", [MERGE, SPLIT, BEGIN])
def test_the_rewards_are_locked_before_accounts(accounts: psycopg.Connection, change: str) -> None:
    """A run that settles rewards locks clusters after that."""
    if change != MERGE:
        accounts.execute(MERGE)
    with database.connect(autocommit=False) as run:
        run.execute(SETTLE)
        beside = Beside(executes(change))
        assert beside.waits
        for table in ("players", "wallet_clusters"):
            free = run.execute(f"select from app.{table} for update skip locked").fetchall()
            assert len(free) == len(WALLETS)
        run.commit()
    beside.result()


def test_who_changes_the_name_may_change_the_player_after_that(
    accounts: psycopg.Connection,
) -> None:
    name = names.display_name("Idle One")
    accounts.execute(
        "insert into app.names_of_players (player_id, display_name, folded, look, folded_look)"
        f" select player_id, %s, %s, %s, %s from app.players where {ABSORBED}",
        [name.display_name, name.folded, name.look, name.folded_look],
    )
    with database.connect(autocommit=False) as player:
        player.execute(f"delete from app.names_of_players where {ABSORBED}")
        merge = Beside(executes(MERGE))
        assert merge.waits
        # they would wait for each other, and one of the two would fail
        player.execute(f"update app.players set display_name = null where {ABSORBED}")
        player.commit()
    merge.result()


def test_a_consent_that_is_taken_back_meanwhile_is_not_given_back_by_the_undo(
    accounts: psycopg.Connection,
) -> None:
    consent = f"update app.players set show_on_boards = %s where {ABSORBED}"
    accounts.execute(consent, [True])
    with database.connect(autocommit=False) as player:
        player.execute(consent, [False])
        merge = Beside(executes(MERGE))
        assert merge.waits
        player.commit()
    merge.result()
    accounts.execute(SPLIT)
    shown = accounts.execute(f"select show_on_boards from app.players where {ABSORBED}")
    assert shown.fetchall() == [(False,)]


def test_a_wallet_that_another_player_proves_meanwhile_stays_with_that_player(
    accounts: psycopg.Connection,
) -> None:
    with database.connect(autocommit=False) as prover:
        prover.execute(
            "update app.wallet_links set unlinked_at = now(), is_primary = false"
            " where cluster_id = 'idle'"
        )
        prover.execute(
            "insert into app.wallet_links (cluster_id, address, verified_at)"
            " values ('rival', %s, now())",
            [WALLETS["idle"]],
        )
        merge = Beside(executes(MERGE))
        assert merge.waits
        prover.commit()
    merge.result()
    active = accounts.execute(
        "select cluster_id, address from app.wallet_links where unlinked_at is null order by 1, 2"
    )
    expected = [("busy", "busy"), ("rival", "idle"), ("rival", "rival")]
    assert active.fetchall() == [(cluster, WALLETS[wallet]) for cluster, wallet in expected]


def test_what_a_run_is_revoking_is_revoked_of_both_after_an_undo(
    accounts: psycopg.Connection,
) -> None:
    put_unlock(accounts, EARLY, cluster="idle")
    for statement in (MERGE, BEGIN, SPLIT):
        accounts.execute(statement)
    with database.connect(autocommit=False) as run:
        run.execute(
            "update analytics.tier_unlocks set revoked_at = now(), revoked_reason = 'moved'"
        )
        follow = Beside(executes(BEGIN))
        assert follow.waits
        run.commit()
    follow.result()
    unlocks = "select cluster_id, revoked_reason from analytics.tier_unlocks order by 1"
    assert accounts.execute(unlocks).fetchall() == [("busy", "moved"), ("idle", "moved")]


def put_metrics(connection: psycopg.Connection, window: str) -> None:
    connection.execute(
        "insert into analytics.cluster_metrics (cluster_id, window_key, metrics, last_computed_at)"
        " values ('idle', %s, '{}', now())",
        [window],
    )


def put_points(connection: psycopg.Connection, season: str) -> None:
    put_season(connection, season)
    connection.execute(
        "insert into analytics.season_progress"
        " (season_id, cluster_id, points, level, points_by_challenge, updated_at)"
        " values (%s, 'idle', 1, 1, '{}', now())",
        [season],
    )


@pytest.mark.parametrize(
    ("mart", "key", "put"),
    [
        ("cluster_metrics", "window_key", put_metrics),
        (
            "challenge_progress",
            "challenge_key",
            lambda accounts, key: put_progress(accounts, 1, challenge=key, cluster="idle"),
        ),
        ("season_progress", "season_id", put_points),
    ],
)
def test_rows_of_an_absorbed_cluster_are_locked_in_the_order_in_which_runs_lock_them(
    accounts: psycopg.Connection,
    mart: str,
    key: str,
    put: Callable[[psycopg.Connection, str], None],
) -> None:
    accounts.execute(MERGE)
    for name in ("first", "second"):
        put(accounts, name)
    accounts.execute(f"delete from analytics.{mart} where {key} = 'first'")
    accounts.execute("delete from app.seasons where id = 'first'")
    put(accounts, "first")
    rows = f"select from analytics.{mart} where {key} = "
    require_order(f"{rows} 'first'", f"{rows} 'second'", executes(END))
    assert accounts.execute(f"select count(*) from analytics.{mart}").fetchone() == (0,)


def test_the_points_of_a_season_that_was_over_for_a_week_stay(
    accounts: psycopg.Connection,
) -> None:
    """They are the standings that were published."""
    accounts.execute(MERGE)
    for season, since in (("over", "7 days"), ("ending", "6 days 23:59:59.999999")):
        put_points(accounts, season)
        accounts.execute(
            "update app.seasons set starts_at = '2020-01-01', ends_at = merges.merged_at"
            f" - interval '{since}' from app.cluster_merges as merges where seasons.id = %s",
            [season],
        )
    accounts.execute(END)
    left = accounts.execute("select season_id from analytics.season_progress").fetchall()
    assert left == [("over",)]
