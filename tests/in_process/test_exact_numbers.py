"""Every digit of a number in a table is sent, where a double would have rounded it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
)
from tests.settled_rewards import give, settle
from tests.support import add_cluster, jeweler_move
from tests.support import put as put_facts

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("exact_numbers")

WALLET = "0x" + "a1" * 20
#: Numbers that no double is: the neighbours of 2**53, six decimals, 54 digits.
STAKED, ROLLING = Decimal("9007199254741993.001"), Decimal("9007199254740993")
SCORE, TIEBREAKER = Decimal("123456789012345678901234567890123456.000001"), Decimal("0.100001")
POINTS, LEVEL_AT = Decimal("9007199254740993.5"), Decimal("9007199254740995")
QUANTITY = Decimal("9007199254740993.000001")
THRESHOLD, WEIGHT = Decimal("9007199254741997.25"), Decimal("123456789012.345678")
CHALLENGE = "jeweler_whale"
DIFFERENCE = f"/clusters/busy/progress/{CHALLENGE}/difference?since=2026-01-01&until=2026-01-02"
#: Numbers that are doubles from the beginning, as a clock measured them, and shares, which are
#: rounded to six places.
MEASURED = {"seconds", "began", "share", "withoutTierShare", "shareAbove"}
MEASURED |= {"reachedShare", "nextReachedShare"}

#: What an admin sends of a reward.
REWARD = {"rewardKey", "name", "kind", "quantity", "level", "leaderboardKey", "rankFrom", "rankTo"}
REWARD |= {"validUntil"}

#: The numbers of a preview of an exclusion, by the list in which they stand.
NUMBERS_OF_MOVES = {
    "values": ["value_before", "value_after", "rolling_before", "rolling_after"],
    "ranks": ["score_before", "score_after"],
    "points": ["points_before", "points_after"],
    "rewards": ["quantity"],
}


def camel(name: str) -> str:
    """A name as the bodies of the API have it."""
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


#: Where numbers are published: the path, the way to the object in the answer, and the query of
#: what the tables hold, by the name of each number.
PUBLISHED = [
    (
        "/leaderboards/wins/latest",
        ("entries", 0),
        "select score, tiebreaker from analytics.leaderboard_entries",
    ),
    (
        "/leaderboards/wins/around?clusterId=busy",
        ("entries", 0),
        "select score, tiebreaker from analytics.leaderboard_entries",
    ),
    (
        "/seasons/spring/progress?clusterId=busy",
        (),
        'select points, points_required as "nextLevelThreshold"'
        " from analytics.season_progress, analytics.season_levels"
        " where season_levels.level = 7",
    ),
    (
        "/clusters/busy/progress",
        ("challenges", 0),
        'select value, rolling_value as "rollingValue", threshold_value as "nextThreshold"'
        " from analytics.challenge_progress inner join analytics.challenge_tiers"
        " using (challenge_key)",
    ),
    (
        f"/clusters/busy/progress/{CHALLENGE}",
        (),
        "select (metrics -> 'onchain_staking' ->> 'jewel_stake_amount')::numeric as value,"
        ' threshold_value as "nextThreshold", threshold_value - amount as missing,'
        " amount as contributed"
        " from analytics.cluster_metrics, analytics.challenge_tiers,"
        " (select sum(jewel_amount) as amount from raw.jeweler_events) as facts"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    (
        f"/clusters/busy/progress/{CHALLENGE}",
        ("ladder", 0),
        "select threshold_value as threshold from analytics.challenge_tiers"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    (
        f"/clusters/busy/progress/{CHALLENGE}",
        ("facts", 0),
        "select jewel_amount as contribution from raw.jeweler_events",
    ),
    (
        "/challenges",
        (CHALLENGE, "ladder", 0),
        "select threshold_value as threshold from analytics.challenge_tiers"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    ("/admin/seasons/spring/weights", (0,), "select weight from app.season_challenge_weights"),
    ("/seasons/spring", ("weights", 0), "select weight from app.season_challenge_weights"),
    (
        "/seasons/spring",
        ("levels", 6),
        'select points_required as "pointsRequired" from analytics.season_levels where level = 7',
    ),
    (
        "/seasons/spring/standings",
        ("entries", 0),
        "select points from analytics.season_progress",
    ),
    (
        "/clusters/busy/leaderboards",
        ("leaderboards", 0),
        "select score, tiebreaker from analytics.leaderboard_entries",
    ),
    (
        f"/challenges/{CHALLENGE}",
        ("ladder", 0),
        "select threshold_value as threshold from analytics.challenge_tiers"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    (
        DIFFERENCE,
        (),
        "select max(value) - min(value) as difference from analytics.progress_history"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    (
        DIFFERENCE,
        # what facts, links and late ones leave
        ("parts", -1),
        "select max(value) - min(value) as amount from analytics.progress_history"
        f" where challenge_key = '{CHALLENGE}'",
    ),
    ("/admin/rewards", (0,), "select quantity from app.rewards"),
    *(
        (
            "/admin/exclusion-previews/1",
            ("moves", part, 0),
            f"select {', '.join(columns)}"
            f" from app.exclusion_previews, jsonb_to_record(answer -> '{part}' -> 0)"
            f" as moves ({', '.join(f'{name} numeric' for name in names)})",
        )
        for part, names in NUMBERS_OF_MOVES.items()
        for columns in [[f'{name} as "{camel(name)}"' for name in names]]
    ),
]


@pytest.fixture(scope="module", autouse=True)
def numbers(rows: psycopg.Connection) -> None:
    """A cluster with a number in every place that is published."""
    add_cluster(rows, "busy", WALLET)
    put_facts(rows, jeweler_move(STAKED, WALLET))
    rows.execute(
        "update analytics.challenge_tiers set threshold_value = %s where challenge_key = %s",
        [THRESHOLD, CHALLENGE],
    )
    rows.execute(
        "update analytics.season_levels set points_required = %s where level = 7", [LEVEL_AT]
    )
    put_progress(rows, "busy", CHALLENGE, STAKED, rolling_value=ROLLING)
    metrics = f'{{"onchain_staking": {{"jewel_stake_amount": {STAKED}}}}}'
    put_metrics(rows, "busy", metrics)
    put_preview(rows)
    put(
        rows,
        "app.seasons",
        **{"id": "spring", "name": "Spring", "is_active": True},
        **{"starts_at": "2020-01-01", "ends_at": "2120-01-01"},
    )
    weight = {"season_id": "spring", "challenge_code": CHALLENGE, "weight": WEIGHT}
    put(rows, "app.season_challenge_weights", **weight)
    put_points(rows, "spring", "busy", POINTS, 6)
    for value, at in ((Decimal("0.000001"), "2025-12-31Z"), (STAKED, "2026-01-01T12:00Z")):
        said = {"cluster_id": "busy", "challenge_key": CHALLENGE, "tier": "NONE"}
        put(rows, "analytics.progress_history", **said, value=value, as_of=at)
    give(rows, "gem", "spring", level=1, quantity=QUANTITY)
    settle(rows)
    put_board(rows, "wins")
    put_board_run(rows, "wins", [(1, "busy", SCORE)])
    rows.execute("update analytics.leaderboard_entries set tiebreaker = %s", [TIEBREAKER])
    rows.execute("update analytics.leaderboard_entries set created_at = %s", [AS_OF])


@pytest.fixture
def reader(site: Site, admin: str) -> httpx.Client:
    """A program of an admin, who reads every number."""
    return site.program(admin)


def read(reader: httpx.Client, path: str) -> Any:
    """An answer with its numbers as they are written."""
    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_float=Decimal)


def inside(answer: Any, way: tuple[str | int, ...]) -> Any:
    """A part of an answer; a text names a key, or the challenge of a catalogue."""
    for step in way:
        if isinstance(answer, list) and isinstance(step, str):
            (answer,) = (
                one for category in answer for one in category["challenges"] if one["key"] == step
            )
        else:
            answer = answer[step]
    return answer


def table(rows: psycopg.Connection, query: str) -> dict[str, Decimal]:
    """The only row of a query, by the names of its columns."""
    cursor = rows.execute(query)
    (row,) = cursor.fetchall()
    return dict(zip([one.name for one in cursor.description], row, strict=True))


def put_preview(rows: psycopg.Connection) -> None:
    """A preview of an exclusion with one move of each kind, as a worker stores it."""
    common = {"cluster_id": "busy", "name": "of some name", "season_id": "spring"}
    other = {
        "values": {"challenge_key": CHALLENGE, "challenge": "a challenge", "unit": None}
        | {"tier_before": "NONE", "tier_after": "NONE"},
        "ranks": {"board": "wins", "period_start": None, "period_end": None}
        | {"rank_before": 1, "rank_after": 2},
        "points": {"level_before": 1, "level_after": 1},
        "rewards": {"reward_id": 1, "level": 1, "rank": None, "state": "OPEN", "reason": "why"},
    }
    moves: dict[str, Any] = {"as_of": AS_OF.isoformat(), "subject": "busy", "target": "everything"}
    moves |= {"is_end": False, "clusters": 1}
    moves |= {"values_changed": 1, "ranks_changed": 1, "points_changed": 1}
    for part, names in NUMBERS_OF_MOVES.items():
        # not the same number twice
        exact = {name: str(STAKED + place) for place, name in enumerate(names)}
        moves[part] = [{**common, **other[part], **exact}]
    rows.execute(
        "insert into app.exclusion_previews (wanted, asked_by, finished_at, answer)"
        ' values (\'{"reason": "why", "cluster_id": "busy"}\', \'somebody\', now(), %s)',
        [json.dumps(moves)],
    )


@pytest.mark.parametrize(("path", "way", "query"), PUBLISHED)
def test_a_published_number_is_that_of_its_table(
    reader: httpx.Client, rows: psycopg.Connection, path: str, way: tuple, query: str
) -> None:
    """As a number and as a text; a board also where the cache answers."""
    wanted = table(rows, query)
    for _ in range(2):
        found = inside(read(reader, path), way)
        for name, value in wanted.items():
            assert found[name] == value, name
            assert float(value) != value or name == "contribution", "a double would do"
            assert Decimal(found[f"{name}Text"]) == value
            # without zeros behind the last digit, and without an exponent
            assert found[f"{name}Text"] == f"{value:f}".rstrip("0").rstrip(".")


def number_names(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema that may be a number that is no whole one, with its siblings."""
    if isinstance(schema, list):
        for one in schema:
            yield from number_names(one)
    elif isinstance(schema, dict):
        for name, one in (schema.get("properties") or {}).items():
            kinds = [one, *one.get("oneOf", [])]
            if any("number" in str(kind.get("type")) for kind in kinds):
                yield name, schema["properties"]
        for one in schema.values():
            yield from number_names(one)


def test_no_published_number_is_left_out(reader: httpx.Client) -> None:
    """Each number of the OpenAPI document is compared above, and has its text beside it."""
    schemas = read(reader, "/schema/openapi.json")["components"]["schemas"]
    found = [one for one in number_names(schemas) if one[0] not in MEASURED]
    compared = {"score", "tiebreaker", "points", "nextLevelThreshold", "value", "rollingValue"}
    compared |= {"nextThreshold", "threshold", "missing", "contributed", "contribution", "weight"}
    # of scores, whose rounding has one digit behind the point
    compared |= {"pointsRequired", "rounding", "difference", "amount", "quantity"}
    compared |= {camel(name) for names in NUMBERS_OF_MOVES.values() for name in names}
    assert {name for name, _ in found} == compared
    without = [set(beside) for name, beside in found if f"{name}Text" not in beside]
    # what an admin sends
    sent = [{"challengeKey", "challengeCode", "weight"}, REWARD]
    assert sorted(map(sorted, without)) == sorted(map(sorted, sent))


def test_the_pages_show_every_digit_before_the_point(site: Site) -> None:
    browser = site.browser()
    for path, text in (
        ("/boards/wins", "123,456,789,012,345,678,901,234,567,890,123,456"),
        ("/", "123,456,789,012,345,678,901,234,567,890,123,456"),
        ("/", "9,007,199,254,740,993.5"),
        ("/clusters/busy", "9,007,199,254,741,993"),
        (f"/clusters/busy/challenges/{CHALLENGE}", "9,007,199,254,741,997.25"),
        (f"/clusters/busy/challenges/{CHALLENGE}", "9,007,199,254,741,993.001"),
    ):
        assert text in browser.get(path, headers=HTML).text, path


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("123456789012.345678", "123456789012.345678"),
        ("1e3", "1000"),
        ("0.5", "0.5"),
        ("7", "7"),
        ("0.30000000000000004", "0.3"),
        ("1e13", None),
        ("1e999999", None),
        ("0", None),
        ("-1", None),
    ],
)
def test_a_weight_is_kept_as_it_is_sent_or_refused(
    reader: httpx.Client, sent: str, kept: str | None
) -> None:
    body = f'[{{"challengeKey": "{CHALLENGE}", "weight": {sent}}}]'
    answer = reader.post(
        "/admin/seasons/spring/weights",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    if kept is None:
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith(f"season spring: the weight of {CHALLENGE} is ")
        assert len(answer.text) < 500
    else:
        assert json.loads(answer.text, parse_float=Decimal)[0]["weight"] == Decimal(kept)
        assert answer.json()[0]["weightText"] == kept
    reader.post(
        "/admin/seasons/spring/weights",
        content=body.replace(sent, str(WEIGHT)),
        headers={"Content-Type": "application/json"},
    )
