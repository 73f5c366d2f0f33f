"""Filters of templates and fields of forms: how values become words, and words become values."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest

from api.instants import parse_instant
from api.numbers import NumberLoader
from api.pages import rendering
from api.pages.calibration import _lines
from api.pages.forms import parse_whole_number
from api.pages.languages import first_upper
from api.pages.rendering import asset
from api.pages.texts import metric_name, number
from api.pages.times import day, exact, last_day, period, shown_period, until, when
from hedge.analysis.calibration import Bucket
from hedge.errors import UsageError

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 2, DASH),
        (0, 2, "0"),
        (100, 0, "100"),
        (1234567, 2, "1,234,567"),
        (0.5, 2, "0.5"),
        (0.126, 2, "0.13"),
        (10.10, 2, "10.1"),
        (1000.0, 2, "1,000"),
        (-3.25, 1, "-3.2"),
        (Decimal("0.000001"), 6, "0.000001"),
        (99.6, 0, "100"),
    ],
)
def test_a_number_is_written_without_trailing_zeros(
    value: float | None, digits: int, text: str
) -> None:
    assert number(value, digits) == text
    if digits == 2:
        assert number(value) == text


def test_an_instant_is_written_in_utc() -> None:
    at = datetime(2026, 1, 1, 1, 30, 59, tzinfo=timezone(timedelta(hours=2)))
    written = '<time datetime="2025-12-31T23:30:59Z">2025-12-31 23:30 UTC</time>'
    assert exact(at) == exact(at.isoformat()) == written
    assert exact(None) == when(None) == DASH
    assert day(date(2026, 1, 2)) == '<time datetime="2026-01-02">2026-01-02</time>'
    assert day("2026-01-02T23:00:00Z") == day(date(2026, 1, 2))
    assert day("<b>") == '<time datetime="&lt;b&gt;">&lt;b&gt;</time>'
    assert day(None) == DASH


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(seconds=-1), "1 second ago"),
        (timedelta(days=-400), "1 year ago"),
        (timedelta(), "1 second ago"),
        # a clock that is a little ahead does not speak of the future
        (timedelta(seconds=60), "1 second ago"),
        (timedelta(seconds=61), "in 1 minute"),
        (timedelta(days=3), "in 3 days"),
    ],
)
def test_how_long_ago_an_instant_is_has_the_exact_one_beside_it(
    ahead: timedelta, words: str
) -> None:
    now = datetime(2026, 5, 3, 12, 0, 30, tzinfo=UTC)
    at = now + ahead
    hint = f'title="{at:%Y-%m-%d %H:%M} UTC">'
    found = when(at, now)
    assert found == when(at.isoformat(), now)
    assert found == f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}" {hint}{words}</time>'


def test_how_long_ago_is_counted_from_the_present() -> None:
    assert ">2 hours ago</time>" in when(datetime.now(UTC) - timedelta(hours=2))


def test_a_number_in_a_column_has_the_decimals_of_the_column() -> None:
    assert [number(value, fixed=2) for value in (25612, Decimal("0.5"), None)] == [
        "25,612.00",
        "0.50",
        DASH,
    ]
    assert number(Decimal("7.6"), fixed=0) == "8"


def test_an_end_names_the_last_day() -> None:
    """An end does not belong to what ends: a midnight is 24:00 of the day before."""
    midnight = datetime(2026, 11, 30, tzinfo=UTC)
    written = '<time datetime="2026-11-30T00:00:00Z">2026-11-29 24:00 UTC</time>'
    assert until(midnight) == until("2026-11-30T01:00:00+01:00") == written
    assert last_day(midnight) == day(date(2026, 11, 29))
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert until(noon) == exact(noon)
    assert last_day(noon) == day(date(2026, 11, 30))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("onchain_pvp.best_win_streak", "Best win streak"),
        ("stake_usd_value", "Stake USD value"),
        ("onchain_lp.lp_usd_value", "LP USD value"),
        ("pvp_mastery_score", "PvP mastery score"),
        ("Then by", "Then by"),
        ("", ""),
    ],
)
def test_the_key_of_a_metric_is_a_heading(key: str, name: str) -> None:
    assert metric_name(key) == name
    assert first_upper("uSD") == "USD"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "window", "words"),
    [
        ("2026-10-01", "2026-11-01", "MONTHLY", "October 2026"),
        ("2026-12-01", "2027-01-01", "MONTHLY", "December 2026"),
        ("2026-10-01", "2026-11-01", "SEASON", "2026-10-01 to 2026-10-31"),
        ("2026-10-01", "2026-12-01", "MONTHLY", "2026-10-01 to 2026-11-30"),
        ("2026-10-02", "2026-11-01", "MONTHLY", "2026-10-02 to 2026-10-31"),
        ("2026-10-01", "2026-10-02", "MONTHLY", "2026-10-01"),
        ("2026-10-01", "2026-10-02", "DAILY", "2026-10-01"),
        ("2026-10-05", "2026-10-12", "WEEKLY", "2026-10-05 to 2026-10-11"),
        ("2026-10-05", "2026-10-12T00:00:01", "WEEKLY", "2026-10-05 to 2026-10-12"),
    ],
)
def test_a_period_is_named_with_its_last_day(start: str, end: str, window: str, words: str) -> None:
    assert period(at(start), at(end), window) == words
    assert period(None, None, "ALL_TIME") == "All time"
    # on pages each day is one piece, and nothing else is marked
    assert shown_period(at(start), at(end), window).striptags() == words
    days = re.findall(r'<span class="day">([^<]*)</span>', shown_period(at(start), at(end), window))
    assert days == re.findall(r"\d{4}-\d\d-\d\d", words)


def test_the_address_of_a_file_has_its_hash() -> None:
    name, _, version = asset("pages.js").partition("?v=")
    assert name == "/static/pages.js"
    assert len(version) == 10
    assert version != asset("pages.css").partition("?v=")[2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-12-01T00:00", datetime(2026, 12, 1, tzinfo=UTC)),
        (" 2026-12-01T00:30 ", datetime(2026, 12, 1, 0, 30, tzinfo=UTC)),
        ("2026-12-01T02:00+02:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("soon", None),
        ("", None),
        ("0001-01-01T00:00+14:00", None),
    ],
)
def test_an_instant_in_a_form_is_utc_unless_it_names_a_zone(
    text: str, found: datetime | None
) -> None:
    if found is None:
        with pytest.raises(UsageError, match=re.escape(f"start '{text}' is not a time such as")):
            parse_instant("start", text)
    else:
        assert parse_instant("start", text) == found
        assert parse_instant("start", text).tzinfo is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("9" * 9, 999_999_999),
        ("1" + "0" * 9, None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("\u0661", None),
        ("x" * 200, None),
    ],
)
def test_a_whole_number_in_a_form_has_at_most_nine_digits(text: str, found: int | None) -> None:
    if found is None:
        with pytest.raises(UsageError, match=r"entries '.{0,80}' is not a whole number$"):
            parse_whole_number("entries", text)
    else:
        assert parse_whole_number("entries", text) == found


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"5.000000", 5), (b"0", 0), (b"-2", -2), (b"100", 100), (b"-0.250", Decimal("-0.25"))],
)
def test_a_whole_number_of_the_database_stays_whole(data: bytes, value: int | Decimal) -> None:
    found = NumberLoader(1700).load(data)
    assert (found, type(found)) == (value, type(value))


def test_thresholds_are_drawn_where_their_values_are() -> None:
    """In columns from the left; within a column on a logarithmic scale, outside at the edge."""
    edges = [Decimal(edge) for edge in ("1", "4", "16", "100")]
    buckets = [
        Bucket(from_value=low, below_value=high, clusters=1, share=Decimal(1))
        for low, high in pairwise(edges)
    ]
    thresholds = [Decimal(one) for one in ("0.5", "1", "2", "4", "8", "16", "100", "999")]
    drawn = _lines(buckets, thresholds)
    assert drawn == pytest.approx([0, 0, 0.5, 1, 1.5, 2, 3, 3])
    assert _lines([], [Decimal(1)]) == [0]


def test_no_request_waits_for_a_template() -> None:
    made = rendering.engine().engine
    assert made.cache is not None
    assert len(made.cache) == len(made.list_templates())
