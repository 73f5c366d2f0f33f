"""How long it is until something ends, in words."""

from datetime import UTC, datetime

from api.pages.languages import gettext
from api.pages.texts import ngettext


def remaining(end: datetime, now: datetime | None = None) -> str | None:
    """The time until an end as it stands in "ends in 3 days", rounded down to days, below two days
    to hours, and below an hour to minutes; None where the end is past. now is the clock's."""
    seconds = int((end - (now or datetime.now(UTC))).total_seconds())
    if seconds <= 0:
        return None
    if seconds < 60:
        return gettext("less than a minute")
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days >= 2:
        return ngettext("%(num)s day", "%(num)s days", days)
    if days == 1 and hours > 24:
        return ngettext("1 day and %(num)s hour", "1 day and %(num)s hours", hours - 24)
    if hours >= 1:
        hour = ngettext("%(num)s hour", "%(num)s hours", hours)
        return ngettext("%(num)s day", "%(num)s days", 1) if days else hour
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)
