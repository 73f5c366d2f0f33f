"""Routes of challenges and of the progress in them, which need no sign-in."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api import completeness, difference_shapes, paging, shapes
from api.completeness import CompleteTo
from api.database import Database
from api.existing import unknown_challenge
from api.explanations import difference, explained
from api.instants import parse_instant
from api.paging import After, Limit
from api.problems import Refused


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


@get("/clusters/{cluster:str}/progress")
async def cluster_progress(
    database: NamedDependency[Database], cluster: FromPath[str]
) -> shapes.ClusterProgress:
    """Values, tiers, next thresholds and unlock times of a cluster in all active challenges."""
    return await progress_of(database, cluster)


async def progress_of(database: Database, cluster: str) -> shapes.ClusterProgress:
    """The progress of a cluster; it has no challenges before the first run for the cluster."""
    found = await progresses_of(database, [cluster])
    if not found.clusters:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}", code="unknown_cluster")
    return found.clusters[0]


async def progresses_of(database: Database, clusters: Sequence[str]) -> shapes.Progresses:
    """The progress of each of some clusters."""
    found = await database.rows(dict, "cluster_progress", clusters=clusters)
    challenges: dict[str, list[shapes.ChallengeProgress]] = {}
    complete: dict[str, list[CompleteTo]] = {}
    for row in found:
        cluster = row.pop("cluster_id")
        if chains := row.pop("complete_to"):
            complete[cluster] = completeness.shapes(chains)
        of_cluster = challenges.setdefault(cluster, [])
        of_cluster.append(shapes.ChallengeProgress(**row))
    known = set(challenges)
    if others := sorted(set(clusters) - known):
        known |= {
            one["cluster_id"] for one in await database.rows(dict, "clusters", clusters=others)
        }
    return shapes.Progresses(
        clusters=[
            shapes.ClusterProgress(
                cluster_id=cluster,
                as_of=min((one.as_of for one in challenges.get(cluster, [])), default=None),
                complete_to=complete.get(cluster, []),
                challenges=challenges.get(cluster, []),
            )
            for cluster in sorted(known)
        ],
        unknown=sorted(set(clusters) - known),
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
