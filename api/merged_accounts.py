"""Merging two accounts by their player, and where requests for an absorbed account are sent."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_307_TEMPORARY_REDIRECT

from api import account_shapes, accounts, rate_limits
from api.contract_wallets import ContractWallets, contracts_of
from api.database import Database, rows
from api.identity import acting_player, require_player
from api.problems import Refused, request_id
from api.settings import Settings
from hedge import merging
from hedge.signing import SignatureError

#: Seconds after which the merged clusters are read again.
LIFETIME = 1


async def redirect_of(request: Request[Any, Any, Any]) -> Redirect | None:
    """The redirect of a request that reads an absorbed cluster to the one that remains; None of
    any other request. It is temporary, because a merge can be undone."""
    cluster = request.path_params.get("cluster")
    beginning = f"/clusters/{cluster}"
    path = request.scope["path"]
    if request.method not in ("GET", "HEAD") or cluster is None or not path.startswith(beginning):
        return None
    database: Database = request.app.state.database
    found = await request.app.state.merged_clusters.get(
        lambda: database.rows(dict, "merged_clusters")
    )
    kept = next((one["kept"] for one in found if one["cluster_id"] == cluster), None)
    if kept is None:
        return None
    asked = request.scope.get("query_string", b"").decode("latin-1")
    rest = quote(f"/clusters/{kept}{path[len(beginning) :]}")
    return Redirect(
        f"{request.scope.get('root_path', '')}{rest}{'?' * bool(asked)}{asked}",
        status_code=HTTP_307_TEMPORARY_REDIRECT,
    )


async def merge(
    database: Database,
    contracts: ContractWallets,
    player: int,
    signed: account_shapes.Signed,
    caused_by: str,
) -> account_shapes.MergedAccount:
    """Merge the account that has proven the wallet which signed into the player's, who has proven
    another wallet; 409 where either has proven none."""
    kept = (await accounts.account(database, player)).cluster_id
    asked = await accounts.require_proof(database, contracts, player, signed, "merge")
    address = asked["address"]
    with merging.refusals():
        async with database.transaction(caused_by) as connection:
            if not await rows(connection, dict, "verification_use", nonce=asked["nonce"]):
                raise SignatureError(
                    f"the nonce {asked['nonce']} was used already: ask for a new message"
                )
            holder = await rows(connection, dict, "wallet_holder", address=address)
            if not holder:
                raise Refused(
                    HTTPStatus.CONFLICT, f"no account has the wallet {address}: verify it instead"
                )
            (merged,) = await rows(
                connection,
                dict,
                "clusters_merge",
                kept=kept,
                absorbed=holder[0]["cluster_id"],
                days=merging.undo_days(),
                who="the player",
            )
            # what was just merged is looked at, because before it nothing was locked
            (proofs,) = await rows(
                connection,
                dict,
                "merge_is_proven",
                kept=kept,
                merge=merged["merge_id"],
                address=address,
            )
            if not proofs["has_own"]:
                raise Refused(HTTPStatus.CONFLICT, "verify a wallet of your own account first")
            if not proofs["is_proven"]:
                raise Refused(
                    HTTPStatus.CONFLICT,
                    f"the other account has not proven the wallet {address}: verify it instead",
                )
    return next(
        one for one in await merged_accounts(database, player) if one.merge_id == merged["merge_id"]
    )


async def split(database: Database, player: int, absorbed: str, caused_by: str) -> None:
    """Undo the merge of an account into the player's, within its term; 404 where there is none."""
    own = (await accounts.account(database, player)).cluster_id
    nobody = Refused(HTTPStatus.NOT_FOUND, f"no account {absorbed} was merged into yours")
    with merging.refusals():
        async with database.transaction(caused_by) as connection:
            known = await rows(connection, dict, "clusters_merges", cluster=own or "", merge=None)
            if not any(_is_of(one, own) and one["absorbed"] == absorbed for one in known):
                raise nobody
            (split,) = await rows(
                connection, dict, "clusters_split", absorbed=absorbed, who="the player"
            )
            # what was just undone is looked at again, because before it nothing was locked
            (undone,) = await rows(
                connection, dict, "clusters_merges", cluster=None, merge=split["merge_id"]
            )
            if undone["kept"] != own:
                raise nobody


def _is_of(one: dict[str, Any], own: str | None) -> bool:
    """Whether a merge into a cluster stands."""
    return one["kept"] == own and one["undone_at"] is None


async def merged_accounts(database: Database, player: int) -> list[account_shapes.MergedAccount]:
    """The accounts that were merged into the player's, the latest first, also of merges that were
    undone."""
    own = (await accounts.account(database, player)).cluster_id
    found = await database.rows(dict, "clusters_merges", cluster=own or "", merge=None)
    fields = account_shapes.MergedAccount.__struct_fields__
    return [
        account_shapes.MergedAccount(**{name: one[name] for name in fields})
        for one in found
        if one["kept"] == own
    ]


@get("/merges")
async def my_merges(
    request: Request, database: NamedDependency[Database]
) -> account_shapes.MergedAccounts:
    """The accounts that were merged into the player's, the latest first."""
    return account_shapes.MergedAccounts(
        merges=await merged_accounts(database, acting_player(request))
    )


@post("/merges/request-verification", status_code=HTTP_200_OK)
async def request_proof(
    request: Request,
    database: NamedDependency[Database],
    data: JSONBody[account_shapes.WalletOfAnotherAccount],
) -> account_shapes.Verification:
    """Request the message that a proven wallet of another account signs, so that this account is
    merged into the player's."""
    return await accounts.request_verification(
        database,
        acting_player(request),
        data.address,
        request.app.state.settings.public_url,
        request_id(request),
        "merge",
    )


@post("/merges", status_code=HTTP_200_OK)
async def merge_account(
    request: Request, database: NamedDependency[Database], data: JSONBody[account_shapes.Signed]
) -> account_shapes.MergedAccount:
    """Merge another account into the player's: its proven wallet has signed the message, and the
    player has proven a wallet, too. All wallets of both count for one account from then on."""
    contracts = contracts_of(request)
    return await merge(database, contracts, acting_player(request), data, request_id(request))


@delete("/merges/{absorbed:str}", status_code=HTTP_200_OK)
async def split_account(
    request: Request, database: NamedDependency[Database], absorbed: FromPath[str]
) -> account_shapes.MergedAccounts:
    """Undo a merge, within its term: the other account has its wallets and tiers again. The player
    is signed out."""
    await split(database, acting_player(request), absorbed, request_id(request))
    return account_shapes.MergedAccounts(
        merges=await merged_accounts(database, acting_player(request))
    )


def router(settings: Settings) -> Router:
    """The routes of merging; those with signatures have the rate limit of linking."""
    return Router(
        "/api/me",
        route_handlers=[
            my_merges,
            split_account,
            Router(
                "/",
                route_handlers=[request_proof, merge_account],
                middleware=[rate_limits.links(settings)],
            ),
        ],
        guards=[require_player],
        security=[{"session": []}, {"token": []}],
        tags=["me"],
    )
