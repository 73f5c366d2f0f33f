"""Public boards and their complete runs, for the API and the pages. A board or run that does not
exist is Refused with 404."""

from http import HTTPStatus

from api import shapes
from api.database import Database
from api.problems import Refused

#: The largest bigint, larger than any id.
NEWEST = 2**63 - 1


async def board(database: Database, key: str) -> shapes.Board:
    """An active public board."""
    found = await database.one(shapes.Board, "boards", key=key, after="", limit=1)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no board {key}")
    return found


async def runs(
    database: Database, key: str, limit: int, before: int = NEWEST
) -> list[shapes.BoardRun]:
    """The complete runs of a board whose id is smaller than before, newest first."""
    return await database.rows(
        shapes.BoardRun, "board_runs", key=key, run=None, before=before, limit=limit
    )


async def run(database: Database, key: str, run_id: int) -> shapes.BoardRun:
    """One complete run of a board."""
    found = None
    if 0 <= run_id < NEWEST:
        found = await database.one(
            shapes.BoardRun, "board_runs", key=key, run=run_id, before=NEWEST, limit=1
        )
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"board {key} has no complete run {run_id}")
    return found


async def latest_run(database: Database, key: str) -> shapes.BoardRun | None:
    """The run that readers see; None where the board has no complete run, or does not exist."""
    return await database.one(shapes.BoardRun, "board_latest_run", key=key)
