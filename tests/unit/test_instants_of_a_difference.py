"""Between which instants a difference is explained."""

from datetime import timedelta

import pytest

from hedge.analysis.between import require_said
from hedge.errors import UsageError
from tests.support import AS_OF, DAY

MINUTE, MICROSECOND = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("since", "until"), [(-DAY, DAY * 0), (-DAY, MINUTE), (-MICROSECOND, 0 * DAY)]
)
def test_what_was_said_until_now_is_known(since: timedelta, until: timedelta) -> None:
    require_said(AS_OF + since, AS_OF + until, AS_OF)


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (-DAY, MINUTE + MICROSECOND, "2026-06-01 12:01:00 lies in the future: nothing has been"),
        (DAY, 2 * DAY, "2026-06-02 12:00:00 lies in the future: nothing has been"),
        (-DAY, -DAY, "2026-05-31 12:00:00 is not before 2026-05-31 12:00:00"),
        (-DAY, -2 * DAY, "2026-05-31 12:00:00 is not before 2026-05-30 12:00:00"),
    ],
)
def test_what_will_be_said_is_not(since: timedelta, until: timedelta, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        require_said(AS_OF + since, AS_OF + until, AS_OF)
