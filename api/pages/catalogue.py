"""The catalogue: what challenges there are, and for each how far players come in it."""

import asyncio

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api.database import Database
from api.existing import unknown_challenge
from api.pages.readers import own_cluster
from api.pages.rendering import page


@get("/catalogue")
async def catalogue(
    request: Request, database: NamedDependency[Database], category: FromQuery[str | None] = None
) -> Response[str]:
    """The live challenges by category, or those of one; a category that does not exist has
    none."""
    own = await own_cluster(request, database)
    categories, challenges = await asyncio.gather(
        database.rows(dict, "page_catalogue_categories"),
        database.rows(dict, "page_catalogue_list", category=category, cluster=own),
    )
    return page(
        request,
        "catalogue.html",
        categories=categories,
        challenges=challenges,
        chosen=category,
        own=own,
    )


@get("/catalogue/{key:str}")
async def catalogued(
    request: Request, database: NamedDependency[Database], key: FromPath[str]
) -> Response[str]:
    """A challenge: what counts, its ladder with how rare each tier is and who reached it first and
    latest, how values are spread, boards, and where the player who is signed in stands."""
    own = await own_cluster(request, database)
    found, tiers, values, boards, mine = await asyncio.gather(
        database.one(dict, "page_catalogue_challenge", challenge=key),
        database.rows(dict, "page_catalogue_tiers", challenge=key),
        database.rows(dict, "page_catalogue_values", challenge=key),
        database.rows(dict, "page_catalogue_boards", challenge=key),
        database.one(dict, "page_challenges", cluster=own, challenge=key),
    )
    if found is None:
        raise unknown_challenge(key)
    return page(
        request,
        "catalogued.html",
        challenge=found,
        tiers=tiers,
        bars=values,
        boards=boards,
        mine=mine,
        own=own,
    )


router = Router("/", route_handlers=[catalogue, catalogued])
