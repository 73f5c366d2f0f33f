"""Files that replace all facts of a span, and files that name facts to remove."""

from datetime import UTC, datetime

import psycopg
import pytest

from hedge.errors import HedgeError, UsageError
from hedge.loading import Span, load, remove
from tests.integration.loading import HEADER, Write, lines, match, rejected, stored

MAY = Span(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
QUESTS = "chain_id,quest_id,wallet_address,quest_instance_id,status,completed_at"
WALLET = "0x" + "a" * 40


def removed(connection: psycopg.Connection, columns: str = "key, reason, removed_by") -> list:
    return connection.execute(
        f"select {columns} from raw.removed_facts order by key::text"
    ).fetchall()


def quest(quest_id: int, at: str, chain: int = 53935, wallet: str = WALLET) -> str:
    return f"{chain},{quest_id},{wallet},2,2,{at}"


@pytest.fixture
def quests(connection: psycopg.Connection, write: Write) -> psycopg.Connection:
    """Quests before, in and after May, and on another chain."""
    rows = (
        quest(1, "2026-04-30T23:59:59.999999Z"),
        quest(2, "2026-05-01T00:00:00Z"),
        quest(3, "2026-05-31T23:59:59.999999Z"),
        quest(4, "2026-06-01T00:00:00Z"),
        quest(5, "2026-05-09T00:00:00Z", chain=60),
    )
    load(connection, "quest_completions", write("all.csv", lines(QUESTS, *rows)))
    return connection


def ids(connection: psycopg.Connection) -> list[int]:
    return [number for (number,) in stored(connection, "quest_id", "quest_completions")]


# -- replacing a span -----------------------------------------------------------------------


def test_what_a_file_lacks_of_its_span_is_removed(quests: psycopg.Connection, write: Write) -> None:
    file = write(
        "may.csv", lines(QUESTS, quest(3, "2026-05-30T00:00:00Z"), quest(6, "2026-05-02T00:00Z"))
    )
    asked = []

    def may_remove(lacking: int, stored: int) -> bool:
        asked.append((lacking, stored))
        return True

    summary = load(quests, "quest_completions", file, replaces=MAY, may_remove=may_remove)
    assert asked == [(2, 3)]
    assert (summary.read, summary.inserted, summary.updated, summary.removed) == (2, 1, 1, 2)
    assert ids(quests) == [1, 3, 4, 6]
    reason = (
        f"missing in {file}, which replaces 2026-05-01T00:00:00+00:00 to 2026-06-01T00:00:00+00:00"
    )
    assert removed(quests) == [
        ({"chain_id": 53935, "quest_id": 2}, reason, file),
        ({"chain_id": 60, "quest_id": 5}, reason, file),
    ]
    # the same file again removes nothing, and asks nobody
    summary = load(quests, "quest_completions", file, replaces=MAY, may_remove=may_remove)
    assert (summary.unchanged, summary.removed, len(asked)) == (2, 0, 1)


def test_a_span_can_be_of_one_chain(quests: psycopg.Connection, write: Write) -> None:
    span = Span(MAY.starts_at, MAY.ends_at, chain=53935)
    file = write("may.csv", lines(QUESTS, quest(2, "2026-05-01T00:00:00Z")))
    assert load(quests, "quest_completions", file, replaces=span).removed == 1
    assert ids(quests) == [1, 2, 4, 5]


def test_an_empty_file_removes_all_of_its_span(quests: psycopg.Connection, write: Write) -> None:
    summary = load(quests, "quest_completions", write("no.csv", lines(QUESTS)), replaces=MAY)
    assert (summary.read, summary.removed) == (0, 3)
    assert ids(quests) == [1, 4]


def test_days_of_prices_are_replaced_by_their_utc_days(
    connection: psycopg.Connection, write: Write
) -> None:
    header = "price_date,token,usd_price"
    days = (f"2026-{day},JEWEL,1" for day in ("04-30", "05-01", "05-31", "06-01"))
    load(connection, "token_prices_daily", write("all.csv", lines(header, *days)))
    connection.execute("set timezone = 'America/New_York'")
    file = write("may.csv", lines(header, "2026-05-01,JEWEL,2"))
    assert load(connection, "token_prices_daily", file, replaces=MAY).removed == 1
    connection.execute("set timezone = 'UTC'")
    found = stored(connection, "price_date::text, usd_price::integer", "token_prices_daily")
    assert found == [("2026-04-30", 1), ("2026-05-01", 2), ("2026-06-01", 1)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            quest(7, "2026-06-01T00:00:00Z"),
            "1 rows outside of 2026-05-01T00:00:00+00:00 to 2026-06-01T00:00:00+00:00;"
            " the first: line 3, completed_at 2026-06-01T00:00:00+00:00",
        ),
        (
            quest(7, "2026-05-02T00:00:00Z", wallet="nobody"),
            "replaces nothing, because 1 of its rows are rejected (in raw.rejected_rows);"
            " the first: line 3: wallet_address 'nobody' breaks the rule: wallet_address is 0x",
        ),
    ],
)
def test_a_file_that_is_not_all_of_its_span_replaces_nothing(
    quests: psycopg.Connection, write: Write, row: str, words: str
) -> None:
    file = write("may.csv", lines(QUESTS, quest(6, "2026-05-02T00:00:00Z"), row))
    with pytest.raises(HedgeError) as failure:
        load(quests, "quest_completions", file, replaces=MAY)
    assert words in str(failure.value)
    assert (ids(quests), removed(quests)) == ([1, 2, 3, 4, 5], [])
    # and whoever mends the file finds all of its faults
    lines_of_faults = [line for line, _ in rejected(quests)]
    assert lines_of_faults == ([3] if "rejected" in words else [])


def test_a_row_outside_of_the_chain_is_outside_of_the_span(
    quests: psycopg.Connection, write: Write
) -> None:
    file = write("may.csv", lines(QUESTS, quest(5, "2026-05-09T00:00:00Z", chain=60)))
    span = Span(MAY.starts_at, MAY.ends_at, chain=53935)
    with pytest.raises(UsageError, match=r"1 rows outside of .* of chain 53935; the first: line 2"):
        load(quests, "quest_completions", file, replaces=span)


def test_nothing_is_loaded_where_too_much_would_be_removed(
    quests: psycopg.Connection, write: Write
) -> None:
    file = write("may.csv", lines(QUESTS, quest(6, "2026-05-02T00:00:00Z")))
    with pytest.raises(HedgeError, match="nothing was loaded: 3 of 3 stored facts of 2026-05-01"):
        load(quests, "quest_completions", file, replaces=MAY, may_remove=lambda *_: False)
    assert ids(quests) == [1, 2, 3, 4, 5]


def test_a_table_without_chains_has_no_span_of_one(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1", at="2026-05-02T00:00:00Z")))
    span = Span(MAY.starts_at, MAY.ends_at, chain=53935)
    with pytest.raises(UsageError, match="pvp_matches has no column chain_id, by which --chain"):
        load(connection, "pvp_matches", file, replaces=span)


def test_a_span_ends_after_it_starts() -> None:
    with pytest.raises(UsageError, match=r"the span is empty: 2026-06-01\S* is not before"):
        Span(MAY.ends_at, MAY.ends_at)


def test_nothing_is_removed_of_a_table_that_is_not_watched(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write("q.csv", lines(QUESTS, quest(1, "2026-05-02T00:00:00Z")))
    with connection.transaction(force_rollback=True):
        connection.execute("alter table raw.quest_completions disable trigger note_deleted")
        for attempt in (
            lambda: load(connection, "quest_completions", file, replaces=MAY),
            lambda: remove(connection, "quest_completions", file),
        ):
            with pytest.raises(HedgeError, match="quest_completions are not noted yet"):
                attempt()


# -- removing by keys -----------------------------------------------------------------------


def test_facts_are_removed_by_their_keys(quests: psycopg.Connection, write: Write) -> None:
    keys = ("53935,2", "53935,3", "53935,2", "53935,77", "53935,wrong")
    file = write("keys.csv", lines("chain_id,quest_id", *keys))
    found = remove(quests, "quest_completions", file, reason="a block was replaced")
    counts = (found.read, found.removed, found.unknown, found.repeated, found.rejected)
    assert counts == (5, 2, 1, 1, 1)
    assert [reject.line for reject in found.rejects] == [6]
    assert ids(quests) == [1, 4, 5]
    assert removed(quests) == [
        ({"chain_id": 53935, "quest_id": 2}, "a block was replaced", file),
        ({"chain_id": 53935, "quest_id": 3}, "a block was replaced", file),
    ]
    ((line, _),) = rejected(quests)
    assert line == 6


def test_a_file_of_whole_facts_removes_them_too(quests: psycopg.Connection, write: Write) -> None:
    file = write("wrong.csv", lines(QUESTS, quest(2, "2026-05-01T00:00:00Z")))
    assert remove(quests, "quest_completions", file).removed == 1
    assert removed(quests) == [({"chain_id": 53935, "quest_id": 2}, f"named in {file}", file)]


def test_a_file_that_names_no_columns_may_have_keys_alone(
    quests: psycopg.Connection, write: Write
) -> None:
    rows = (
        '{"chain_id": 53935, "quest_id": 2}',
        '{"chain_id": 53935, "quest_id": 3, "status": null}',
        '{"quest_id": 4}',
    )
    found = remove(quests, "quest_completions", write("keys.ndjson", lines(*rows)))
    assert (found.read, found.removed, found.rejected) == (3, 2, 1)
    assert [reject.reason for reject in found.rejects] == ["chain_id is missing"]
    assert ids(quests) == [1, 4, 5]


def test_a_file_of_keys_must_have_all_columns_of_the_key(
    quests: psycopg.Connection, write: Write
) -> None:
    file = write("keys.csv", lines("quest_id", "2"))
    with pytest.raises(UsageError, match="the file has no column chain_id"):
        remove(quests, "quest_completions", file)


def test_a_removed_fact_can_come_back(quests: psycopg.Connection, write: Write) -> None:
    """By the file that had it, or from raw.removed_facts by the statement of docs/load.md."""
    before = stored(quests, "to_jsonb(quest_completions) - 'loaded_at'", "quest_completions")
    file = write("keys.csv", lines("chain_id,quest_id", "53935,2", "60,5"))
    assert remove(quests, "quest_completions", file).removed == 2
    load(quests, "quest_completions", write("2.csv", lines(QUESTS, quest(2, "2026-05-01T00:00Z"))))
    quests.execute(
        """
        insert into raw.quest_completions
        select (jsonb_populate_record(null::raw.quest_completions, fact)).*
        from raw.removed_facts
        where table_name = 'quest_completions' and key = '{"chain_id": 60, "quest_id": 5}'
        """
    )
    after = stored(quests, "to_jsonb(quest_completions) - 'loaded_at'", "quest_completions")
    assert after == before


def test_what_was_left_out_after_a_removed_version_is_known_again(
    connection: psycopg.Connection, write: Write
) -> None:
    header = "hero_id,main_class,rarity,level,is_rented,updated_at"
    versions = [
        f"1,Knight,1,{level},false,2026-05-0{day}T00:00:00Z" for day, level in ((1, 2), (2, 2))
    ]
    assert load(connection, "heroes", write("h.csv", lines(header, *versions))).left_out == 1
    file = write("keys.csv", lines("hero_id,updated_at", "1,2026-05-01T00:00:00Z"))
    assert remove(connection, "heroes", file).removed == 1
    found = stored(connection, "updated_at::date::text, level", "heroes")
    assert found == [("2026-05-02", 2)]


HEROES = "hero_id,main_class,rarity,level,is_rented,updated_at"


def version(day: str, level: int) -> str:
    return f"1,Knight,1,{level},false,2026-{day}T00:00:00Z"


def versions(connection: psycopg.Connection) -> list[tuple]:
    """The versions that are known: month and day, and the level where it is a row."""
    return connection.execute(
        "select to_char(updated_at, 'MM-DD'), level from raw.heroes union all"
        " select to_char(updated_at, 'MM-DD'), null from raw.left_out_heroes order by 1"
    ).fetchall()


@pytest.fixture
def hero(connection: psycopg.Connection, write: Write) -> psycopg.Connection:
    """A hero of level 1 in April, and of level 2 from 2 May on, of which five were left out."""
    days = ("05-02", "05-03", "05-04", "05-05", "06-01", "06-02")
    rows = [version("04-30", 1), *(version(day, 2) for day in days)]
    assert load(connection, "heroes", write("h.csv", lines(HEROES, *rows))).left_out == 5
    return connection


def test_a_replaced_span_loses_no_left_out_version_that_stands_in_the_file_or_after_the_span(
    hero: psycopg.Connection, write: Write
) -> None:
    asked = []

    def may_remove(lacking: int, stored: int) -> bool:
        asked.append((lacking, stored))
        return True

    file = write("may.csv", lines(HEROES, version("05-03", 2), version("05-05", 2)))
    summary = load(hero, "heroes", file, replaces=MAY, may_remove=may_remove)
    # what was left out is a fact as well
    assert (asked, summary.removed) == ([(2, 4)], 2)
    known = dict(versions(hero))
    assert known["05-03"] == 2
    assert list(known) == ["04-30", "05-03", "05-05", "06-01", "06-02"]
    keys = [key["updated_at"][:10] for key, *_ in removed(hero)]
    assert keys == ["2026-05-02", "2026-05-04"]


def test_an_empty_span_keeps_what_was_left_out_after_it(
    hero: psycopg.Connection, write: Write
) -> None:
    summary = load(hero, "heroes", write("no.csv", lines(HEROES)), replaces=MAY)
    assert (summary.removed, summary.restored) == (4, 1)
    assert versions(hero) == [("04-30", 1), ("06-01", 2), ("06-02", None)]
    # the same file again removes nothing
    summary = load(hero, "heroes", write("no.csv", lines(HEROES)), replaces=MAY)
    assert (summary.removed, summary.restored) == (0, 0)


def test_the_same_versions_again_are_left_out_again(hero: psycopg.Connection, write: Write) -> None:
    before = versions(hero)
    rows = [version(f"05-0{day}", 2) for day in (2, 3, 4, 5)]
    summary = load(hero, "heroes", write("may.csv", lines(HEROES, *rows)), replaces=MAY)
    assert (summary.removed, summary.restored, summary.left_out) == (0, 0, 3)
    assert versions(hero) == before


def test_forgotten_facts_keep_key_and_time(quests: psycopg.Connection, write: Write) -> None:
    remove(quests, "quest_completions", write("a.csv", lines("chain_id,quest_id", "53935,2")))
    file = write("b.csv", lines("chain_id,quest_id", "53935,2", "53935,3"))
    found = remove(quests, "quest_completions", file, forget=True)
    assert (found.removed, found.unknown, found.forgotten) == (1, 1, 1)
    assert removed(quests, "key, fact, event_at is null") == [
        ({"chain_id": 53935, "quest_id": 2}, None, False),
        ({"chain_id": 53935, "quest_id": 3}, None, False),
    ]
    # what is removed after that is kept again
    remove(quests, "quest_completions", write("c.csv", lines("chain_id,quest_id", "60,5")))
    (fact,) = quests.execute(
        "select fact -> 'quest_id' from raw.removed_facts where key ->> 'chain_id' = '60'"
    ).fetchone()
    assert fact == 5
