"""Instants and days of pages: how long ago, with the exact instant, and what ends when.

Words such as "3 hours ago" come from CLDR (babel), in the language of the texts around them.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_timedelta
from markupsafe import Markup, escape

#: The language of the texts of the pages.
LANGUAGE = "en"
#: A day in a text.
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: An instant that is at most so far ahead has just been: the clocks of two machines differ.
SKEW = timedelta(seconds=60)


def when(value: datetime | str | None, now: datetime | None = None) -> Markup:
    """How long ago an instant is, or in how long it comes, such as 3 hours ago, with the exact one
    in UTC on hover, to which pages.js adds the local time of the reader; now is for tests."""
    if value is None:
        return Markup("\N{EN DASH}")
    at = _instant(value)
    distance = at - (now or datetime.now(UTC))
    if distance <= SKEW:
        # babel speaks of the future where less than a second is between
        distance = min(distance, timedelta(seconds=-1))
    words = format_timedelta(distance, add_direction=True, locale=LANGUAGE)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC", words
    )


def exact(value: datetime | str | None) -> Markup:
    """An instant in UTC, for sentences and tables that need it itself, such as those of facts;
    pages.js adds the local time of the reader."""
    if value is None:
        return Markup("\N{EN DASH}")
    at = _instant(value)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC"
    )


def until(value: datetime | str) -> Markup:
    """The instant at which something ends, in UTC: a midnight is 24:00 of the day that it ends, so
    that it names the same day as last_day."""
    at = _instant(value)
    if at.time() != time():
        return exact(at)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at - timedelta(days=1):%Y-%m-%d} 24:00 UTC"
    )


def last_day(value: datetime | str) -> Markup:
    """The UTC day that is the last one before an end, which does not belong to the period."""
    return day((_instant(value) - timedelta(microseconds=1)).date())


def day(value: date | str | None) -> Markup:
    """A UTC day."""
    if value is None:
        return Markup("\N{EN DASH}")
    text = escape(str(value)[:10])
    return Markup('<time datetime="{0}">{0}</time>').format(text)


def period(start: datetime | None, end: datetime | None, window: str) -> str:
    """A board period in words, with its last day, which is included."""
    if start is None or end is None:
        return "All time"
    last = end - timedelta(seconds=1)
    if window == "MONTHLY" and start.day == end.day == 1 and last.month == start.month:
        return f"{start:%B %Y}"
    if start.date() == last.date():
        return f"{start:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def shown_period(start: datetime | None, end: datetime | None, window: str) -> Markup:
    """A board period as period says it, whose days do not break at the end of a line."""
    # words, numbers and hyphens, in which nothing is to be escaped
    return Markup(_DAY.sub(r'<span class="day">\g<0></span>', period(start, end, window)))


def _instant(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)
