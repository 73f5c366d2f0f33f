"""Named queries as the service executes them, within one transaction.

There now() stands still, so that also an instant is tried that is exactly now. The fixture
`connection` of this package is such a transaction.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.database import query

WALLET = "0x" + "a1" * 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def found(connection: psycopg.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a named query."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(query(name), parameters).fetchall()


def now(connection: psycopg.Connection) -> datetime:
    """The instant of the transaction."""
    (instant,) = connection.execute("select now()").fetchone()
    return instant


def pick(row: dict[str, Any], *names: str) -> tuple:
    """Some values of a row."""
    return tuple(row[name] for name in names)
