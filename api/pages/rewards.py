"""Rewards on pages: those of a player with the form that claims, and those that an admin decides
about."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import rewards, sessions
from api.database import Database, with_connection
from api.identity import acting_player
from api.pages.forms import Form, parse_whole_number, redirect_with_outcome
from api.pages.languages import gettext, word
from api.pages.rendering import page
from api.problems import request_id
from hedge import rewards as decided
from hedge.errors import UsageError
from hedge.ids import LARGEST

#: Rewards on one page of an admin.
ROWS = 100
PAGE = "/admin/boards/rewards"


async def own(request: Request, database: Database, season: str) -> list[rewards.MyReward]:
    """The rewards of a season of the player who is signed in; none of anybody else."""
    if request.user.player_id is None:
        return []
    return await rewards.of_player(database, acting_player(request), season)


@post("/me/rewards/claim", status_code=HTTP_303_SEE_OTHER)
async def claim(request: Request, database: NamedDependency[Database], data: Form) -> Redirect:
    """Claim a reward."""

    async def change() -> rewards.MyReward:
        number = _number(data)
        return await rewards.claim(database, acting_player(request), number, request_id(request))

    def outcome(claimed: rewards.MyReward) -> str:
        return gettext("%(reward)s is claimed.", reward=word(claimed.name))

    return await redirect_with_outcome(request, change(), outcome, "/me")


@get("/boards/rewards")
async def list_rewards(
    request: Request,
    season: FromQuery[str] = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "CLAIMED",
    first: Annotated[int, QueryParameter(name="from", ge=1, le=LARGEST)] = 1,
) -> Response[str]:
    """Rewards of a state, by number, those that are claimed unless another is chosen, with the
    forms that fulfil and refuse."""

    def read(connection: Any) -> dict[str, Any]:
        state = in_state if in_state in decided.STATES else None
        found = decided.listed(connection, season or None, state, after=first - 1, limit=ROWS + 1)
        return {
            "rewards": found[:ROWS],
            "following": found[ROWS].reward_id if len(found) > ROWS else None,
            "sums": decided.sums(connection),
            "state": state,
        }

    found = await with_connection(read)
    return page(request, "admin_rewards.html", season=season, states=decided.STATES, **found)


@get("/boards/rewards.csv", media_type="text/csv")
async def export(
    season: FromQuery[str] = "", in_state: Annotated[str, QueryParameter(name="state")] = ""
) -> Response[bytes]:
    """The rewards of a season and a state as a CSV file."""
    state = in_state if in_state in decided.STATES else None
    return rewards.csv_response(await with_connection(decided.exported, season or None, state))


@post("/boards/rewards", status_code=HTTP_303_SEE_OTHER)
async def decide(request: Request, data: Form) -> Redirect:
    """Fulfil or refuse a reward that is claimed."""
    by = await sessions.admin_name(request)

    async def change() -> decided.Reward:
        state: decided.Decision = "REFUSED" if data.get("decision") == "refuse" else "FULFILLED"
        done: decided.Reward = await with_connection(
            decided.decide, _number(data), state, by, data.get("note", ""), request_id(request)
        )
        return done

    return await redirect_with_outcome(
        request,
        change(),
        lambda done: f"Reward {done.reward_id} is {done.state.lower()}.",
        PAGE,
    )


def _number(data: Form) -> int:
    """The number of the reward that a form names."""
    if "reward" not in data:
        raise UsageError("the form names no reward")
    return parse_whole_number("reward", data["reward"])


#: The pages of an admin.
HANDLERS = (list_rewards, export, decide)
