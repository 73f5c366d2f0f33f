"""How long it is until something ends, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from api.pages.countdown import remaining

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (-DAY, None),
        (timedelta(0), None),
        (timedelta(milliseconds=900), None),
        (SECOND, "less than a minute"),
        (MINUTE - SECOND, "less than a minute"),
        (MINUTE, "1 minute"),
        (HOUR - SECOND, "59 minutes"),
        (HOUR, "1 hour"),
        (DAY - SECOND, "23 hours"),
        (DAY, "1 day"),
        (DAY + HOUR - SECOND, "1 day"),
        (DAY + HOUR, "1 day and 1 hour"),
        (2 * DAY - SECOND, "1 day and 23 hours"),
        (2 * DAY, "2 days"),
        (3 * DAY - SECOND, "2 days"),
        (1000 * DAY, "1,000 days"),
    ],
)
def test_the_time_that_is_left_is_rounded_down(left: timedelta, words: str | None) -> None:
    assert remaining(NOW + left, NOW) == words


def test_the_clock_is_taken_where_no_instant_is_given() -> None:
    assert remaining(datetime.now(UTC) + 2 * DAY + HOUR) == "2 days"
    assert remaining(datetime.now(UTC) - DAY) is None
