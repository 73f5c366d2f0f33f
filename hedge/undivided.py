"""What cannot do with buckets yet (docs/scale.md)."""

import psycopg

from hedge import database
from hedge.errors import HedgeError


def require(connection: psycopg.Connection, what: str) -> None:
    """Raise a HedgeError where clusters are divided among buckets, which `what`, a noun, cannot do
    with yet."""
    if divided := database.buckets(connection):
        raise HedgeError(
            f"{what} cannot do with buckets yet, and the clusters of this database are divided "
            f"among {len(divided)}: hedge db buckets 1 joins them"
        )
