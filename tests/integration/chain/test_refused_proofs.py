"""Values that are not proved, and proofs that are not verified: what is said of each.

What computes a value builds views with dbt; test_proofs.py has it. It is replaced here.
"""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
import pytest

from hedge import database, runs
from hedge.analysis import proof_files, proofs
from hedge.errors import HedgeError, UsageError
from tests.in_process.rows import put_metrics
from tests.support import AS_OF, BUSY, DAY, add_cluster

VALUE = Decimal(7)
#: A log as a proof lists it.
LOG = msgspec.json.encode(
    proof_files.Log(1088, 7, None, "0x" + "0b" * 32, 0, "0x" + "c7" * 20, ["0x" + "01" * 32], "0x")
).decode()
WINS = {"onchain_pvp": {"wins": 7}}


@pytest.fixture
def busy(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with a cluster that has a value of arena_victor."""
    add_cluster(transaction, "busy", BUSY)
    put_metrics(transaction, "busy", WINS)
    return transaction


def compute(
    monkeypatch: pytest.MonkeyPatch,
    statement: str = "select 1",
    value: Decimal | None = VALUE,
    logs: int = 1,
) -> None:
    """Let the value be this one, computed from no fact, with a log or none, and execute a statement
    meanwhile."""

    @contextlib.contextmanager
    def computed(connection: psycopg.Connection, *_: Any) -> Iterator[Decimal | None]:
        for table in ("logs", "facts"):
            connection.execute(
                f"create temporary table proof_{table} (raw_table text, found_by jsonb, log jsonb,"
                " key jsonb, fact jsonb, is_price boolean, is_of_logs boolean,"
                " occurred_at timestamptz) on commit drop"
            )
        connection.execute(
            "insert into proof_logs (raw_table, found_by, log)"
            " select 'metis_battles', '{}', %s::jsonb from generate_series(1, %s)",
            [LOG, logs],
        )
        connection.execute(statement)
        yield value

    monkeypatch.setattr(proofs, "_computed", computed)


def test_a_challenge_that_no_run_computes_is_not_proved(busy: psycopg.Connection) -> None:
    busy.execute("update analytics.challenges set state = 'retired'")
    with pytest.raises(HedgeError) as refused:
        proofs.prove(busy, "busy", "arena_victor")
    assert str(refused.value) == "arena_victor is retired: its value is not computed any more"
    # of a draft nobody learns
    busy.execute("update analytics.challenges set state = 'draft'")
    with pytest.raises(UsageError, match="no challenge arena_victor"):
        proofs.prove(busy, "busy", "arena_victor")


def test_a_value_that_follows_an_exclusion_is_not_proved(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = AS_OF - DAY
    busy.execute(
        "insert into app.exclusions (cluster_id, reason, created_by, starts_at)"
        " values ('busy', 'unfair', 'ada', %s)",
        [begin],
    )
    (number,) = busy.execute("select max(exclusion_id) from app.exclusions").fetchone()
    for as_of in (None, begin):
        with pytest.raises(HedgeError) as refused:
            proofs.prove(busy, "busy", "arena_victor", as_of=as_of)
        assert str(refused.value) == (
            f"the values of busy follow exclusion {number}, which no log proves: name an instant"
            " before it by --as-of"
        )
    compute(monkeypatch)
    before = begin - timedelta(microseconds=1)
    assert proofs.prove(busy, "busy", "arena_victor", as_of=before).value == "7"
    busy.execute(
        "insert into app.exclusions (cluster_id, reason, created_by, starts_at)"
        " values ('busy', 'unfair again', 'ada', %s)",
        [begin],
    )
    with pytest.raises(
        HedgeError, match=r"follow exclusions \d+, \d+, which no log .* before them"
    ):
        proofs.prove(busy, "busy", "arena_victor")


@pytest.mark.parametrize(
    "statement",
    [
        "update analytics.cluster_metrics set metrics = '{}'",
        "update app.wallet_links set unlinked_at = now()",
        "update app.wallet_links set verified_at = now()",
    ],
)
def test_what_changes_while_it_is_proved_is_not_proved(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    compute(monkeypatch, statement)
    with pytest.raises(HedgeError) as refused:
        proofs.prove(busy, "busy", "arena_victor")
    assert str(refused.value) == (
        "the links or the value of busy have changed while arena_victor was proved: try it again"
    )


@pytest.mark.parametrize(("number", "told"), [(0, []), (2, ["  and 2 more"])])
def test_a_fact_of_which_no_log_is_stored_is_named(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, number: int, told: list[str]
) -> None:
    compute(
        monkeypatch,
        "insert into proof_facts (raw_table, key, fact, is_price)"
        " select 'pvp_matches', jsonb_build_object('match_id', number), '{}', false"
        f" from generate_series(1, {proofs.NAMED + number}) as number",
    )
    with pytest.raises(HedgeError) as refused:
        proofs.prove(busy, "busy", "arena_victor")
    first, *named = str(refused.value).splitlines()
    assert first == (
        "arena_victor rests on facts of which no log is in raw.chain_logs, so it cannot be proved:"
    )
    facts, more = named[: proofs.NAMED], named[proofs.NAMED :]
    assert (len(facts), facts[0]) == (proofs.NAMED, "  pvp_matches match_id 1")
    assert more == told


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "arena_victor is measured by onchain_pvp.wins, which the deployed project does not"),
        (VALUE + 1, "arena_victor of busy is 7, and 8 when it is computed again: facts or links"),
    ],
)
def test_a_value_that_is_not_computed_again_is_not_proved(
    busy: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    value: Decimal | None,
    sentence: str,
) -> None:
    compute(monkeypatch, value=value)
    with pytest.raises(HedgeError, match=f"^{sentence}"):
        proofs.prove(busy, "busy", "arena_victor")
    compute(monkeypatch)
    busy.execute("drop table pg_temp.proof_logs, pg_temp.proof_facts")
    assert proofs.prove(busy, "busy", "arena_victor").value == "7"


def test_a_value_that_no_log_states_is_not_proved(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(monkeypatch, logs=0)
    with pytest.raises(HedgeError) as refused:
        proofs.prove(busy, "busy", "arena_victor")
    assert str(refused.value) == (
        "arena_victor of busy is 7, and no log that is stored states a fact that it rests on, so it"
        " cannot be proved"
    )
    busy.execute("drop table pg_temp.proof_logs, pg_temp.proof_facts")
    # of nothing there is none
    compute(monkeypatch, value=Decimal(0), logs=0)
    proof = proofs.prove(busy, "busy", "arena_victor", as_of=AS_OF)
    assert (proof.value, proof.logs) == ("0", [])


def test_a_number_with_more_digits_than_postgresql_has_is_not_compared(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(monkeypatch)
    proof = proofs.prove(busy, "busy", "arena_victor")
    busy.execute("drop table pg_temp.proof_logs, pg_temp.proof_facts")
    fact = proof_files.Entry("pvp_matches", {"match_id": 1}, msgspec.Raw(b'{"wins": 1e-16383}'))
    proof.facts = [fact]
    found = {one.kind: one.difference for one in proofs.verify(busy, proof).differences}
    assert found["fact"] == "is missing here"
    busy.execute("drop table pg_temp.proof_logs, pg_temp.proof_facts")
    proof.facts[0].fact = msgspec.Raw(b'{"wins": 1e-16384}')
    # a file may have such a number
    written = proof_files.read(proof_files.written(proof), "proof.json")
    with pytest.raises(UsageError) as refused, busy.transaction():
        proofs.verify(busy, written)
    assert str(refused.value) == (
        "the proof has a value that cannot be compared: value overflows numeric format"
    )


def test_a_window_that_is_none_of_proofs_is_named(busy: psycopg.Connection) -> None:
    sentence = "^'season:may' is not a window of proofs: all_time, rolling_180d$"
    with pytest.raises(UsageError, match=sentence):
        proofs.prove(busy, "busy", "arena_victor", window="season:may")


def test_a_project_of_an_older_version_proves_nothing(
    busy: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(monkeypatch)
    proof = proofs.prove(busy, "busy", "arena_victor")
    project: Any = SimpleNamespace(manifest=SimpleNamespace(nodes={}))
    with pytest.raises(HedgeError) as refused:
        proofs._build(project, "s", proof, None)
    assert str(refused.value) == (
        "the deployed project has no metric_results: run hedge etl deploy with the models of this"
        " version"
    )


def test_a_deploy_while_a_value_is_computed_is_noticed(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_cluster(connection, "busy", BUSY)
    put_metrics(connection, "busy", WINS)
    deployed = [database.value(connection, "select app.deployed_definitions()")]

    def build(*_: Any) -> dict[str, str]:
        deployed.append("another")
        return {}

    monkeypatch.setattr(runs, "require_known_definitions", lambda _: deployed[-1])
    monkeypatch.setattr(proofs, "_build", build)
    sentence = "^the project was deployed while the value was computed: try again$"
    with pytest.raises(HedgeError, match=sentence):
        proofs.prove(connection, "busy", "arena_victor", as_of=AS_OF)
