"""The instants of the facts in the demo world. All times are UTC."""

from datetime import UTC, datetime, timedelta
from random import Random

#: The as-of instant for which the demo world is computed. A few facts occur at or after it on
#: purpose; they must not count.
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)

#: The first day of ordinary facts; a few clusters began to stake before it.
BEGINNING = datetime(2024, 6, 1, tzinfo=UTC)

#: The last instant of any fact, one day after AS_OF.
END = AS_OF + timedelta(days=1)

_SEASON = datetime(2026, 10, 1, tzinfo=UTC)
_HALF_A_YEAR_AGO = AS_OF - timedelta(days=180)
_SPANS = tuple(
    int((END - start).total_seconds())
    for start in (BEGINNING, _HALF_A_YEAR_AGO, _HALF_A_YEAR_AGO, _SEASON)
)
_RECENTLY = int(timedelta(days=170).total_seconds())


def moment(rng: Random) -> datetime:
    """A random second before END. Half of them lie in the last 180 days, a quarter in October,
    and about one in a hundred lies after AS_OF."""
    return END - timedelta(seconds=int(rng.random() * _SPANS[int(rng.random() * 4)]))


def moments(rng: Random, count: int) -> list[datetime]:
    """`count` random moments in order."""
    return sorted(moment(rng) for _ in range(count))


def moments_apart(rng: Random, count: int, days: float) -> list[datetime]:
    """At most `count` moments with a mean distance of `days`."""
    at = moment(rng)
    times: list[datetime] = []
    while at < END and len(times) < count:
        times.append(at)
        at += timedelta(seconds=int(rng.expovariate(1 / days) * 86_400))
    return times


def recent_moments(rng: Random, count: int) -> list[datetime]:
    """`count` different seconds of the 170 days before AS_OF, in order."""
    seconds = rng.sample(range(1, _RECENTLY), count)
    return [AS_OF - timedelta(seconds=ago) for ago in sorted(seconds, reverse=True)]


def days_ago(days: float) -> datetime:
    """The instant `days` days (of 24 hours) before AS_OF."""
    return AS_OF - timedelta(days=days)


def block_number(at: datetime) -> int:
    """A plausible block number of DFK Chain, which has a block about every two seconds."""
    return int((at - BEGINNING).total_seconds()) // 2 + 30_000_000


def iso(at: datetime) -> str:
    """The instant in ISO 8601, ending in Z."""
    return at.isoformat().replace("+00:00", "Z")
