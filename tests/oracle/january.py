"""Stories of January 2026: what the oracle measures of two clusters with a few facts."""

from datetime import UTC, datetime

from tests.oracle import (
    Link,
    Lists,
    Window,
    World,
    measure,
)

LISTS = Lists.read()
BUSY, BUSY_TOO, RIVAL = "0xb1", "0xb2", "0xa3"
LINKS = [Link("busy", BUSY), Link("busy", BUSY_TOO), Link("rival", RIVAL)]
JANUARY = Window("january", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def at(day: int, hour: int = 0, *, month: int = 1) -> datetime:
    """An hour of a day of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def numbered(rows: list[dict]) -> list[dict]:
    """Rows with a natural key (tx_hash, log_index) in the order given."""
    return [{"tx_hash": "0x1", "log_index": n} | row for n, row in enumerate(rows)]


def measured(source: str, cluster: str = "busy", **facts: list[dict]) -> dict:
    """The metrics of a source in January, by metric key."""
    world = World(facts=facts, links=LINKS, clusters=["busy", "rival", "idle"])
    metrics = measure(world, JANUARY, LISTS)[cluster]
    return {key: value for (name, key), value in metrics.items() if name == source}
