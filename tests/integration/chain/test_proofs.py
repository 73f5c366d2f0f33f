"""A value is proved from its logs, and another database with the same logs finds it equal."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, runs
from hedge.analysis import proofs
from hedge.chain.decoding import decode
from tests import Hedge
from tests.integration.chain.facts import ALICE, BOB, DFK, METIS, put_block, put_log, tx
from tests.prepared_server import drop_database
from tests.support import add_cluster, hunt, put

#: Deployments and builds of two databases.
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("proofs")]


def put_logs(connection: psycopg.Connection) -> None:
    """Two patrols of Alice, one of Bob, and a vote of Alice on a battle, decoded."""
    for block in range(1, 9):
        put_block(connection, METIS, block)
    put_log(connection, "pvp_diamond", "PatrolStarted", [1, ALICE], [3], block=1)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [1, ALICE], [2, True], block=2)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [2, ALICE], [2, True], block=3)
    put_log(connection, "pvp_diamond", "PatrolCompleted", [3, BOB], [2, True], block=4)
    put_log(connection, "pvp_diamond", "BattleCreated", [7, BOB], [11, 12], block=5)
    put_log(
        connection, "pvp_diamond", "BattleSpectatorAdded", [7, ALICE], [1, 5, (1, 2, 3, 4)],
        block=6,
    )  # fmt: skip
    put_log(connection, "pvp_diamond", "BattleCompleted", [7], [BOB, 1], block=7)
    for block in range(1, 4):
        put_block(connection, DFK, block)
    put_log(connection, "lp_staking_diamond", "Deposit", [ALICE, 1], [5 * 10**18], block=1)
    connection.execute(
        "insert into raw.lp_prices_daily (price_date, chain_id, pool_id, usd_per_lp)"
        " values ('2026-05-01', 53935, 1, 30), ('2026-05-02', 53935, 1, 20)"
    )
    deposit(connection, 1, 5)
    decode(connection)


def deposit(connection: psycopg.Connection, block: int, total: int) -> None:
    """JEWEL that Alice locks."""
    values = [(total * 10**18, 0, 0, 0, 0, 0), 10**18, 0]
    put_log(connection, "cjewel", "Deposit", [ALICE], values, block=block, index=1)


def test_a_value_is_proved_and_verified_elsewhere(
    connection: psycopg.Connection,
    template: str,
    server: str,
    new_database: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    hedge: Hedge,
) -> None:
    put_logs(connection)
    add_cluster(connection, "alice", ALICE, discord_id="100000000000000001")
    connection.execute("update app.players set display_name = 'Alice of the North'")
    runs.cluster(["alice"])
    file, derived = tmp_path / "proof.json", tmp_path / "derived.json"

    def prove(challenge: str, to: Path, *options: str) -> tuple[int, str, str]:
        return hedge("chain", "prove", "alice", challenge, "-o", str(to), *options)

    assert prove("patrol_warden", file)[0] == 0
    content = json.loads(file.read_text())
    assert (content["value"], content["metric_key"]) == ("2", "wins")
    assert [log["tx_hash"] for log in content["logs"]] == [tx(1), tx(2), tx(3)]
    assert [fact["key"]["patrol_id"] for fact in content["facts"]] == [1, 2]
    assert [link["address"] for link in content["links"]] == [ALICE]
    assert "Alice of" not in file.read_text()
    assert "100000000000000001" not in file.read_text()
    # a derived metric rests on the facts of all that it is made of
    assert prove("metis_mastery_score", derived)[0] == 0
    votes = {log["tx_hash"] for log in json.loads(derived.read_text())["logs"]}
    assert {tx(2), tx(5), tx(6), tx(7)} <= votes
    assert prove("lp_depth", tmp_path / "priced.json")[0] == 0
    priced = json.loads((tmp_path / "priced.json").read_text())
    assert (priced["value"], len(priced["logs"]), len(priced["prices"])) == ("100", 1, 2)
    assert prove("jeweler_whale", tmp_path / "jewel.json")[0] == 0
    # as of an instant between the two patrols
    status, said, _ = hedge(
        "chain", "prove", "alice", "patrol_warden", "--as-of", "2026-05-01T00:00:03Z"
    )
    early = json.loads(said)
    assert (status, early["value"], len(early["logs"])) == (0, "1", 2)
    # a fact without a log is named
    put(connection, hunt(ALICE, hunt_id=77, chain_id=METIS))
    runs.cluster(["alice"])
    status, _, error = prove("hunters_triumph", tmp_path / "none.json")
    assert status == 1
    assert "hunting_encounters hunt_id 77, chain_id 1088" in error

    url = new_database("verifies", template)
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    try:
        with database.connect() as other:
            verify_elsewhere(other, tmp_path, hedge)
    finally:
        drop_database(server, "verifies")


def verify_elsewhere(other: psycopg.Connection, folder: Path, hedge: Hedge) -> None:
    """In a database with the same logs, everything is equal; what is changed there is named."""
    names = ("proof", "derived", "priced", "jewel")
    file, derived, priced, jewel = (folder / f"{name}.json" for name in names)

    def differences(of: Path = file) -> list[tuple[str, str, str]]:
        status, said, error = hedge("chain", "verify", str(of), "--json")
        assert not error
        found = json.loads(said)
        assert status == int(not found["is_equal"])
        return [tuple(one.values()) for one in found["differences"]]

    log = f"chain 1088, transaction {tx(3)}, log 0"
    fact = 'metis_patrol_events {"chain_id": 1088, "patrol_id": 2}'
    lacks = ("fact", fact, "is missing here")
    other_value = ("value", "patrol_warden", "is 1 here, and 2 there")
    assert ("log", log, "is missing here") in differences()
    put_logs(other)
    # the cluster is of somebody else here, and the wallet too
    add_cluster(other, "bob", ALICE)
    before = counted(other)
    assert differences() == differences(derived) == differences(priced) == []
    assert counted(other) == before
    assert hedge("chain", "verify", str(file))[1].startswith("equal: patrol_warden of alice is 2")
    # what happens after the instant of a proof changes nothing
    other.execute("update raw.chain_blocks set block_time = now() + interval '1 minute'"
                  " where chain_id = 53935 and block_number = 3")  # fmt: skip
    deposit(other, 3, 7)
    decode(other)
    assert differences(jewel) == []
    # another value, challenge or metric than what was proved
    proved = json.loads(file.read_text())
    changed = folder / "changed.json"
    measured = "is measured by onchain_metis_patrol.wins here, and by onchain_metis_patrol.no there"
    absent = "is 0 there, and no onchain_metis_patrol.no here"
    for changes, found in [
        (
            {"challenge": "unheard", "value": "3"},
            [
                ("challenge", "unheard", "is not known here"),
                ("value", "unheard", "is 2 here, and 3 there"),
            ],
        ),
        # no metric is not one of 0
        (
            {"metric_key": "no", "value": "0"},
            [("challenge", "patrol_warden", measured), ("value", "patrol_warden", absent)],
        ),
    ]:
        changed.write_text(json.dumps(proved | changes))
        kinds = {"challenge", "value"}
        assert [one for one in differences(changed) if one[0] in kinds] == found
    changed.write_text(json.dumps(proved | {"as_of": "2999-01-01T00:00:00Z"}))
    status, _, error = hedge("chain", "verify", str(changed))
    assert (status, "lies in the future" in error) == (2, True)
    # a database with the facts of files alone holds no log of them
    other.execute("update raw.metis_patrol_events set decoded_at = null where patrol_id = 2")
    assert ("fact", fact, "has no log here") in differences()
    other.execute("update raw.metis_patrol_events set decoded_at = now() where patrol_id = 2")

    with other.transaction(force_rollback=False):
        other.execute(
            "update raw.chain_logs set removed_at = now() where tx_hash = decode(%s, 'hex')",
            [tx(3)[2:]],
        )
    decode(other)
    removed = ("log", log, "is in a block that is not canonical here")
    assert differences() == [removed, lacks, other_value]
    other.execute("update raw.chain_logs set removed_at = null")
    decode(other)
    # not all that a contract says is in the values of a metric
    other.execute(
        "update raw.chain_logs set data = decode(repeat('00', 31) || '05', 'hex')"
        " || substr(data, 33) where tx_hash = decode(%s, 'hex')",
        [tx(3)[2:]],
    )
    decode(other)
    assert differences() == [
        ("log", log, "differs in data"),
        ("fact", fact, "differs in fights_completed"),
    ]
    other.execute(
        "update raw.chain_logs set data = decode(repeat('00', 31) || '02', 'hex')"
        " || substr(data, 33) where tx_hash = decode(%s, 'hex')",
        [tx(3)[2:]],
    )
    put_log(other, "pvp_diamond", "PatrolCompleted", [9, ALICE], [2, True], block=8)
    decode(other)
    kinds = [kind for kind, _, _ in differences()]
    assert kinds == ["log", "fact", "value"]
    other.execute("update raw.chain_logs set removed_at = now() where block_number = 8")
    decode(other)
    other.execute("update raw.lp_prices_daily set usd_per_lp = 21 where price_date = '2026-05-02'")
    price = 'lp_prices_daily {"pool_id": 1, "chain_id": 53935, "price_date": "2026-05-02"}'
    assert differences(priced) == [
        ("price", price, "differs in usd_per_lp"),
        ("value", "lp_depth", "is 105 here, and 100 there"),
    ]
    other.execute("insert into analytics.elite_difficulties values ('Terrible')")
    assert differences() == [("seed", "elite_difficulties", "has other rows here")]
    other.execute("delete from analytics.elite_difficulties where difficulty = 'Terrible'")


def counted(connection: psycopg.Connection) -> list[tuple]:
    """What is stored of clusters, and the schemas there are."""
    return connection.execute(
        "select 'links', count(*)::text from app.wallet_links"
        " union all select 'metrics', count(*)::text from analytics.cluster_metrics"
        " union all select 'runs', count(*)::text from app.etl_runs"
        " union all select 'schemas', string_agg(nspname, ' ' order by nspname) from pg_namespace"
        " where nspname !~ '^pg_'"
    ).fetchall()


def test_all_that_a_proof_holds_is_of_one_instant(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patrol that another session stores while the proof is read is not in it."""
    put_logs(connection)
    add_cluster(connection, "alice", ALICE)
    runs.cluster(["alice"])
    named = proofs.query

    def query(name: str) -> str:
        if name == "proof_logs":
            with database.connect() as other:
                put_log(other, "pvp_diamond", "PatrolCompleted", [8, ALICE], [2, True], block=8)
                decode(other)
        return named(name)

    monkeypatch.setattr(proofs, "query", query)
    proof = proofs.prove(connection, "alice", "patrol_warden")
    assert (proof.value, len(proof.facts), len(proof.logs)) == ("2", 2, 3)
    assert connection.execute(
        "select count(*) from raw.metis_patrol_events where wallet_address = %s", [ALICE]
    ).fetchone() == (3,)


def test_a_log_as_json_has_the_topics_that_it_has(transaction: psycopg.Connection) -> None:
    """A log may have none at all."""
    row = "row(7, 8, 'b', 't', 0, 'a', %s, %s, %s, null, 'd', now(), null)::raw.chain_logs"
    found = [
        transaction.execute(
            f"select app.log_as_json({row}) -> 'topics'", [first, second, third]
        ).fetchone()[0]
        for first, second, third in ((b"\1", b"\2", b"\3"), (b"\1", None, None), (None,) * 3)
    ]
    assert found == [["0x01", "0x02", "0x03"], ["0x01"], []]
