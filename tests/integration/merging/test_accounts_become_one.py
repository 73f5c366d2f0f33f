"""Two accounts of one player become one, and two again: links, values, unlocks and what is told."""

from datetime import datetime, timedelta

import psycopg
import pytest

from hedge import merging, runs, wallets
from hedge.errors import HedgeError
from tests import Hedge
from tests.support import add_cluster, progress, put, pvp_match

KEPT, ABSORBED = "busy", "idle"
FIRST, SECOND, THIRD = (f"0x{number:040x}" for number in (11, 12, 13))


def links(connection: psycopg.Connection) -> dict[str, tuple[str, bool]]:
    """The cluster of each linked wallet, and whether the wallet is its primary one."""
    rows = connection.execute(
        "select address, cluster_id, is_primary from app.wallet_links where unlinked_at is null"
    )
    return {address: (cluster, primary) for address, cluster, primary in rows.fetchall()}


def unlocks(connection: psycopg.Connection, cluster: str) -> dict[str, datetime]:
    """When the tiers of the challenge arena_victor were reached that stand."""
    rows = connection.execute(
        "select tier_code, unlocked_at from analytics.tier_unlocks where cluster_id = %s"
        " and challenge_key = 'arena_victor' and kind = 'TIER' and revoked_at is null",
        [cluster],
    )
    return dict(rows.fetchall())


def events(connection: psycopg.Connection, after: int) -> set[tuple[str, str]]:
    rows = connection.execute(
        "select event_type, cluster_id from app.events where event_id > %s", [after]
    )
    return set(rows.fetchall())


def last_event(connection: psycopg.Connection) -> int:
    return connection.execute("select coalesce(max(event_id), 0) from app.events").fetchone()[0]


def requested(connection: psycopg.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("select cluster_id, reason from app.etl_requests").fetchall())


def win(connection: psycopg.Connection, wallet: str, matches: int) -> None:
    for _ in range(matches):
        put(connection, pvp_match(wallet))


@pytest.fixture
def accounts(connection: psycopg.Connection) -> psycopg.Connection:
    """Two accounts, which have reached the first tier of a challenge one after the other."""
    add_cluster(connection, KEPT, FIRST, discord_id="1001")
    add_cluster(connection, ABSORBED, SECOND, THIRD, discord_id="1002")
    win(connection, SECOND, 9)
    win(connection, THIRD, 2)
    runs.full()
    win(connection, FIRST, 6)
    runs.full()
    return connection


@pytest.mark.parametrize("stands", [True, False], ids=["both", "absorbed"])
def test_the_earlier_date_stands_beside_revoked_unlocks_of_the_same_instant(
    accounts: psycopg.Connection, stands: bool
) -> None:
    """An exclusion of the cluster that is kept took the tier twice: at the instant of the other's
    unlock, and a microsecond later."""
    earlier = unlocks(accounts, ABSORBED)["BASIC"]
    microsecond = timedelta(microseconds=1)
    for instant in (earlier, earlier + microsecond):
        accounts.execute(
            "insert into analytics.tier_unlocks"
            " (cluster_id, challenge_key, tier_code, kind, unlocked_at, revoked_at, revoked_reason)"
            " values (%s, 'arena_victor', 'BASIC', 'TIER', %s, %s, 'excluded')",
            [KEPT, instant, instant],
        )
    if not stands:
        accounts.execute(
            "delete from analytics.tier_unlocks where cluster_id = %s and revoked_at is null",
            [KEPT],
        )
    merging.merge(accounts, KEPT, ABSORBED, "a test")
    runs.cluster([KEPT, ABSORBED])
    assert unlocks(accounts, KEPT)["BASIC"] == earlier + 2 * microsecond
    assert unlocks(accounts, ABSORBED) == {}


def test_one_account_has_what_two_had_and_two_have_it_again(
    accounts: psycopg.Connection,
) -> None:
    before, old = unlocks(accounts, KEPT), unlocks(accounts, ABSORBED)
    assert set(before) == set(old) == {"BASIC"}
    assert old["BASIC"] < before["BASIC"]
    assert progress(accounts, KEPT)["arena_victor"] == 6
    assert progress(accounts, ABSORBED)["arena_victor"] == 11
    accounts.execute("delete from app.etl_requests")
    told = last_event(accounts)

    done = merging.merge(accounts, KEPT, ABSORBED, "a test")
    assert (done.kept, done.absorbed, done.merged_by, done.wallets) == (KEPT, ABSORBED, "a test", 2)
    assert {cluster for cluster, _ in links(accounts).values()} == {KEPT}
    assert {(KEPT, "accounts merged"), (ABSORBED, "accounts merged")} <= requested(accounts)
    assert events(accounts, told) == {("cluster.merged", KEPT), ("cluster.merged", ABSORBED)}

    runs.cluster([KEPT, ABSORBED])
    assert progress(accounts, KEPT)["arena_victor"] == 17
    assert progress(accounts, ABSORBED) == {}
    merged = unlocks(accounts, KEPT)
    # the earlier date of the two, and a tier that both reach together
    assert merged["BASIC"] == old["BASIC"]
    assert set(merged) == {"BASIC", "ADVANCED"}
    assert unlocks(accounts, ABSORBED) == {}
    assert ("tier.revoked", ABSORBED) not in events(accounts, told)

    merging.split(accounts, ABSORBED, "another test")
    assert {address: cluster for address, (cluster, _) in links(accounts).items()} == {
        FIRST: KEPT,
        SECOND: ABSORBED,
        THIRD: ABSORBED,
    }
    runs.cluster([KEPT, ABSORBED])
    assert progress(accounts, KEPT)["arena_victor"] == 6
    assert progress(accounts, ABSORBED)["arena_victor"] == 11
    # each date is what it was, and what was reached together is reached no more
    assert unlocks(accounts, KEPT) == before
    assert unlocks(accounts, ABSORBED) == old
    (row,) = merging.merges(accounts, ABSORBED)
    assert (row.undone_by, row.merge_id) == ("another test", done.merge_id)


def test_what_is_linked_to_an_absorbed_account_is_linked_to_the_other(
    accounts: psycopg.Connection,
) -> None:
    merging.merge(accounts, KEPT, ABSORBED, "a test")
    linked = wallets.link(accounts, ABSORBED, [f"0x{99:040x}"])
    assert (linked.linked, links(accounts)[f"0x{99:040x}"][0]) == (1, KEPT)
    with pytest.raises(
        psycopg.errors.RaiseException, match="cluster idle was merged into busy: link the wallet"
    ):
        accounts.execute(
            "insert into app.wallet_links (cluster_id, address) values (%s, %s)",
            [ABSORBED, f"0x{98:040x}"],
        )


def test_a_list_without_merges_is_a_sentence(accounts: psycopg.Connection, hedge: Hedge) -> None:
    assert hedge("clusters", "merges")[1] == "No account was merged with another.\n"
    assert hedge("clusters", "merges", KEPT)[1] == f"{KEPT} was never merged with another.\n"
    assert hedge("clusters", "merges", "--json")[1] == "[]\n"


@pytest.mark.parametrize(
    ("kept", "absorbed", "sentence"),
    [
        (KEPT, KEPT, "cluster busy cannot be merged into itself"),
        (KEPT, "nobody", "no cluster nobody"),
        ("nobody", KEPT, "no cluster nobody"),
        (KEPT, ABSORBED, "cluster idle was merged into busy"),
        (ABSORBED, "rival", "cluster idle was merged into busy"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    accounts: psycopg.Connection, kept: str, absorbed: str, sentence: str
) -> None:
    add_cluster(accounts, "rival")
    merging.merge(accounts, KEPT, ABSORBED, "a test")
    with pytest.raises(HedgeError, match=sentence):
        merging.merge(accounts, kept, absorbed, "a test")


def test_merges_are_undone_the_latest_first_and_within_the_term(
    accounts: psycopg.Connection,
) -> None:
    add_cluster(accounts, "rival", f"0x{14:040x}", discord_id="1003")
    first = merging.merge(accounts, KEPT, ABSORBED, "a test")
    assert first.undo_until - first.merged_at >= timedelta(days=30) - timedelta(seconds=1)
    merging.merge(accounts, "rival", KEPT, "a test")
    # both accounts are of the last one
    rows = accounts.execute(
        "select cluster_id, app.remaining_cluster(cluster_id) from app.wallet_clusters"
    )
    assert dict(rows.fetchall()) == {KEPT: "rival", ABSORBED: "rival", "rival": "rival"}
    with pytest.raises(HedgeError, match="cluster busy was merged into rival since: undo that"):
        merging.split(accounts, ABSORBED, "a test")
    merging.split(accounts, KEPT, "a test")
    rows = accounts.execute("select app.remaining_cluster(%s)", [ABSORBED])
    assert rows.fetchone() == (KEPT,)
    accounts.execute(
        "update app.cluster_merges set undo_until = now() where absorbed = %s", [ABSORBED]
    )
    with pytest.raises(HedgeError, match="the merge of cluster idle could be undone until 20"):
        merging.split(accounts, ABSORBED, "a test")
    with pytest.raises(HedgeError, match="cluster rival was not merged into another"):
        merging.split(accounts, "rival", "a test")


@pytest.mark.parametrize("command", ["progress", "explain", "chain prove"])
def test_what_is_asked_about_the_absorbed_account_names_the_other(
    accounts: psycopg.Connection, hedge: Hedge, command: str
) -> None:
    merging.merge(accounts, KEPT, ABSORBED, "a test")
    runs.cluster([KEPT, ABSORBED])
    challenge = [] if command == "progress" else ["arena_victor"]
    sentence = "hedge: cluster idle was merged into busy: ask for busy\n"
    assert hedge(*command.split(), ABSORBED, *challenge) == (1, "", sentence)
