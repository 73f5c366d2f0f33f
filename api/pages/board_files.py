"""The entries of a board as files: of the run that its page shows, in its order, with the names
that players show."""

import csv
import io
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api import board_shapes, boards, paging
from api.database import Database
from api.numbers import digits, encode
from api.pages.boards import periods_beside
from api.paging import After
from api.problems import Refused
from api.response_cache import etag_of, is_held
from hedge.project.csv_files import harmless

#: The most entries of one file. A larger board has a header Link to the next file.
MOST = 5_000


@get("/boards/{key:str}/entries.csv", media_type="text/csv")
async def as_csv(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    run: FromQuery[int | None] = None,
    after: After = "",
) -> Response[bytes]:
    """The entries of a run, the one that readers see unless another is given, as CSV (RFC 4180, in
    UTF-8): rank, previous_rank, cluster_id, display_name and a column for each ordering key."""
    found = await _standing(database, key, run, after)
    return _file(request, found, "csv", "text/csv", written(found.entries))


@get("/boards/{key:str}/entries.json")
async def as_json(
    request: Request,
    database: NamedDependency[Database],
    key: FromPath[str],
    run: FromQuery[int | None] = None,
    after: After = "",
) -> Response[bytes]:
    """The same as JSON, as /leaderboards/{key}/runs/{run} has it."""
    found = await _standing(database, key, run, after)
    return _file(request, found, "json", "application/json", encode(found))


async def _standing(
    database: Database, key: str, run: int | None, after: str
) -> board_shapes.Standing:
    """At most MOST entries of a run behind a cursor, with the ranks that the page compares with."""
    place = paging.place(after, int, int, str)
    if place is not None:
        if run is not None and run != place[0]:
            raise paging.refused(after)
        run = place[0]
    if run is not None:
        shown = await boards.run(database, key, run)
    else:
        latest = await boards.latest_run(database, key)
        if latest is None:
            await boards.board(database, key)
            raise Refused(
                HTTPStatus.NOT_FOUND, f"board {key} was not computed yet", code="not_computed"
            )
        shown = latest
    before = (await periods_beside(database, key, shown.id)).get("before")
    previous = None
    if before is not None:
        previous = board_shapes.ComputedPeriod(
            **{name: before[name] for name in ("run_id", "period_start", "period_end")}
        )
    found = await boards.entries(database, shown, previous, MOST + 1, place=place and place[1:])
    page, following = paging.cut(
        found, MOST, lambda entry: (shown.id, entry.rank, entry.cluster_id)
    )
    return board_shapes.Standing(
        leaderboard=await boards.head(database, key, shown),
        run=shown,
        previous=previous,
        entries=page,
        next=following,
    )


def written(entries: Sequence[board_shapes.Entry]) -> bytes:
    """Entries as CSV. A text that a spreadsheet would compute is preceded by an apostrophe; numbers
    have all of their digits."""
    text = io.StringIO()
    writer = csv.writer(text)
    keys = entries[0].key_values if entries else []
    names = [one.metric or f"key_{place}" for place, one in enumerate(keys, 1)]
    writer.writerow(["rank", "previous_rank", "cluster_id", "display_name", *names])
    for entry in entries:
        row: list[Any] = [entry.rank, entry.previous_rank]
        row += [harmless(entry.cluster_id), harmless(entry.display_name)]
        writer.writerow([*row, *(digits(one.value) for one in entry.key_values)])
    return text.getvalue().encode("utf-8", "replace")


def _file(
    request: Request, found: board_shapes.Standing, ending: str, kind: str, body: bytes
) -> Response[bytes]:
    """The response with a file and its version; 304 where the client has it."""
    name = f"{found.leaderboard.key}-run-{found.run.id}.{ending}"
    headers = {
        "ETag": etag_of(body),
        # a name is not shown any longer than its player allows it
        "Cache-Control": "public, no-cache",
        "Vary": "Origin",
        "Content-Disposition": f'attachment; filename="{name}"',
    } | paging.link(request, found.next)
    if is_held(headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


router = Router("/", route_handlers=[as_csv, as_json])
