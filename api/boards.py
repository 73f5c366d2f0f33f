"""Public boards and their complete runs, for the API and the pages. A board or run that does not
exist is Refused with 404."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from api import board_shapes, paging
from api.database import Database
from api.problems import Refused
from hedge.ids import LARGEST, is_id


async def board(database: Database, key: str) -> board_shapes.Board:
    """An active public board."""
    found = await database.one(board_shapes.Board, "boards", key=key, after="", limit=1)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no board {key}", code="unknown_board")
    return found


async def runs(
    database: Database, key: str, limit: int, before: int = LARGEST
) -> list[board_shapes.BoardRun]:
    """The complete runs of a board whose id is smaller than before, newest first."""
    return await database.rows(
        board_shapes.BoardRun, "board_runs", key=key, run=None, before=before, limit=limit
    )


async def run(database: Database, key: str, run_id: int) -> board_shapes.BoardRun:
    """One complete run of a board."""
    found = None
    if is_id(run_id):
        found = await database.one(
            board_shapes.BoardRun, "board_runs", key=key, run=run_id, before=LARGEST, limit=1
        )
    if found is None:
        raise Refused(
            HTTPStatus.NOT_FOUND, f"board {key} has no complete run {run_id}", code="unknown_run"
        )
    return found


async def latest_run(database: Database, key: str) -> board_shapes.BoardRun | None:
    """The run that readers see; None where the board has no complete run, or does not exist."""
    return await database.one(board_shapes.BoardRun, "board_latest_run", key=key)


async def run_at(database: Database, key: str, at: datetime) -> board_shapes.BoardRun | None:
    """The run of the period that holds an instant; None where that period was not computed."""
    return await database.one(board_shapes.BoardRun, "board_run_at", key=key, at=at)


async def definition(database: Database, key: str) -> board_shapes.BoardDefinition:
    """What a board ranks and when, with its periods."""
    found = await database.one(dict, "board_definition", key=key)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no board {key}", code="unknown_board")
    current = await current_periods(database, [key])
    return board_shapes.BoardDefinition(
        **found
        | {
            "periods": msgspec.convert(found["periods"], list[board_shapes.ComputedPeriod]),
            "ordering_keys": msgspec.convert(
                found["ordering_keys"], list[board_shapes.DescribedKey]
            ),
        },
        current_period=current[key],
        latest_run=await latest_run(database, key),
    )


async def current_periods(
    database: Database, keys: Sequence[str] | None = None
) -> dict[str, board_shapes.Period | None]:
    """The periods that go on, by board, of all active boards unless keys are given; None where no
    season goes on that the board ranks. Both ends of a board of all time are None."""
    found = await database.rows(
        dict,
        "boards_periods",
        keys=keys,
        mode="CURRENT",
        period_start=None,
        period_end=None,
        as_of=datetime.now(UTC),
        drafts=False,
    )
    return {
        one["key"]: board_shapes.Period(
            period_start=one["period_start"], period_end=one["period_end"]
        )
        # only a board of all time has no ends and no fault
        if one["period_start"] is not None or one["fault"] is None
        else None
        for one in found
    }


async def standing(
    database: Database,
    key: str,
    run: board_shapes.BoardRun,
    limit: int,
    *,
    place: Sequence[Any] | None = None,
    clusters: Sequence[str] | None = None,
) -> board_shapes.Standing:
    """At most limit entries of a run behind a place (rank and cluster), and whether there are more;
    with clusters only theirs."""
    previous = await run_before(database, key, run)
    found = await entries(database, run, previous, limit + 1, place=place, clusters=clusters)
    page, following = paging.cut(found, limit, lambda entry: (run.id, entry.rank, entry.cluster_id))
    return board_shapes.Standing(
        leaderboard=await head(database, key, run),
        run=run,
        previous=previous,
        entries=page,
        next=following,
    )


async def entries(
    database: Database,
    run: board_shapes.BoardRun,
    previous: board_shapes.ComputedPeriod | None,
    limit: int,
    *,
    place: Sequence[Any] | None = None,
    clusters: Sequence[str] | None = None,
) -> list[board_shapes.Entry]:
    """At most limit entries of a run behind a place (rank and cluster), with the ranks in the run
    of the period before; with clusters only theirs."""
    rank, cluster = place or (0, "")
    return await database.rows(
        board_shapes.Entry,
        "board_entries",
        run=run.id,
        previous_run=previous and previous.run_id,
        after_rank=rank,
        after_cluster=cluster,
        clusters=clusters,
        limit=limit,
    )


async def run_before(
    database: Database, key: str, run: board_shapes.BoardRun
) -> board_shapes.ComputedPeriod | None:
    """The run that counts of the computed period before that of a run; None where there is none."""
    return await database.one(
        board_shapes.ComputedPeriod, "board_run_before", key=key, period_start=run.period_start
    )


async def head(database: Database, key: str, run: board_shapes.BoardRun) -> board_shapes.BoardHead:
    """A board, and the period of a run."""
    found = await board(database, key)
    return board_shapes.BoardHead(
        key=key, name=found.name, period_start=run.period_start, period_end=run.period_end
    )
