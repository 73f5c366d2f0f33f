"""Seasons and the weights of their challenges."""

from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import MediaType, Request, Response, get, post, put
from litestar.dto import DataclassDTO, DTOData
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from api import paging
from api.admin.common import BODY, changes_of, create_or_replace, existing, given_fields
from api.database import with_connection
from api.paging import After, Limit
from api.shape import Body, Number, Shape
from hedge import seasons
from hedge.errors import UsageError
from hedge.seasons import Season


class SeasonBody(DataclassDTO[Annotated[Season, BODY]]):
    """A season."""

    __schema_name__ = "AdminSeason"


class SeasonChanges(DataclassDTO[Annotated[Season, changes_of(key="id")]]):
    """The fields of a season to change."""

    __schema_name__ = "SeasonChanges"


class Weight(Shape, kw_only=True):
    """The points per unit of a challenge's value."""

    challenge_key: str
    weight: Number
    weight_text: str = ""


class NewWeight(Body):
    """The weight of a challenge: above 0, rounded to 6 decimals. The challenge is named by
    challengeKey, or by challengeCode, which is the same."""

    weight: Number
    challenge_key: str | msgspec.UnsetType = msgspec.UNSET
    challenge_code: str | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, str]:
        """The weight as hedge takes it; no challenge, or two different ones, is a UsageError."""
        names = {self.challenge_key, self.challenge_code} - {msgspec.UNSET}
        if len(names) != 1:
            raise UsageError("a weight names one challenge, by challengeKey or challengeCode")
        (key,) = names
        return {"challenge_key": str(key), "weight": _to_six_places(self.weight)}


class NewWeights(Body):
    """Weights of challenges in an object."""

    weights: list[NewWeight]


@get("/seasons", return_dto=SeasonBody, media_type=MediaType.JSON)
async def list_seasons(
    request: Request, limit: Limit = 1000, after: After = ""
) -> Response[list[Season]]:
    """All seasons, the newest first."""
    found: list[Season] = await with_connection(seasons.all_seasons)
    page, following = paging.slice_of(found, limit, after, lambda season: season.id)
    return Response(page, media_type=MediaType.JSON, headers=paging.link(request, following))


@post("/seasons", dto=SeasonBody, status_code=HTTP_200_OK, media_type=MediaType.JSON)
async def put_season(request: Request, data: JSONBody[Season]) -> Response[Season]:
    """Create a season. Under /v1 the status is 201, and 409 where the id exists. Without /v1 it is
    200, and a season that has the id is replaced, which is deprecated: PUT changes it."""
    return await create_or_replace(request, seasons.add, data)


@put("/seasons/{season:str}", dto=SeasonChanges, return_dto=SeasonBody)
async def change_season(
    season: FromPath[str], data: JSONBody[DTOData[Season]], unchecked: FromQuery[bool] = False
) -> Season:
    """Change the given fields of a season. A draft goes live by its state alone, and where nothing
    is missing, unless unchecked."""
    await existing(seasons.season, season)
    changes = given_fields(data)
    changed: Season = await with_connection(seasons.edit, season, unchecked=unchecked, **changes)
    return changed


@get("/seasons/{season:str}/weights")
async def season_weights(
    request: Request, season: FromPath[str], limit: Limit = 1000, after: After = ""
) -> Response[list[Weight]]:
    """The weights of a season, in the order of the catalogue."""
    found = await _weights(season)
    page, following = paging.slice_of(found, limit, after, lambda weight: weight.challenge_key)
    return paging.answer(request, page, following)


@post("/seasons/{season:str}/weights", status_code=HTTP_200_OK)
async def put_weights(
    season: FromPath[str], data: JSONBody[list[NewWeight] | NewWeights]
) -> list[Weight]:
    """Insert or update the given weights, in an array or in an object with it; the others are
    kept. Returns all weights."""
    await existing(seasons.season, season)
    weights = data.weights if isinstance(data, NewWeights) else data
    given = [one.given() for one in weights]
    await with_connection(seasons.put_weights, season, given)
    return await _weights(season)


def _to_six_places(weight: Decimal) -> str:
    """A weight, rounded to the places of the table: clients whose numbers are doubles send more. A
    number with a huge exponent, which is refused, would have too many digits for a sentence."""
    return f"{weight:.6f}" if weight.adjusted() < 40 else str(weight)


async def _weights(season: str) -> list[Weight]:
    await existing(seasons.season, season)
    found = await with_connection(seasons.weights, season)
    return [Weight(challenge_key=one.challenge_key, weight=one.weight) for one in found]


HANDLERS = (list_seasons, put_season, change_season, season_weights, put_weights)
