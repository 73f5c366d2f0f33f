"""Named queries: the files hedge/sql/NAME.sql, each read once per process."""

import functools
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


@functools.cache
def query(name: str) -> str:
    """The text of hedge/sql/NAME.sql, with psycopg's %(name)s parameters."""
    return (_FOLDER / f"{name}.sql").read_text()
