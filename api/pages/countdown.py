"""How long it is until something ends, in words."""

from datetime import UTC, datetime

from hedge.counting import counted


def remaining(end: datetime, now: datetime | None = None) -> str | None:
    """The time until an end as it stands in "ends in 3 days", rounded down to days, below two days
    to hours, and below an hour to minutes; None where the end is past. now is the clock's."""
    seconds = int((end - (now or datetime.now(UTC))).total_seconds())
    if seconds <= 0:
        return None
    if seconds < 60:
        return "less than a minute"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days >= 2:
        return counted(days, "day")
    if days == 1 and hours > 24:
        return f"1 day and {counted(hours - 24, 'hour')}"
    if hours >= 1:
        return "1 day" if days else counted(hours, "hour")
    return counted(minutes, "minute")
