"""Suspects: what rules propose, and what becomes of it when an admin decides."""

import re
import shlex
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from hedge import exclusions, runs
from hedge.errors import UsageError
from hedge.exclusions import NewExclusion, suspects
from tests import PROJECT, Hedge
from tests.arranged_matches import put_in_turns
from tests.support import BUSY, IDLE, RIVAL, Fact, add_cluster, copy_project, put, pvp_match

NOW = datetime.now(UTC).replace(microsecond=0)
FEW, TURNS = "few_opponents", "alternating_wins"


def played(
    number: int,
    winner: str = BUSY,
    loser: str = RIVAL,
    *,
    days: float = 1,
    at: datetime | None = None,
) -> list[Fact]:
    """Both sides of a match, at an instant or a minute after that of the number before."""
    at = at or NOW - timedelta(days=days) + timedelta(minutes=number)
    sides = ((winner, loser, "WIN"), (loser, winner, "LOSS"))
    return [
        pvp_match(own, at=at, match_id=f"played-{number}", opponent_wallet=other, outcome=outcome)
        for own, other, outcome in sides
    ]


def in_turns(connection: psycopg.Connection, matches: int, first: int = 0) -> None:
    """Matches of busy and rival in which the winner is another one each time."""
    put_in_turns(connection, BUSY, RIVAL, range(first, matches))


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters with one wallet each, and no facts."""
    for cluster, wallet in (("busy", BUSY), ("rival", RIVAL), ("idle", IDLE)):
        add_cluster(connection, cluster, wallet)
    return connection


def found(connection: psycopg.Connection, rule: str) -> list[list[str]]:
    return [one.cluster_ids for one in suspects.proposed(connection, rule)]


def test_the_same_few_opponents_are_proposed(town: psycopg.Connection) -> None:
    put(town, *(row for number in range(16) for row in played(number)))
    others = [f"0x{number:040x}" for number in range(3, 7)]
    put(town, *(pvp_match(BUSY, at=NOW, opponent_wallet=other) for other in others[:3]))
    # 19 matches are too few
    assert found(town, FEW) == []
    put(town, pvp_match(BUSY, at=NOW - timedelta(hours=1), opponent_wallet=others[3]))
    (one,) = suspects.proposed(town, FEW)
    # of 20 matches 16 against one, and one each against two of four others
    assert (one.cluster_ids, one.facts, one.metric) == (["busy"], 18, "onchain_pvp.wins")
    assert one.reason == "18 of 20 matches in 90 days were against the same 3 wallets"
    assert one.details["matches_by_opponent"][RIVAL] == 16
    # a match against oneself counts for nothing, and what was long ago does not
    put(town, *(row for number in range(500, 530) for row in played(number, days=100)))
    assert suspects.proposed(town, FEW)[0].facts == 18
    put(town, *(pvp_match(BUSY, at=NOW, opponent_wallet=f"0x{n:040x}") for n in range(90, 98)))
    assert found(town, FEW) == []


def test_one_opponent_is_named_in_the_singular(town: psycopg.Connection) -> None:
    put(town, *(row for number in range(20) for row in played(number)))
    reason = "20 of 20 matches in 90 days were against the same wallet"
    assert [one.reason for one in suspects.proposed(town, FEW)] == [reason, reason]


def test_wins_in_turns_are_proposed(town: psycopg.Connection) -> None:
    in_turns(town, 11)
    assert found(town, TURNS) == []
    in_turns(town, 12, first=11)
    (one,) = suspects.proposed(town, TURNS)
    assert (one.cluster_ids, one.facts) == (["busy", "rival"], 12)
    assert one.details == {"matches": 12, "turns": 11, "wins": {"busy": 6, "rival": 6}}
    assert "rival" not in one.reason
    # twice in a row is 10 of 12, less than nine of ten
    put(town, *played(1430))
    put(town, *played(1431))
    assert found(town, TURNS) == []


@pytest.mark.parametrize("rule", [FEW, TURNS])
def test_ninety_days_have_their_first_instant_and_not_the_last(
    town: psycopg.Connection, rule: str
) -> None:
    earliest, latest = NOW - timedelta(days=90), NOW
    for number in range(20):
        at = earliest if number < 10 else latest - timedelta(microseconds=1)
        # of matches at one instant the numbers decide which is the next one
        winner, loser = (BUSY, RIVAL) if number % 2 else (RIVAL, BUSY)
        put(town, *played(10 + number, winner, loser, at=at))

    def facts(as_of: datetime) -> list[int]:
        town.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])
        views = f"select facts from analytics.suspects_of_{rule} order by cluster_ids"
        return [number for (number,) in town.execute(views)]

    every = [20, 20] if rule == FEW else [20]
    assert facts(NOW) == every
    assert facts(NOW + timedelta(microseconds=1)) == []
    assert facts(NOW - timedelta(microseconds=1)) == []


def test_what_is_dismissed_comes_again_with_new_facts(town: psycopg.Connection) -> None:
    in_turns(town, 12)
    (one,) = suspects.proposed(town, TURNS)
    suspects.dismiss(town, one.proposal, "ada", "they are friends")
    assert found(town, TURNS) == []
    with pytest.raises(UsageError, match=f"no proposal {one.proposal} waits for a decision"):
        suspects.accept(town, one.proposal, "ada")
    in_turns(town, 13, first=12)
    (again,) = suspects.proposed(town, TURNS)
    assert (again.proposal, again.dismissed_because) == (one.proposal, "they are friends")
    (decided,) = suspects.decisions(town)
    assert (decided.decision, decided.decided_by, decided.facts) == ("DISMISSED", "ada", 12)
    with pytest.raises(UsageError, match="the reason of a decision is 1 to 500 characters"):
        suspects.dismiss(town, one.proposal, "ada", " ")


def test_what_is_accepted_is_excluded_with_the_rule_as_reason(town: psycopg.Connection) -> None:
    in_turns(town, 12)
    (one,) = suspects.proposed(town, TURNS)
    with pytest.raises(UsageError, match="does not name cluster idle"):
        suspects.accept(town, one.proposal, "ada", clusters=["idle"])
    assert exclusions.listed(town) == []
    numbers = suspects.accept(town, one.proposal, "ada")
    made = {one.cluster_id: one for one in exclusions.listed(town)}
    assert sorted(made) == ["busy", "rival"]
    assert sorted(numbers) == sorted(one.exclusion_id for one in made.values())
    assert made["busy"].metric == "onchain_pvp.wins"
    assert made["busy"].reason == f"alternating wins: {one.reason}"
    assert found(town, TURNS) == []
    # as long as one of them is valid, new facts do not propose the pair
    in_turns(town, 13, first=12)
    exclusions.end(town, numbers[0], "ada")
    assert found(town, TURNS) == []
    exclusions.end(town, numbers[1], "ada")
    assert found(town, TURNS) == [["busy", "rival"]]


def test_an_admin_may_choose_clusters_and_target(town: psycopg.Connection) -> None:
    in_turns(town, 12)
    (one,) = suspects.proposed(town, TURNS)
    target = NewExclusion(reason="arranged")
    suspects.accept(town, one.proposal, "ada", target, ["rival"])
    (made,) = exclusions.listed(town)
    assert (made.cluster_id, made.target, made.reason) == ("rival", "everything", "arranged")


def test_who_is_excluded_already_is_not_proposed(town: psycopg.Connection) -> None:
    in_turns(town, 12)
    exclusions.add(town, NewExclusion("unfair", cluster_id="busy"), "ada")
    assert found(town, TURNS) == []


@pytest.mark.ci
def test_a_rule_is_one_file_of_sql_and_one_of_yaml(
    town: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(tmp_path / "copy")
    folder = project / "models" / "suspects"
    (folder / "suspects_of_strangers.sql").write_text(
        "select array[cluster_id] as cluster_ids, null as metric, 1 as facts,\n"
        "    app.as_of() as first_at, app.as_of() as last_at, 'a stranger' as reason,\n"
        "    '{}'::jsonb as details\n"
        "from {{ ref('cluster_wallets') }} where cluster_id = 'idle'\n"
    )
    text = (folder / "suspects_of_few_opponents.yml").read_text()
    (folder / "suspects_of_strangers.yml").write_text(
        text.replace("suspects_of_few_opponents", "suspects_of_strangers")
    )
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    runs.deploy()
    assert suspects.rules(town) == [TURNS, FEW, "strangers"]
    (one,) = suspects.proposed(town, "strangers")
    assert (one.cluster_ids, one.metric, one.reason) == (["idle"], None, "a stranger")
    suspects.accept(town, one.proposal, "ada")
    assert exclusions.listed(town)[0].target == "everything"


def block(name: str) -> str:
    """The indented lines after a mark of docs/exclusions.md."""
    page = (PROJECT / "docs" / "exclusions.md").read_text()
    found = re.search(rf"<!-- {name} -->\n\n((?:(?:    .*)?\n)+)", page)
    assert found is not None, name
    return textwrap.dedent(found[1]).strip() + "\n"


@pytest.mark.ci
def test_a_rule_of_one_funder_is_a_table_and_a_rule_as_documented(
    town: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hedge: Hedge
) -> None:
    project = copy_project(tmp_path / "copy")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    monkeypatch.chdir(project)
    folder = project / "models" / "suspects"
    (folder / "suspects_of_one_funder.sql").write_text(block("one funder: rule"))
    text = (folder / "suspects_of_few_opponents.yml").read_text()
    (folder / "suspects_of_one_funder.yml").write_text(
        text.replace("suspects_of_few_opponents", "suspects_of_one_funder")
    )
    wallets = dict(
        town.execute(
            "select cluster_id, min(address) from app.wallet_links group by cluster_id"
        ).fetchall()
    )
    funder, other = f"0x{77:040x}", f"0x{78:040x}"
    paid = [
        ("busy", funder, 9),
        ("rival", funder, 8),
        # the first payment counts
        ("rival", other, 7),
        ("idle", other, 6),
    ]
    rows = [
        f"0x{number:064x},{payer},1,{wallets[name]},{(NOW - timedelta(days=days)).isoformat()}"
        for number, (name, payer, days) in enumerate(paid)
    ]
    names = "tx_hash,from_wallet,amount,wallet_address,occurred_at"
    (project / "wallet_transfers.csv").write_text("\n".join([names, *rows, ""]))
    for line in block("one funder: table").splitlines():
        _, *words = shlex.split(line)
        if words[:2] == ["db", "psql"]:
            # it would become psql
            town.execute((project / words[-1]).read_text())
            continue
        status, told, error = hedge(*words)
        assert status == 0, told + error
    (one,) = suspects.proposed(town, "one_funder")
    assert (one.cluster_ids, one.facts, one.metric) == (["busy", "rival"], 2, None)
    assert one.reason == "2 accounts were paid first by one wallet"
    assert one.details == {"funder": funder}


def test_an_unknown_rule_is_named(town: psycopg.Connection) -> None:
    assert suspects.rules(town) == [TURNS, FEW]
    with pytest.raises(UsageError, match="no rule few_oponents; did you mean few_opponents"):
        suspects.proposed(town, "few_oponents")


def test_decisions_go_with_the_account(town: psycopg.Connection) -> None:
    in_turns(town, 12)
    (one,) = suspects.proposed(town, TURNS)
    suspects.dismiss(town, one.proposal, "ada", "friends")
    town.execute("delete from app.wallet_links where cluster_id = 'rival'")
    town.execute("delete from app.wallet_clusters where cluster_id = 'rival'")
    assert suspects.decisions(town) == []
