"""What must be known of a board or season before it goes live."""

from datetime import datetime

from litestar import get
from litestar.params import FromPath

from api.admin.common import existing
from api.shape import Number, Shape
from hedge import boards, seasons
from hedge.boards import State
from hedge.drafts import BoardCheck, Place, SeasonCheck
from hedge.rewards import Kind


class DraftPlace(Shape, kw_only=True):
    """A cluster and its rank: by the first key of a board, or by the points of a season."""

    rank: int
    cluster_id: str
    value: Number
    value_text: str = ""


class CheckedBoard(Shape):
    """What the newest complete run says of a board, and what is missing before it goes live, a
    sentence each. population is how many clusters have a value above zero of the first metric in
    all time, null where that is no metric of a window; ranked is how many the run lists."""

    key: str
    state: State
    missing: list[str]
    unit: str | None
    population: int | None
    run_id: int | None
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime | None
    ranked: int | None
    first: list[DraftPlace]


class DraftLevel(Shape, kw_only=True):
    """A level, the points that it needs, and how many clusters have reached it by now."""

    level: int
    points_required: Number
    points_required_text: str = ""
    clusters: int


class DraftReward(Shape):
    """A reward of a season, and how many clusters would have it if the season ended now."""

    reward_key: str
    name: str
    kind: Kind
    level: int | None
    leaderboard_key: str | None
    rank_from: int | None
    rank_to: int | None
    clusters: int


class CheckedSeason(Shape):
    """What the stored points say of a season, and what is missing before it goes live, a sentence
    each. population is how many clusters have points, challenges how many have a weight."""

    season_id: str
    state: State
    missing: list[str]
    has_begun: bool
    as_of: datetime | None
    population: int
    challenges: int
    levels: list[DraftLevel]
    rewards: list[DraftReward]
    first: list[DraftPlace]


def _places(found: list[Place]) -> list[DraftPlace]:
    return [DraftPlace(**vars(one)) for one in found]


@get("/leaderboards/{key:str}/check")
async def check_board(key: FromPath[str]) -> CheckedBoard:
    """What must be known of a board before it goes live."""
    found: BoardCheck = await existing(boards.check, key)
    return CheckedBoard(**vars(found) | {"first": _places(found.first)})


@get("/seasons/{season:str}/check")
async def check_season(season: FromPath[str]) -> CheckedSeason:
    """What must be known of a season before it goes live."""
    found: SeasonCheck = await existing(seasons.check, season)
    return CheckedSeason(
        **vars(found)
        | {
            "levels": [DraftLevel(**vars(one)) for one in found.levels],
            "rewards": [DraftReward(**vars(one)) for one in found.rewards],
            "first": _places(found.first),
        }
    )


HANDLERS = (check_board, check_season)
