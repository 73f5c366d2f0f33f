"""Rewards of seasons: what is given, who is entitled, and what is decided about claims."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from litestar import MediaType, Request, Response, get, post, put
from litestar.dto import DataclassDTO
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from api import paging
from api.admin.common import BODY, decided_by, existing
from api.database import with_connection
from api.paging import After, Limit
from api.problems import Refused, request_id
from api.rewards import csv_response
from api.shape import Body, Number, Shape
from hedge import rewards, seasons
from hedge.rewards import Change, Definition, Kind, Reward, State, Sums


class AdminReward(Shape, kw_only=True):
    """A reward to which a cluster is entitled."""

    reward_id: int
    season_id: str
    reward_key: str
    name: str
    quantity: Number
    quantity_text: str = ""
    cluster_id: str
    level: int | None
    rank: int | None
    state: State
    valid_until: datetime | None
    entitled_at: datetime
    run_id: int
    claimed_at: datetime | None
    fulfilled_at: datetime | None
    changed_at: datetime
    changed_by: str
    note: str
    wallet: str | None
    is_disputed: bool


class ChangeBody(DataclassDTO[Annotated[Change, BODY]]):
    """A state of a reward."""

    __schema_name__ = "RewardChange"


class SumsBody(DataclassDTO[Annotated[Sums, BODY]]):
    """How many rewards of a season are in each state."""

    __schema_name__ = "RewardSums"


class RewardDefinition(Shape, kw_only=True):
    """What a season gives, for a level or for ranks of the season or of a board."""

    reward_key: str
    name: str
    quantity: Number
    quantity_text: str = ""
    kind: Kind
    level: int | None
    leaderboard_key: str | None
    rank_from: int | None
    rank_to: int | None
    valid_until: datetime | None


class NewRewardDefinition(Body):
    """What a season is to give, for a level (kind LEVEL) or for ranks (kind RANK) of the season, or
    of the board leaderboardKey."""

    reward_key: str
    name: str
    kind: str
    quantity: Number
    level: int | None = None
    leaderboard_key: str | None = None
    rank_from: int | None = None
    rank_to: int | None = None
    valid_until: datetime | None = None

    def given(self) -> dict[str, str | None]:
        """The definition as hedge takes it."""
        until = self.valid_until
        found: dict[str, Any] = {name: getattr(self, name) for name in rewards.COLUMNS}
        found |= {"quantity": f"{self.quantity:f}", "valid_until": until and until.isoformat()}
        return {name: None if value is None else str(value) for name, value in found.items()}


class RewardDecision(Body):
    """How a reward was handed out, or why it is refused; the player sees it."""

    note: str = ""


@get("/rewards")
async def list_rewards(
    request: Request,
    season: FromQuery[str | None] = None,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cluster: FromQuery[str | None] = None,
    limit: Limit = 100,
    after: After = "",
) -> Response[list[AdminReward]]:
    """Rewards by number: of a season, in a state, of a cluster."""
    (behind,) = paging.place(after, int) or [0]
    found: list[Reward] = await with_connection(
        rewards.listed, season, in_state, cluster, behind, limit + 1
    )
    page, following = paging.cut(found, limit, lambda one: [one.reward_id])
    return paging.answer(request, [AdminReward(**vars(one)) for one in page], following)


@get("/rewards.csv", media_type="text/csv", include_in_schema=False)
async def export_rewards(
    season: FromQuery[str | None] = None,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
) -> Response[bytes]:
    """The same as a CSV file, all in one."""
    text: str = await with_connection(rewards.exported, season, in_state)
    return csv_response(text)


@get("/rewards/sums", return_dto=SumsBody, media_type=MediaType.JSON)
async def sum_rewards() -> list[Sums]:
    """How many rewards each season has entitled to, and in which state they are."""
    found: list[Sums] = await with_connection(rewards.sums)
    return found


@get("/rewards/{reward:int}/changes", return_dto=ChangeBody, media_type=MediaType.JSON)
async def changes_of_reward(reward: FromPath[int]) -> list[Change]:
    """What became of a reward, the first change first."""
    found: list[Change] = await existing(rewards.changes, reward)
    return found


@post("/rewards/{reward:int}/fulfil", status_code=HTTP_200_OK)
async def fulfil_reward(
    request: Request, reward: FromPath[int], data: JSONBody[RewardDecision]
) -> AdminReward:
    """Note that a reward that is claimed was handed out. Asked again, the answer is the same."""
    return await _decide(request, reward, "FULFILLED", data.note)


@post("/rewards/{reward:int}/refuse", status_code=HTTP_200_OK)
async def refuse_reward(
    request: Request, reward: FromPath[int], data: JSONBody[RewardDecision]
) -> AdminReward:
    """Refuse a reward that is claimed, with a reason. Asked again, the answer is the same."""
    return await _decide(request, reward, "REFUSED", data.note)


async def _decide(request: Request, reward: int, state: rewards.Decision, note: str) -> AdminReward:
    await existing(rewards.reward, reward)
    try:
        decided: Reward = await with_connection(
            rewards.decide, reward, state, decided_by(request), note, request_id(request)
        )
    except rewards.NotClaimed as error:
        raise Refused(HTTPStatus.CONFLICT, str(error)) from error
    return AdminReward(**vars(decided))


@get("/seasons/{season:str}/rewards")
async def season_rewards(season: FromPath[str]) -> list[RewardDefinition]:
    """What a season gives, for levels first."""
    found: list[Definition] = await existing(rewards.definitions, season)
    return [RewardDefinition(**vars(one)) for one in found]


@put("/seasons/{season:str}/rewards")
async def put_season_rewards(
    season: FromPath[str], data: JSONBody[list[NewRewardDefinition]]
) -> list[RewardDefinition]:
    """Insert or update what a season gives; the rest is kept, and so is what clusters are entitled
    to already. Returns all of it."""
    await existing(seasons.season, season)
    await with_connection(rewards.define, season, [one.given() for one in data])
    found: list[Definition] = await with_connection(rewards.definitions, season)
    return [RewardDefinition(**vars(one)) for one in found]


#: Of an admin or of a service, which hands rewards out.
HANDING_OUT = (
    list_rewards,
    export_rewards,
    sum_rewards,
    changes_of_reward,
    fulfil_reward,
    refuse_reward,
)
#: Of an admin alone.
HANDLERS = (season_rewards, put_season_rewards)
