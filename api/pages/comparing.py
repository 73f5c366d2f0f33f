"""Two players side by side."""

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from api.database import Database
from api.pages.readers import own_cluster
from api.pages.rendering import page
from api.pages.search import LONGEST, like
from hedge.names import folded


@get("/compare")
async def compare(
    request: Request,
    database: NamedDependency[Database],
    a: FromQuery[str] = "",
    b: FromQuery[str] = "",
) -> Response[str]:
    """Two players, each by an id or a whole shown name: the season, boards and challenges, and who
    leads. Where the first is not given, it is who is signed in. Where one is missing, the form to
    choose them; with 404 where one does not exist."""
    typed = {"a": a.strip(), "b": b.strip()}
    own = await own_cluster(request, database)
    for side, other in (("a", "b"), ("b", "a")):
        if own is not None and not typed[side] and typed[other] != own:
            typed[side] = own
            break
    first, second = await asyncio.gather(*(_player(database, typed[side]) for side in "ab"))
    faults = {
        side: await _fault(database, typed[side], player)
        for side, player in (("a", first), ("b", second))
    }
    context: dict[str, Any] = {"a": first, "b": second, "typed": typed, "own": own}
    is_same = first is not None and second is not None and first == second
    if first is None or second is None or is_same:
        is_unknown = any(faults.values())
        return page(
            request,
            "compare_choose.html",
            HTTPStatus.NOT_FOUND if is_unknown else HTTPStatus.OK,
            faults=faults,
            is_same=is_same,
            longest=LONGEST,
            **context,
        )
    asked = {"a": first["cluster_id"], "b": second["cluster_id"]}
    season, boards, challenges = await asyncio.gather(
        database.one(dict, "page_compare_season", **asked),
        database.rows(dict, "page_compare_boards", **asked),
        database.rows(dict, "page_compare_challenges", **asked),
    )
    return page(
        request,
        "compare.html",
        season=season,
        boards=boards,
        challenges=challenges,
        longest=LONGEST,
        **context,
    )


async def _player(database: Database, text: str) -> dict[str, Any] | None:
    """The player with an id, or with a shown name; None where nobody has it."""
    if not 0 < len(text) <= LONGEST:
        return None
    return await database.one(dict, "page_compare_player", text=text, folded=folded(text))


async def _fault(
    database: Database, text: str, player: dict[str, Any] | None
) -> dict[str, Any] | None:
    """What is wrong with a text that names nobody: the text, and the player that may be meant."""
    if not text or player is not None:
        return None
    return {"text": text[:LONGEST], "alike": await like(database, text)}


router = Router("/", route_handlers=[compare])
