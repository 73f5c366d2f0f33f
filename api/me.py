"""Routes of a signed-in player: the account and its wallets."""

from http import HTTPStatus

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from api import account_shapes, accounts, paging, rate_limits, rewards, sessions, shapes
from api.contract_wallets import contracts_of
from api.database import Database
from api.identity import acting_player, require_player
from api.paging import After, Limit
from api.problems import Refused, request_id
from api.public import progress_of
from api.settings import Settings


@get()
async def me(request: Request, database: NamedDependency[Database]) -> account_shapes.Me:
    """The account."""
    return await accounts.account(database, acting_player(request))


@patch()
async def change(
    request: Request, database: NamedDependency[Database], data: JSONBody[account_shapes.MyChanges]
) -> account_shapes.Me:
    """Change the display name, whether boards may show it, and whether the player is found by the
    address of a wallet."""
    await accounts.change(database, acting_player(request), data, request_id(request))
    return await accounts.account(database, acting_player(request))


@delete(status_code=HTTP_204_NO_CONTENT)
async def leave(request: Request, database: NamedDependency[Database]) -> None:
    """Delete the account, its links and its cluster. Facts are public, and are kept."""
    await accounts.delete(database, acting_player(request), request_id(request))
    await sessions.sign_out_everywhere(request, acting_player(request))


@get("/sessions")
async def my_sessions(request: Request) -> account_shapes.ListedSessions:
    """The browsers in which the player is signed in."""
    return await sessions.of_player(request, acting_player(request))


@get("/exclusions")
async def my_exclusions(
    request: Request, database: NamedDependency[Database]
) -> account_shapes.MyExclusions:
    """What of the player is taken out of values now, and why. Nobody else is told."""
    account = await accounts.account(database, acting_player(request))
    return account_shapes.MyExclusions(exclusions=await accounts.exclusions_of(account.cluster_id))


@delete("/sessions", status_code=HTTP_204_NO_CONTENT)
async def sign_out_everywhere(request: Request) -> None:
    """Sign the player out in every browser, this one included."""
    await sessions.sign_out_everywhere(request, acting_player(request))


@get("/progress")
async def my_progress(
    request: Request, database: NamedDependency[Database]
) -> shapes.ClusterProgress:
    """The player's own progress."""
    account = await accounts.account(database, acting_player(request))
    if account.cluster_id is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no wallet was linked yet")
    return await progress_of(database, account.cluster_id)


@get("/wallets")
async def my_wallets(
    request: Request, database: NamedDependency[Database], limit: Limit = 1000, after: After = ""
) -> Response[account_shapes.PageOfWallets]:
    """The active wallets. A player of the previous system gets the wallet that it had stored."""
    found = await accounts.active_wallets(database, acting_player(request), request_id(request))
    page, following = paging.slice_of(found.wallets, limit, after, lambda wallet: wallet.address)
    return paging.answer(
        request, account_shapes.PageOfWallets(wallets=page, next=following), following
    )


@post("/wallets", status_code=HTTP_200_OK)
async def link(
    request: Request, database: NamedDependency[Database], data: JSONBody[account_shapes.NewWallet]
) -> account_shapes.LinkedWallet:
    """Link a wallet, and request a run, after which its whole history counts."""
    return await accounts.link(database, acting_player(request), data, request_id(request))


@delete("/wallets/{address:str}", status_code=HTTP_200_OK)
async def unlink(
    request: Request, database: NamedDependency[Database], address: FromPath[str]
) -> account_shapes.ActiveWallets:
    """Unlink a wallet, and request a run, after which nothing of the wallet counts."""
    return await accounts.unlink(database, acting_player(request), address, request_id(request))


@put("/wallets/{address:str}/primary")
async def make_primary(
    request: Request, database: NamedDependency[Database], address: FromPath[str]
) -> account_shapes.ActiveWallets:
    """Make a wallet the primary one."""
    return await accounts.make_primary(
        database, acting_player(request), address, request_id(request)
    )


@post("/wallets/{address:str}/request-verification", status_code=HTTP_200_OK)
async def request_verification(
    request: Request, database: NamedDependency[Database], address: FromPath[str]
) -> account_shapes.Verification:
    """Request the message whose signature proves that a wallet is the player's."""
    url = request.app.state.settings.public_url
    return await accounts.request_verification(
        database, acting_player(request), address, url, request_id(request)
    )


@post("/wallets/{address:str}/verify", status_code=HTTP_200_OK)
async def verify(
    request: Request,
    database: NamedDependency[Database],
    address: FromPath[str],
    data: JSONBody[account_shapes.Signed],
) -> account_shapes.ActiveWallets:
    """Prove that a wallet is the player's: it is then linked and verified. A player who had
    linked it without proof loses it, and the tiers that depend on it. A wallet that is a contract
    is asked through the node of the service, where it has one (EIP-1271)."""
    contracts = contracts_of(request)
    return await accounts.verify(
        database, contracts, acting_player(request), address, data, request_id(request)
    )


@get("/rewards")
async def my_rewards(
    request: Request, database: NamedDependency[Database], limit: Limit = 1000, after: After = ""
) -> Response[rewards.PageOfRewards]:
    """The rewards to which the player is entitled, in every state, by number."""
    found = await rewards.of_player(database, acting_player(request))
    page, following = paging.slice_of(found, limit, after, lambda reward: str(reward.reward_id))
    return paging.answer(request, rewards.PageOfRewards(rewards=page, next=following), following)


@post("/rewards/{reward:int}/claim", status_code=HTTP_200_OK)
async def claim_reward(
    request: Request, database: NamedDependency[Database], reward: FromPath[int]
) -> rewards.MyReward:
    """Claim a reward. Asked again, the answer is the same, and nothing is claimed twice."""
    return await rewards.claim(database, acting_player(request), reward, request_id(request))


def router(settings: Settings) -> Router:
    """The routes of a player; linking and verifying have a rate limit."""
    return Router(
        "/api/me",
        route_handlers=[
            *(
                me,
                change,
                leave,
                my_sessions,
                my_exclusions,
                sign_out_everywhere,
                my_progress,
                my_wallets,
                my_rewards,
                claim_reward,
                unlink,
                make_primary,
            ),
            Router(
                "/",
                route_handlers=[link, request_verification, verify],
                middleware=[rate_limits.links(settings)],
            ),
        ],
        guards=[require_player],
        security=[{"session": []}, {"token": []}],
        tags=["me"],
    )
