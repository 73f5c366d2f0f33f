"""The page of a cluster: who it is, how it stands, and every challenge, filtered and sorted."""

import asyncio
import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api.database import Database
from api.identity import sees_everything
from api.pages.languages import PARAMETER, chosen, later, message
from api.pages.rendering import page
from api.problems import Refused
from hedge.errors import UsageError
from hedge.suggestions import did_you_mean

#: What a reader may see, and the column of page_profile.sql that says which challenges these are.
SHOWN: dict[str, tuple[str, str | None]] = {
    "all": (later("All"), None),
    "begun": (later("In progress"), "is_begun"),
    "near": (later("Near"), "is_near"),
    "rare": (later("Rare"), "is_rare"),
    "done": (later("Done"), "is_done"),
}
SORTED: dict[str, str] = {
    "category": later("Category"),
    "near": later("Nearest tier"),
    "rare": later("Rarest tier"),
    "recent": later("Latest tier"),
    "name": later("Name"),
}
OPENED = ("all", "none")
#: The values that an address does not name.
USUAL: dict[str, str | None] = {
    "show": "all",
    "sort": "category",
    "open": None,
    PARAMETER: None,
}
#: How many of the nearest and of the rarest tiers stand at the top.
NEAREST, RAREST = 3, 3
#: How many of the best places on boards are shown; the others are folded.
BEST = 6
#: What the browsers of phones call themselves.
_PHONE = re.compile(r"\bMobi", re.IGNORECASE)


@get("/clusters/{cluster:str}")
async def cluster(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    show: FromQuery[str] = "all",
    sort: FromQuery[str] = "category",
    expand: Annotated[str | None, QueryParameter(name="open")] = None,
) -> Response[str]:
    """The progress of a cluster: season, activity, places on boards and every challenge. Only the
    player and admins see what happened on Discord."""
    choice = {
        "show": _chosen("show", show, SHOWN),
        "sort": _chosen("sort", sort, SORTED),
        "open": expand and _chosen("open", expand, OPENED),
    }
    head = await database.one(dict, "page_cluster", cluster=cluster)
    if head is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}")
    sees_private = await sees_everything(request, head["player_id"])
    challenges, standings, activity, track, placings = await asyncio.gather(
        database.rows(dict, "page_challenges", cluster=cluster, challenge=None),
        database.rows(dict, "page_profile", cluster=cluster, sort=sort),
        database.rows(dict, "page_activity", cluster=cluster, sees_private=sees_private),
        database.rows(dict, "page_season_track", season=None, cluster=cluster),
        database.rows(dict, "page_cluster_boards", cluster=cluster),
    )
    of_key = {one["key"]: one for one in challenges}
    # a run may have added a challenge between the two queries
    found = [of_key[one["key"]] | one for one in standings if one["key"] in of_key]
    is_open = _is_open(request, choice)
    rarest = _first(found, "rare_place", RAREST)
    # before the first count, rarity chooses nothing
    hidden = set() if rarest else {"rare"} - {show, sort}
    return page(
        request,
        "cluster.html",
        cluster=head,
        challenges=[one for one in found if _is_shown(one, show)],
        total=len(found),
        with_tier=sum(one["tier"] != "NONE" for one in found),
        nearest=_first(found, "near_place", NEAREST),
        rarest=rarest,
        activity=activity,
        placings=placings,
        best=BEST,
        sees_private=sees_private,
        # of the current season, where the cluster is computed in it
        track=[step for step in track if step["points"] is not None],
        choice=choice,
        address=_address(cluster, choice | {PARAMETER: chosen(request)}),
        filters=[
            {
                "text": message(text),
                "count": sum(_is_shown(one, key) for one in found),
                "href": _address(cluster, choice | {"show": key}),
                "is_current": key == show,
            }
            for key, (text, _) in SHOWN.items()
            if key not in hidden
        ],
        sorts=[
            {
                "text": message(text),
                "href": _address(cluster, choice | {"sort": key}),
                "is_current": key == sort,
            }
            for key, text in SORTED.items()
            if key not in hidden
        ],
        closest=_address(cluster, choice | {"show": "begun", "sort": "near"}),
        is_open=is_open,
        other_open=_address(cluster, choice | {"open": "none" if is_open else "all"}),
    )


def _first(found: list[dict[str, Any]], place: str, most: int) -> list[dict[str, Any]]:
    """The challenges that have the first places, in their order."""
    placed = [one for one in found if one[place] is not None]
    return sorted(placed, key=lambda one: one[place])[:most]


def _chosen(name: str, value: str, known: Collection[str]) -> str:
    """A value of the address, which is one of those that are known."""
    if value not in known:
        raise UsageError(
            f"{name} '{value[:80]}' is not {', '.join(known)}{did_you_mean(value, known)}"
        )
    return value


def _is_shown(one: dict[str, Any], show: str) -> bool:
    """Whether a challenge is among those that a reader asked for."""
    column = SHOWN[show][1]
    return column is None or one[column]


def _address(cluster: str, choice: dict[str, str | None]) -> str:
    """The address of the page with a choice. Each choice has one address, which can be passed on:
    what is usual is not named, and the order is always the same."""
    named = [(key, choice[key]) for key in USUAL if choice.get(key) != USUAL[key]]
    path = f"/clusters/{quote(cluster, safe='')}"
    return f"{path}?{urlencode(named)}" if named else path


def _is_open(request: Request, choice: dict[str, str | None]) -> bool:
    """Whether the categories are open: as the address says, else where few challenges were asked
    for, or the browser is not that of a phone. The width of a window is not known here, and a
    style sheet that opens them by it would leave them closed for who hears the page."""
    if choice["open"] is not None:
        return choice["open"] == "all"
    if choice["show"] != "all":
        return True
    hint = request.headers.get("Sec-CH-UA-Mobile")
    if hint is not None:
        return hint != "?1"
    return not _PHONE.search(request.headers.get("User-Agent", ""))


router = Router("/", route_handlers=[cluster])
