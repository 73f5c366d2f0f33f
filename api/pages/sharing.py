"""The pictures of pages for previews of links, which show what a stranger may see.

One picture is for all who see a link, so all are in English.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api import boards
from api.database import Database
from api.existing import require_cluster, unknown_challenge
from api.pages.countdown import remaining
from api.pages.languages import use_source
from api.pages.texts import number, percent
from api.pages.times import period
from api.pictures.cards import Card, Mark, Named, Row
from api.pictures.painter import tag
from api.problems import Refused
from api.response_cache import is_held
from hedge.counting import counted, decimals
from hedge.units import FEAT, in_unit, outcome, unit_name

#: Entries of boards and standings on a picture.
ROWS = 5
#: What the states of a season are called above its name.
STATES = {"coming": "SEASON TO COME", "current": "CURRENT SEASON"}


@get("/preview.png")
async def of_home(request: Request, database: NamedDependency[Database]) -> Response[bytes]:
    """The first of the current season; without any, how many boards there are."""
    use_source()
    found = await database.single(dict, "page_preview_home")
    count = counted(found["boards"], "board")
    entries: list[dict[str, Any]] = []
    about = ""
    if found["season"] is not None:
        about = f"{found['name']}: {remaining(found['ends_at']) or 'a moment'} left"
        entries = await database.rows(
            dict, "page_season_standings", season=found["season"], first=1, rows=ROWS
        )
    title = Named("Who leads the realm")
    if entries:
        card = Card(f"SEASON · {count}".upper(), title, Named(about), rows=_rows(entries, "points"))
    else:
        figure, _, unit = count.partition(" ")
        card = Card("BOARDS", title, Named(about), figure, unit)
    return await _answer(request, card)


@get("/catalogue/preview.png")
async def of_catalogue(request: Request, database: NamedDependency[Database]) -> Response[bytes]:
    """How many challenges there are."""
    use_source()
    found = await database.single(dict, "page_preview_home")
    figure, _, unit = counted(found["challenges"], "challenge").partition(" ")
    card = Card(
        "CATALOGUE",
        Named("Challenges"),
        Named("What there is to reach, and how rare it is"),
        figure,
        unit,
        f"in {counted(found['categories'], 'category', 'categories')}",
    )
    return await _answer(request, card)


@get("/catalogue/{key:str}/preview.png")
async def of_catalogued(
    request: Request, database: NamedDependency[Database], key: FromPath[str]
) -> Response[bytes]:
    """A challenge: how rare its last tier is, and the others, the rarest first."""
    use_source()
    found, tiers = await asyncio.gather(
        database.one(dict, "page_catalogue_challenge", challenge=key),
        database.rows(dict, "page_catalogue_tiers", challenge=key),
    )
    if found is None:
        raise unknown_challenge(key)
    rungs = [one for one in reversed(tiers) if one["share"] is not None]
    last = rungs[0] if rungs else None
    is_feat = found["unit"] == FEAT
    begun = ""
    if found["clusters"]:
        of_all = counted(int(found["clusters"]), "player")
        begun = f"{number(found['with_value'])} of {of_all}{'' if is_feat else ' have begun'}"
    card = Card(
        found["category"].upper(),
        Named(found["name"]),
        Named(found["description"]),
        percent(last["share"]) if last else "",
        f"of players have {'done it' if is_feat else last['display_name']}" if last else "",
        begun if last else "",
        tier=tiers[-1]["tier_code"] if tiers else "NONE",
        marks=[
            Mark(one["tier_code"], f"{one['display_name']} {percent(one['share'])}")
            for one in rungs[1:]
        ],
    )
    return await _answer(request, card)


@get("/clusters/{cluster:str}/preview.png")
async def of_cluster(
    request: Request, database: NamedDependency[Database], cluster: FromPath[str]
) -> Response[bytes]:
    """The tiers of a cluster and its points in the current season."""
    use_source()
    await require_cluster(database, cluster)
    found = await database.single(dict, "page_preview_cluster", cluster=cluster)
    card = Card(
        "PLAYER",
        _who(found),
        Named(cluster if found["display_name"] else ""),
        marks=[
            Mark(one["code"], f"{one['number']} {one['code'].capitalize()}")
            for one in found["tiers"] or []
        ],
        **_figure_of_cluster(found),
    )
    return await _answer(request, card)


def _figure_of_cluster(found: dict[str, Any]) -> dict[str, Any]:
    """The points of the current season; without any, how many challenges have a tier."""
    if found["season"] is None:
        return {
            "figure": f"{found['with_tier']} of {found['challenges']}",
            "unit": "challenges have a tier",
        }
    return {
        "figure": number(found["points"]),
        "unit": in_unit(found["points"], "points"),
        "beneath": f"level {found['level']}, rank {found['rank']} · {found['season']}",
        "length": float(found["length"]),
    }


@get("/clusters/{cluster:str}/challenges/{key:str}/preview.png")
async def of_challenge(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    key: FromPath[str],
) -> Response[bytes]:
    """The value of a cluster in a challenge, and what is missing to the next tier."""
    use_source()
    await require_cluster(database, cluster)
    found, head = await asyncio.gather(
        database.one(dict, "page_challenges", cluster=cluster, challenge=key),
        database.single(dict, "page_cluster", cluster=cluster),
    )
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"cluster {cluster} has no value of a challenge {key}")
    is_feat = found["unit"] == FEAT
    beneath = "Every tier is reached"
    if found["next_tier"]:
        beneath = "It is not done yet"
        if not is_feat:
            missing, at = number(found["missing"]), number(found["next_threshold"])
            beneath = f"{missing} more to {found['next_name']} at {at}"
    value = outcome(found["value"]).capitalize() if is_feat else number(found["value"])
    card = Card(
        found["category"].upper(),
        Named(found["name"]),
        _who(head),
        value,
        in_unit(found["value"], found["unit"]),
        beneath,
        float(found["length"]),
        found["tier"],
        [] if found["tier"] == "NONE" else [Mark(found["tier"], found["tier_name"])],
    )
    return await _answer(request, card)


@get("/boards/{key:str}/preview.png")
async def of_board(
    request: Request, database: NamedDependency[Database], key: FromPath[str]
) -> Response[bytes]:
    """The first of a board, as readers see it."""
    use_source()
    found = await boards.board(database, key)
    shown = await boards.latest_run(database, key)
    if shown is None:
        card = Card("BOARD", Named(found.name), Named("Not computed yet"))
        return await _answer(request, card)
    entries = await database.rows(
        dict, "page_board_entries", run=shown.id, previous=None, first=1, rows=ROWS, cluster=None
    )
    span = period(shown.period_start, shown.period_end, found.time_window)
    unit = unit_name(found.unit)
    about = f"{counted(shown.row_count, 'player')}{', by ' + unit if unit else ''}"
    card = Card(
        f"BOARD · {span}".upper(), Named(found.name), Named(about), rows=_rows(entries, "score")
    )
    return await _answer(request, card)


@get("/season/{season:str}/preview.png")
async def of_season(
    request: Request, database: NamedDependency[Database], season: FromPath[str]
) -> Response[bytes]:
    """The first of the standings of a season, and how long it still goes on."""
    use_source()
    found, entries = await asyncio.gather(
        database.rows(dict, "page_season_of_id", season=season),
        database.rows(dict, "page_season_standings", season=season, first=1, rows=ROWS),
    )
    if not found:
        raise Refused(HTTPStatus.NOT_FOUND, f"no season {season}", code="unknown_season")
    one = found[0]
    about = {
        "coming": f"{remaining(one['starts_at']) or 'A moment'} to its start",
        "current": f"{remaining(one['ends_at']) or 'A moment'} left",
        "counted": "It is over; its points are not final yet",
        "final": "Its points are final",
    }[one["state"]]
    card = Card(
        STATES.get(one["state"], "PAST SEASON"),
        Named(one["name"]),
        Named(about),
        rows=_rows(entries, "points"),
    )
    return await _answer(request, card)


def _who(found: dict[str, Any]) -> Named:
    """The name that a player shows; the id where the fonts cannot write it."""
    return Named(found["display_name"] or found["cluster_id"], found["cluster_id"])


def _rows(entries: list[dict[str, Any]], value: str) -> list[Row]:
    digits = decimals((one[value] for one in entries), 2)
    return [
        Row(one["rank"], _who(one), number(one[value], fixed=digits), float(one["length"]))
        for one in entries
    ]


async def _answer(request: Request, card: Card) -> Response[bytes]:
    """The picture, which caches have to ask for again, because a player may hide the name; 304
    where the client has it, for which nothing is drawn."""
    etag = tag(card)
    headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
    if is_held(etag, request.headers.get("if-none-match", "")):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    picture = await request.app.state.painter.png(card)
    return Response(picture, media_type="image/png", headers=headers)


router = Router(
    "/",
    route_handlers=[
        of_home,
        of_catalogue,
        of_catalogued,
        of_cluster,
        of_challenge,
        of_board,
        of_season,
    ],
    include_in_schema=False,
)
