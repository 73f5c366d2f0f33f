"""The search for players by the beginning of an id or of a shown name."""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api.database import Database
from api.pages.rendering import page
from hedge.names import folded
from hedge.suggestions import nearest

#: Players that one search lists, and the longest text that it looks for.
MOST, LONGEST = 20, 100
LAST = 1000
#: The first player of a page, among those that are found; a search does not go on without end.
Place = Annotated[int, QueryParameter(name="from", ge=1, le=LAST)]
#: Of a text that nothing begins with, the fewest characters by which names like it are looked up,
#: and how many of these names are compared with it.
SHORTEST, CANDIDATES = 2, 200


@get("/find")
async def find(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromQuery[str] = "",
    first: Place = 1,
) -> Response[str] | Redirect:
    """Players whose id or shown name begins with what the search field has, from a place on; a
    redirect to the page of the cluster with exactly this id. A wallet is found by its whole address
    where its player shows wallets."""
    text = cluster.strip()
    if text and await database.one(dict, "cluster_known", cluster=text) is not None:
        name = quote(text, safe="")
        return Redirect(f"/clusters/{name}", status_code=HTTP_303_SEE_OTHER)
    found: list[dict[str, Any]] = []
    if 0 < len(text) <= LONGEST:
        found = await database.rows(
            dict,
            "page_found",
            text=text,
            folded=folded(text),
            limit=MOST + 1,
            skip=first - 1,
        )
    return page(
        request,
        "found.html",
        text=text[:LONGEST],
        is_too_long=len(text) > LONGEST,
        longest=LONGEST,
        found=found[:MOST],
        has_more=len(found) > MOST,
        most=MOST,
        first=first,
        goes_on=first + MOST <= LAST,
        alike=None if found or not text or first > 1 else await like(database, text),
    )


async def like(database: Database, text: str) -> dict[str, Any] | None:
    """The player whose shown name or id is spelled most like a text, among those that begin as it
    does: with most of it, else with half of it or less. None where none is like it."""
    if len(text) > LONGEST:
        return None
    whole = len(text)
    for length in sorted({whole - 1, whole * 3 // 4, whole // 2, SHORTEST}, reverse=True):
        if length < SHORTEST:
            break
        beginning = text[:length]
        candidates = await database.rows(
            dict,
            "page_found_alike",
            text=beginning,
            folded=folded(beginning),
            limit=CANDIDATES,
        )
        name = nearest(text, (one["name"] for one in candidates))
        if name is not None:
            return next(one for one in candidates if one["name"] == name)
    return None


router = Router("/", route_handlers=[find])
