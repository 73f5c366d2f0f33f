"""Routes of challenges and of the progress in them, which need no sign-in."""

import re
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from api import completeness, difference_shapes, paging, shapes
from api.database import Ask, Database, rows
from api.existing import unknown_challenge
from api.explanations import difference, explained
from api.instants import parse_instant
from api.numbers import ExactResponse
from api.paging import After, Limit
from api.problems import Refused, request_id
from api.response_cache import is_held
from hedge import __version__

#: The versions of progress in a header If-None-Match that this version of the program has given.
_VERSIONS = re.compile(rf'"{re.escape(__version__)}-([0-9a-f]+)"')


@get("/challenges")
async def challenges(
    request: Request, database: NamedDependency[Database], limit: Limit = 100, after: After = ""
) -> Response[list[shapes.Category]]:
    """Categories with their active challenges and ladders."""
    found = msgspec.convert(await database.rows(dict, "challenges"), list[shapes.Category])
    page, following = paging.slice_of(found, limit, after, lambda category: category.key)
    return paging.answer(request, page, following)


@get("/challenges/{key:str}")
async def one_challenge(
    database: NamedDependency[Database], key: FromPath[str]
) -> shapes.ChallengeDefinition:
    """A challenge with its ladder, and how many clusters are on each tier, as the last
    run that counted them found it."""
    found = await database.one(dict, "challenge", challenge=key)
    if found is None:
        raise unknown_challenge(key)
    counted = await database.rows(dict, "tiers_of_challenge", challenge=key)
    tiers = {one["tier"]: one for one in counted}
    empty = {"clusters": 0, "share": 0}
    below = tiers.get("NONE", empty)
    ladder = [
        shapes.TierShare(
            tier_code=rung["tierCode"],
            name=rung["name"],
            threshold=rung["threshold"],
            reached_share=rung["reachedShare"],
            clusters=tiers.get(rung["tierCode"], empty)["clusters"],
            share=tiers.get(rung["tierCode"], empty)["share"],
        )
        for rung in found["ladder"]
    ]
    return shapes.ChallengeDefinition(
        **found | {"ladder": ladder},
        clusters=sum(one["clusters"] for one in tiers.values()),
        without_tier=below["clusters"],
        without_tier_share=below["share"],
    )


@get(
    "/clusters/{cluster:str}/progress",
    responses={304: ResponseSpec(None, description="The client has this version: If-None-Match")},
)
async def cluster_progress(
    request: Request, database: NamedDependency[Database], cluster: FromPath[str]
) -> Response[shapes.ClusterProgress]:
    """Values, tiers, next thresholds and unlock times of a cluster in all active challenges."""
    asked = request.headers.get("if-none-match", "")
    held = _VERSIONS.findall(asked)
    version, found = await _version_and_progress(partial(database.rows, dict), cluster, held)
    headers = {} if version is None else {"ETag": f'"{__version__}-{version}"'}
    if version is not None and is_held(headers["ETag"], asked):
        same: Response[Any] = Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
        return same
    return ExactResponse(_known(cluster, found), headers=headers)


async def progress_of(database: Database, cluster: str) -> shapes.ClusterProgress:
    """The progress of a cluster; it has no challenges before the first run for the cluster."""
    _, found = await _version_and_progress(partial(database.rows, dict), cluster)
    return _known(cluster, found)


def _known(cluster: str, found: shapes.ClusterProgress | None) -> shapes.ClusterProgress:
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}", code="unknown_cluster")
    return found


async def progresses_of(
    request: Request, database: Database, clusters: Sequence[str]
) -> shapes.Progresses:
    """The progress of each of some clusters, all of the same instant."""
    wanted = sorted(set(clusters))
    async with database.transaction(request_id(request), one_snapshot=True) as connection:
        ask = partial(rows, connection, dict)
        found = [(await _version_and_progress(ask, cluster))[1] for cluster in wanted]
    return shapes.Progresses(
        clusters=[one for one in found if one is not None],
        unknown=[name for name, one in zip(wanted, found, strict=True) if one is None],
    )


async def _version_and_progress(
    ask: Ask, cluster: str, held: Sequence[str] = ()
) -> tuple[str | None, shapes.ClusterProgress | None]:
    """The version of the progress of a cluster, and the progress. There is no version before the
    first run for the cluster, and no progress where the version is one of those held, or where
    there is no such cluster."""
    listed = await ask("cluster_progress", cluster=cluster, held=list(held))
    version: str | None = listed[0]["answer_version"]
    if version in held:
        return version, None
    if version is None and not await ask("clusters", clusters=[cluster]):
        return None, None
    complete = completeness.shapes(listed[0]["complete_to"])
    challenges = []
    for row in listed:
        if row["challenge_key"] is not None:
            del row["answer_version"], row["place"], row["complete_to"]
            challenges.append(shapes.ChallengeProgress(**row))
    return version, shapes.ClusterProgress(
        cluster_id=cluster,
        as_of=min((one.as_of for one in challenges), default=None),
        complete_to=complete,
        challenges=challenges,
    )


@get("/clusters/{cluster:str}/progress/{challenge:str}", tags=["public"])
async def explain(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    challenge: FromPath[str],
    window: FromQuery[str] = "all_time",
    limit: Limit = 20,
    after: After = "",
) -> Response[shapes.Explanation]:
    """The evidence of a cluster's value in a challenge: the ladder, the facts that count, newest
    first, and the number of excluded rows by reason. The window is all_time, rolling_180d or
    season:ID. Facts from Discord are shown to the player of the cluster and to admins only."""
    (offset,) = paging.place(after, int) or [0]
    if offset < 0:
        raise paging.refused(after)
    found, _ = await explained(request, database, cluster, challenge, window, limit, offset)
    behind = offset + len(found.facts)
    following = paging.cursor(behind) if behind < found.fact_count else None
    return paging.answer(request, shapes.of_explanation(found, following), following)


@get("/clusters/{cluster:str}/progress/{challenge:str}/difference", tags=["public"])
async def explain_difference(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    challenge: FromPath[str],
    since: FromQuery[str],
    until: FromQuery[str],
    limit: Limit = 20,
) -> difference_shapes.ValueDifference:
    """What makes the difference of a value over all time between what was said at two instants:
    facts, links, exclusions and deployed rules. Facts from Discord and exclusions are shown to the
    player of the cluster and to admins only; links to those who see the wallets of the player."""
    ends = parse_instant("since", since), parse_instant("until", until)
    found = await difference(request, database, cluster, challenge, *ends, limit)
    return difference_shapes.of_difference(found)


router = Router(
    "/",
    route_handlers=[challenges, one_challenge, cluster_progress],
    tags=["public"],
)
