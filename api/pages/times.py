"""Instants and days of pages: how long ago, with the exact instant, and what ends when.

Words such as "3 hours ago" come from CLDR (babel), in the language of the texts around them.
Days are as the language writes them; in English, whose readers do not agree on an order, ISO days.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_date, format_skeleton, format_timedelta
from markupsafe import Markup

from api.pages.languages import current, gettext

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
    words = format_timedelta(distance, add_direction=True, locale=current().locale)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", _in_utc(at), words
    )


def exact(value: datetime | str | None) -> Markup:
    """An instant in UTC, for sentences and tables that need it itself, such as those of facts;
    pages.js adds the local time of the reader."""
    if value is None:
        return Markup("\N{EN DASH}")
    at = _instant(value)
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", _in_utc(at))


def until(value: datetime | str) -> Markup:
    """The instant at which something ends, in UTC: a midnight is 24:00 of the day that it ends, so
    that it names the same day as last_day."""
    at = _instant(value)
    if at.time() != time():
        return exact(at)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", _utc_text(at - timedelta(days=1), "24:00")
    )


def last_day(value: datetime | str) -> Markup:
    """The UTC day that is the last one before an end, which does not belong to the period."""
    return day((_instant(value) - timedelta(microseconds=1)).date())


def day(value: date | str | None) -> Markup:
    """A UTC day."""
    if value is None:
        return Markup("\N{EN DASH}")
    text = str(value)[:10]
    words = text if current().is_source else written_day(date.fromisoformat(text))
    return Markup('<time datetime="{}">{}</time>').format(text, words)


def period(start: datetime | None, end: datetime | None, window: str) -> str:
    """A board period in words, with its last day, which is included."""
    return _period(start, end, window, written_day)


def shown_period(start: datetime | None, end: datetime | None, window: str) -> Markup:
    """A board period as period says it, whose days do not break at the end of a line."""
    # the texts of catalogues may have tags, so they are not escaped
    return Markup(_period(start, end, window, _whole_day))


def _period(
    start: datetime | None, end: datetime | None, window: str, written: Callable[[date], str]
) -> str:
    if start is None or end is None:
        return gettext("All time")
    last = end - timedelta(seconds=1)
    if window == "MONTHLY" and start.day == end.day == 1 and last.month == start.month:
        return format_skeleton("yMMMM", start, locale=current().locale)
    if start.date() == last.date():
        return written(start)
    return gettext("%(first)s to %(last)s", first=written(start), last=written(last))


def written_day(value: date) -> str:
    """A day as the language writes it, in English as ISO 8601 does."""
    if current().is_source:
        return f"{value:%Y-%m-%d}"
    return format_date(value, "medium", locale=current().locale)


def _whole_day(value: date) -> Markup:
    """A day in one line."""
    return Markup('<span class="day">{}</span>').format(written_day(value))


def _in_utc(at: datetime) -> str:
    """An instant in UTC, to the minute."""
    return _utc_text(at, f"{at:%H:%M}")


def _utc_text(at: date, clock: str) -> str:
    """A day and a time of the clock, which says that it is UTC."""
    return gettext("%(day)s %(clock)s UTC", day=written_day(at), clock=clock)


def _instant(value: datetime | str) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)
