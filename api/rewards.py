"""The rewards of a player, for the API and for the pages: listed and claimed."""

from datetime import UTC, datetime
from http import HTTPStatus

from litestar import Response

from api.database import Database, rows
from api.problems import Refused
from api.shape import Number, Shape
from hedge.ids import is_id
from hedge.rewards import State


class MyReward(Shape, kw_only=True):
    """What the player is entitled to: quantity of name, for a level or a rank of a season, to be
    claimed until validUntil where that is not null. note says how it was handed out, why it was
    refused, or why it was taken back."""

    reward_id: int
    season_id: str
    season_name: str
    reward_key: str
    name: str
    quantity: Number
    quantity_text: str = ""
    level: int | None
    rank: int | None
    state: State
    valid_until: datetime | None
    entitled_at: datetime
    claimed_at: datetime | None
    fulfilled_at: datetime | None
    changed_at: datetime
    note: str


class PageOfRewards(Shape):
    """A page of the player's rewards, by number."""

    rewards: list[MyReward]
    next: str | None


def csv_response(text: str) -> Response[bytes]:
    """The response with the file of rewards."""
    headers = {"Content-Disposition": 'attachment; filename="rewards.csv"'}
    return Response(text.encode(), media_type="text/csv", headers=headers)


async def of_player(database: Database, player: int, season: str | None = None) -> list[MyReward]:
    """The rewards of a player, by number, or those of one season."""
    return await database.rows(
        MyReward, "rewards_of_player", player=player, reward=None, season=season
    )


async def claim(database: Database, player: int, reward: int, caused_by: str) -> MyReward:
    """Claim a reward, with its audit row and its event in one transaction; one that is claimed or
    fulfilled already stays as it is, so that a player without an answer may ask again. 404 where
    it is not the player's, 409 where it cannot be claimed."""
    if not is_id(reward):
        raise _unknown(reward)
    known = {"player": player, "reward": reward}
    async with database.transaction(caused_by) as connection:
        await rows(connection, dict, "reward_claim", **known)
        found = await rows(connection, MyReward, "rewards_of_player", **known, season=None)
    if not found:
        raise _unknown(reward)
    (claimed,) = found
    if claimed.state in ("CLAIMED", "FULFILLED"):
        return claimed
    raise Refused(HTTPStatus.CONFLICT, _why_not(claimed), "not_claimable")


def _unknown(reward: int) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"you have no reward {reward}", "unknown_reward")


def _why_not(reward: MyReward) -> str:
    """Why a reward could not be claimed."""
    begin = f"reward {reward.reward_id} cannot be claimed"
    until = reward.valid_until
    if until is not None and (reward.state == "LAPSED" or until <= datetime.now(UTC)):
        return f"{begin}: it was valid until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if reward.state == "OPEN":
        return (
            f"{begin} now: another player has verified a wallet that it rests on, and the next "
            "run decides"
        )
    word = "refused" if reward.state == "REFUSED" else "taken back"
    return f"{begin}: it was {word} ({reward.note})"
