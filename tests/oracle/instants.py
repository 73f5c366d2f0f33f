"""The instants and windows that the worlds know: edges, and a microsecond beside them."""

from datetime import UTC, date, datetime, timedelta

from .shapes import Window

AS_OF = datetime(2026, 6, 15, 12, 34, 56, 789012, tzinfo=UTC)

DAY = timedelta(days=1)

TICK = timedelta(microseconds=1)

WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - 180 * DAY, AS_OF),
    Window(
        "season:spring",
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    ),
    Window("season:spring:baseline", None, datetime(2026, 3, 1, tzinfo=UTC)),
    Window(
        "run:1",
        datetime(2026, 6, 14, tzinfo=UTC),
        datetime(2026, 6, 15, tzinfo=UTC),
    ),
)
"""Windows whose edges the worlds know: open, rolling, closed, a baseline, one day."""

EDGES = (
    AS_OF,
    AS_OF - 180 * DAY,
    datetime(2026, 6, 15, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 4, 1, tzinfo=UTC),
    datetime(2026, 6, 14, tzinfo=UTC),
    AS_OF - 1000 * DAY,
    AS_OF - 7 * DAY,
)

TIMES = (
    *(AS_OF - number * DAY for number in (1, 2, 3, 10, 90, 179)),
    *(edge + beside for edge in EDGES for beside in (-TICK, timedelta(0), TICK)),
    datetime(2026, 3, 8, 2, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2021, 10, 1, tzinfo=UTC),
    AS_OF + DAY,
    AS_OF + 400 * DAY,
)

DATES = tuple(
    sorted(
        {
            *(time.date() + step * DAY for time in TIMES for step in (-1, 0)),
            date(2021, 9, 1),
        },
        reverse=True,
    )
)
