"""Routes of clusters, which need no sign-in: their names, their places on boards, search."""

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from api import board_shapes, paging, shapes
from api.cluster_ids import cluster_ids
from api.database import Database
from api.existing import require_challenge, require_cluster
from api.paging import After, Limit
from api.past_ends import past_progress
from api.public import progresses_of
from hedge.errors import UsageError
from hedge.names import folded

#: The characters of a text to search for.
SHORTEST, LONGEST = 2, 100


@get("/clusters")
async def list_clusters(
    database: NamedDependency[Database], ids: FromQuery[str]
) -> shapes.ListedClusters:
    """The clusters with the given ids, at most 100 with commas between them."""
    asked = cluster_ids("ids", ids)
    found = await database.rows(shapes.Cluster, "clusters", clusters=asked)
    known = {one.cluster_id for one in found}
    return shapes.ListedClusters(clusters=found, unknown=sorted(set(asked) - known))


@post("/clusters/progress", status_code=HTTP_200_OK)
async def several_progresses(
    request: Request, database: NamedDependency[Database], data: JSONBody[shapes.ClustersToRead]
) -> shapes.Progresses:
    """The progress of at most 100 clusters in all active challenges. It only reads; the ids are in
    the body because they can be long."""
    return await progresses_of(request, database, data.cluster_ids)


@get("/clusters/search")
async def search(
    request: Request,
    database: NamedDependency[Database],
    q: FromQuery[str],
    limit: Limit = 20,
    after: After = "",
) -> Response[shapes.PageOfClusters]:
    """The clusters whose id, or whose shown name, begins with q, of 2 to 100 characters. Upper and
    lower case are the same in a name. A wallet is found by its whole address where its player shows
    wallets."""
    text = q.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        raise UsageError(f"q has {len(text)} characters, not {SHORTEST} to {LONGEST}")
    (behind,) = paging.place(after, str) or [""]
    found = await database.rows(
        dict,
        "clusters_found",
        text=text,
        folded=folded(text),
        after=behind,
        limit=limit + 1,
    )
    page, following = paging.cut(found, limit, lambda row: [row["cluster_id"]])
    clusters = await database.rows(
        shapes.Cluster, "clusters", clusters=[row["cluster_id"] for row in page]
    )
    body = shapes.PageOfClusters(clusters=clusters, next=following)
    return paging.answer(request, body, following)


@get("/clusters/{cluster:str}/leaderboards")
async def places(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    limit: Limit = 100,
    after: After = "",
) -> Response[board_shapes.PageOfPlaces]:
    """Where a cluster is on each active public board that has a run, by key: its rank, of how many,
    and the share of those above."""
    await require_cluster(database, cluster)
    (behind,) = paging.place(after, str) or [""]
    found = await database.rows(
        dict, "cluster_boards", cluster=cluster, after=behind, limit=limit + 1
    )
    page, following = paging.cut(found, limit, lambda place: [place["key"]])
    listed = []
    for place in page:
        payload = place.pop("payload")
        if payload is not None:
            place["key_values"] = board_shapes.described(place["key_values"], payload)
        listed.append(board_shapes.Place(**place))
    body = board_shapes.PageOfPlaces(cluster_id=cluster, leaderboards=listed, next=following)
    return paging.answer(request, body, following)


@get("/clusters/{cluster:str}/history")
async def history(
    request: Request,
    database: NamedDependency[Database],
    cluster: FromPath[str],
    challenge: FromQuery[str | None] = None,
    limit: Limit = 100,
    after: After = "",
) -> Response[shapes.History]:
    """How the progress of a cluster changed, newest first, with the tiers that it unlocked
    meanwhile; with a challenge only in that. A run records what differs from the run before."""
    await require_cluster(database, cluster)
    if challenge is not None:
        await require_challenge(database, challenge)
    place = paging.place(after, str, str)
    before = paging.instant(after, place[0]) if place else None
    found = await database.rows(
        shapes.ProgressChange,
        "cluster_history",
        cluster=cluster,
        challenge=challenge,
        before=before,
        before_challenge=place and place[1],
        limit=limit + 1,
    )
    page, following = paging.cut(
        found, limit, lambda change: [change.as_of.isoformat(), change.challenge_key]
    )
    unlocks = await database.rows(
        shapes.UnlockedTier,
        "cluster_unlocks",
        cluster=cluster,
        challenge=challenge,
        # those before are on the next page
        since=page[-1].as_of if following else None,
        before=before,
    )
    body = shapes.History(cluster_id=cluster, changes=page, unlocks=unlocks, next=following)
    return paging.answer(request, body, following)


router = Router(
    "/",
    route_handlers=[list_clusters, several_progresses, search, places, history, past_progress],
    tags=["clusters"],
)
