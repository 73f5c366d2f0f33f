"""Each cause of a difference has the share that a count by hand gives it, whatever else changed."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from hedge import database, deploying, exclusions, runs, wallets
from hedge.analysis import between
from hedge.analysis.between import Difference
from hedge.exclusions import NewExclusion
from tests.support import (
    BUSY,
    BUSY_TOO,
    DATA_TESTS,
    DAY,
    add_cluster,
    copy_project,
    discord_interaction,
    edit,
    put,
    pvp_match,
)


def amounts(found: Difference) -> dict[str, Decimal]:
    """What each cause adds, without those that add nothing; all of it is the difference."""
    parts = {part.cause: part.amount for part in found.parts}
    assert sum(parts.values()) == found.difference
    assert list(parts) == ["facts", "links", "late", "exclusions", "rules", "rest"]
    return {cause: amount for cause, amount in parts.items() if amount}


def now(connection: psycopg.Connection) -> datetime:
    found = database.value(connection, "select clock_timestamp()")
    assert isinstance(found, datetime)
    return found


def match_key(match_id: str, wallet: str = BUSY) -> dict[str, str]:
    return {"realm": "DFK", "match_id": match_id, "wallet_address": wallet}


@pytest.mark.ci
def test_facts_links_exclusions_and_rules_that_change_together_have_shares(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_project(tmp_path / "copy", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    third = f"0x{3:040x}"
    add_cluster(connection, "busy", BUSY, third)
    start = now(connection)
    for day in range(1, 6):
        put(connection, pvp_match(at=start - day * DAY, match_id=f"old {day}"))
    put(connection, pvp_match(outcome="LOSS", at=start - DAY, match_id="lost"))
    put(connection, *(pvp_match(third, at=start - DAY) for _ in range(2)))
    for day in range(1, 4):
        put(connection, pvp_match(BUSY_TOO, at=start - day * DAY))
    put(connection, pvp_match(BUSY_TOO, outcome="LOSS", at=start - DAY))
    runs.full()
    before = now(connection)

    wallets.link(connection, "busy", [BUSY_TOO])
    wallets.unlink(connection, third)
    put(connection, pvp_match(at=now(connection), match_id="new"))
    put(connection, pvp_match(at=start - 2 * DAY, match_id="late"))
    for day in (1, 2):
        fact = NewExclusion("a fault", raw_table="pvp_matches", fact=match_key(f"old {day}"))
        exclusions.add(connection, fact, "ada")
    # the challenge counts the matches that were played, and not those that were won
    edit(
        project / "seeds" / "challenges.csv",
        "onchain_pvp,wins,live,1,crossed-swords",
        "onchain_pvp,matches_played,live,1,crossed-swords",
    )
    deploying.deploy(confirmed=True)
    runs.full()
    after = now(connection)

    found = between.of_cluster(connection, "busy", "arena_victor", before, after)
    # 7 matches won of 8 before; then 4 of a wallet, without 2 of another, and so on
    assert (found.before.value, found.after.value) == (7, 10)
    together = {"facts": 1, "links": 2, "late": 1, "exclusions": -2, "rules": 1}
    assert amounts(found) == together
    assert found.rules_changed is True
    assert [(one.change, one.address) for one in found.links] == [
        ("linked", BUSY_TOO),
        ("unlinked", third),
    ]
    assert [(one.change, one.target, one.reason) for one in found.exclusions] == [
        ("begun", "everything", "a fault")
    ] * 2
    causes = {(one.natural_key["match_id"], one.cause) for one in found.facts}
    assert causes >= {("new", "facts"), ("late", "late"), ("old 1", "exclusions")}

    # what is lost later, by the rules of then, is left, and is no share of the rules
    connection.execute("delete from raw.pvp_matches where match_id = 'old 3'")
    exclusions.end(connection, 1, "bob")
    put(connection, pvp_match(at=now(connection)))
    runs.full()
    later = now(connection)
    whole = between.of_cluster(connection, "busy", "arena_victor", before, later)
    assert whole.after.value == 11
    assert amounts(whole) == together | {"facts": 2, "exclusions": -1, "rest": -1}
    since = between.of_cluster(connection, "busy", "arena_victor", after, later)
    assert amounts(since) == {"facts": 1, "exclusions": 1, "rest": -1}
    assert [(one.change, one.exclusion_id) for one in since.exclusions] == [("ended", 1)]
    printed = CliRunner().invoke(
        app, ["explain", "busy", "arena_victor", "--between", before.isoformat(), later.isoformat()]
    )
    assert printed.exit_code == 0, printed.output
    assert "exclusions that began or ended in between" in printed.output
    assert "The deployed rules have changed in between." in printed.output
    assert "-1 is left. It comes from facts that were removed" in printed.output


@dataclass
class Known:
    """What there is of one cluster, as somebody counts it by hand."""

    #: the wallet, when it happened, and when it was loaded, by the id of the match
    facts: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)
    linked: frozenset[str] = frozenset({BUSY})
    #: what is excluded, by the number of the exclusion: a wallet, a match, or the cluster
    excluded: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Then:
    """What a run has found, and by what: as of an instant, and with what there was when it read."""

    said_at: datetime
    as_of: datetime
    known_until: datetime
    linked: frozenset[str]
    excluded: frozenset[str]


def count(
    facts: dict[str, tuple[str, datetime, datetime]],
    until: datetime,
    loaded: tuple[datetime, datetime],
    linked: frozenset[str],
    excluded: frozenset[str],
) -> int:
    """The matches that happened before an instant, loaded until the second of two and not until the
    first, of linked wallets, without what is excluded."""
    if "busy" in excluded:
        return 0
    return sum(
        at < until
        and loaded[0] < loaded_at <= loaded[1]
        and wallet in linked
        and not {wallet, match} & excluded
        for match, (wallet, at, loaded_at) in facts.items()
    )


def shares(known: Known, first: Then, last: Then) -> dict[str, int]:
    """What each cause adds between two runs: loaded late, links, exclusions, and facts, in this
    order."""
    never = min(at for _, _, at in known.facts.values()) - DAY
    both, late = (never, last.known_until), (first.known_until, last.known_until)
    before = count(known.facts, first.as_of, both, first.linked, first.excluded)
    linked = count(known.facts, first.as_of, both, last.linked, first.excluded)
    excluded = count(known.facts, first.as_of, both, last.linked, last.excluded)
    after = count(known.facts, last.as_of, both, last.linked, last.excluded)
    found = {
        "late": count(known.facts, first.as_of, late, first.linked, first.excluded),
        "links": linked - before,
        "exclusions": excluded - linked,
        "facts": after - excluded,
    }
    return {cause: amount for cause, amount in found.items() if amount}


def change(connection: psycopg.Connection, known: Known, chance: random.Random) -> None:
    """Something that moves the value happens: a match now or of before, a link, an exclusion."""
    wallet = chance.choice([BUSY, BUSY_TOO])
    match chance.choice(["match", "match", "late", "link", "exclude", "end"]):
        case "match" | "late" as kind:
            name = f"match {len(known.facts)}"
            at = now(connection) - (kind == "late") * chance.randint(1, 9) * DAY
            put(connection, pvp_match(wallet, at=at, match_id=name))
            known.facts[name] = wallet, at, now(connection)
        case "link" if wallet in known.linked and len(known.linked) > 1:
            wallets.unlink(connection, wallet)
            known.linked -= {wallet}
        case "link" if wallet not in known.linked:
            wallets.link(connection, "busy", [wallet])
            known.linked |= {wallet}
        case "exclude":
            name, (owner, _, _) = chance.choice(list(known.facts.items()))
            fact = NewExclusion("x", raw_table="pvp_matches", fact=match_key(name, owner))
            metric = NewExclusion("x", cluster_id="busy", metric="onchain_pvp.wins")
            wanted, what = chance.choice(
                [
                    *[(fact, name)] * 3,
                    (NewExclusion("x", wallet_address=wallet), wallet),
                    (metric, "busy"),
                ]
            )
            known.excluded[exclusions.add(connection, wanted, "ada")] = what
        case "end" if known.excluded:
            number = chance.choice(list(known.excluded))
            exclusions.end(connection, number, "bob")
            del known.excluded[number]


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(0, marks=pytest.mark.ci),
        *(pytest.param(seed, marks=pytest.mark.full) for seed in range(1, 9)),
    ],
)
def test_whatever_happens_each_cause_has_the_share_of_a_count_by_hand(
    connection: psycopg.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    add_cluster(connection, "busy", BUSY)
    start = now(connection)
    known = Known()
    for name, wallet in (("first", BUSY), ("second", BUSY), ("third", BUSY_TOO)):
        put(connection, pvp_match(wallet, at=start - DAY, match_id=name))
        known.facts[name] = wallet, start - DAY, now(connection)
    runs_of: list[Then] = []
    for _ in range(6):
        run = runs.full()
        asked = "select started_at from app.etl_runs where run_id = %s"
        began = database.value(connection, asked, [run.run_id])
        excluded = frozenset(known.excluded.values())
        runs_of.append(Then(now(connection), run.as_of, began, known.linked, excluded))
        for _ in range(chance.randint(1, 4)):
            change(connection, known, chance)
    for first, last in combinations(runs_of, 2):
        found = between.of_cluster(connection, "busy", "arena_victor", first.said_at, last.said_at)
        expected = shares(known, first, last)
        assert found.difference == sum(expected.values())
        # a value that did not change is of an earlier run: what has changed since adds up to 0
        if (found.before.as_of, found.after.as_of) == (first.as_of, last.as_of):
            assert amounts(found) == expected
        else:
            assert amounts(found).get("rest", 0) == 0
        # of what is no sum of events, too
        amounts(between.of_cluster(connection, "busy", "win_streak", first.said_at, last.said_at))


def test_whoever_reads_the_links_of_now_has_the_plan_of_links_that_are_active(
    connection: psycopg.Connection,
) -> None:
    def conditions() -> str:
        plan = connection.execute("explain select * from analytics.linked_wallets").fetchall()
        return "\n".join(line for (line,) in plan)

    assert "CASE" not in conditions()
    assert "linked_at <=" not in conditions()
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('hedge.links_as_of', '2026-06-01', true)")
        assert "linked_at <=" in conditions()


def test_an_operator_is_told_the_private_facts(connection: psycopg.Connection) -> None:
    add_cluster(connection, "busy", BUSY, discord_id="7")
    runs.full()
    before = now(connection)
    put(connection, discord_interaction("7", at=now(connection)))
    runs.full()
    found = between.of_cluster(connection, "busy", "kingdom_calls", before, now(connection))
    assert amounts(found) == {"facts": 1}
    assert found.is_complete
    assert [one.cause for one in found.facts] == ["facts"]
