"""Merges of accounts by an admin: what would move, merging, and undoing that."""

from typing import Annotated

from litestar import MediaType, Request, delete, get, post
from litestar.dto import DataclassDTO
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from api.admin.common import BODY, decided_by
from api.database import with_connection
from api.shape import Body, Number, Shape
from hedge import merging
from hedge.merging import Merge


class MergeBody(DataclassDTO[Annotated[Merge, BODY]]):
    """A merge of an account into another."""

    __schema_name__ = "Merge"


class TwoAccounts(Body):
    """Two accounts of one player: the one that remains, and the one that is merged into it."""

    kept: str
    absorbed: str


class MovedReward(Shape, kw_only=True):
    """A reward that a merge moves or takes back."""

    reward_id: int
    season_id: str
    name: str
    quantity: Number
    quantity_text: str = ""
    cluster_before: str
    cluster_after: str
    state_before: str
    state_after: str


class MergePreview(Shape):
    """What goes to the account kept when absorbed is merged into it. Values, points and ranks
    follow with the run that the merge requests."""

    kept: str
    absorbed: str
    wallets: list[str]
    name: str | None
    sessions: int
    tiers_gained: int
    tiers_earlier: int
    exclusions: int
    rewards: list[MovedReward]


@get("/merges", return_dto=MergeBody, media_type=MediaType.JSON)
async def list_merges(cluster: FromQuery[str | None] = None) -> list[Merge]:
    """The merges, the latest first; with a cluster those that concern it."""
    found: list[Merge] = await with_connection(merging.merges, cluster)
    return found


@post("/merges/preview", status_code=HTTP_200_OK)
async def preview_merge(data: JSONBody[TwoAccounts]) -> MergePreview:
    """What a merge would move; nothing is merged."""
    found: merging.MergePreview = await with_connection(merging.preview, data.kept, data.absorbed)
    rewards = [MovedReward(**vars(one)) for one in found.rewards]
    return MergePreview(**vars(found) | {"rewards": rewards})


@post("/merges", status_code=HTTP_201_CREATED, return_dto=MergeBody, media_type=MediaType.JSON)
async def merge_accounts(request: Request, data: JSONBody[TwoAccounts]) -> Merge:
    """Merge an account into another; a run follows."""
    done: Merge = await with_connection(
        merging.merge, data.kept, data.absorbed, decided_by(request)
    )
    return done


@delete(
    "/merges/{absorbed:str}",
    status_code=HTTP_200_OK,
    return_dto=MergeBody,
    media_type=MediaType.JSON,
)
async def undo_merge(request: Request, absorbed: FromPath[str]) -> Merge:
    """Undo the merge of an account, within its term; a run follows."""
    done: Merge = await with_connection(merging.split, absorbed, decided_by(request))
    return done


HANDLERS = (list_merges, preview_merge, merge_accounts, undo_merge)
