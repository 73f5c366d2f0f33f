"""What a signed-in player does: the account and its wallets."""

from datetime import UTC, datetime
from http import HTTPStatus

import msgspec
from litestar import Request, Router, delete, get, patch, post, put
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from api import shapes
from api.database import Database, rows
from api.identity import player, require_player, who
from api.problems import Refused, request_id
from api.public import progress_of
from api.settings import Settings
from hedge.addresses import stored
from hedge.errors import UsageError
from hedge.signing import Message, SignatureError, nonce_of, require_same, require_signed_by

CHAIN = "DFKCHAIN"


@get()
async def me(request: Request, database: Database) -> shapes.Me:
    """The account."""
    found = await database.one(shapes.Me, "player", player=player(request))
    if found is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "sign in first: this account is gone")
    return found


@patch()
async def change(request: Request, database: Database, data: shapes.MyChanges) -> shapes.Me:
    """Change the display name, and whether boards may show it."""
    name, show = data.display_name, data.show_on_boards
    if isinstance(name, str):
        name = name.strip()
        if not 1 <= len(name) <= 40 or not name.isprintable():
            raise UsageError(f"displayName '{name[:80]}' is not 1 to 40 printable characters")
    await database.rows(
        dict,
        "player_change",
        player=player(request),
        has_name=name is not msgspec.UNSET,
        display_name=None if name is msgspec.UNSET else name,
        show_on_boards=None if show is msgspec.UNSET else show,
    )
    return await me.fn(request, database)


@delete(status_code=HTTP_204_NO_CONTENT)
async def leave(request: Request, database: Database) -> None:
    """Delete the account, its links and its cluster; facts stay, they are public."""
    async with database.transaction(request_id(request)) as connection:
        await rows(connection, dict, "player_delete", player=player(request))
        await rows(connection, dict, "player_forget", player=player(request))
    request.clear_session()


@get("/progress")
async def my_progress(request: Request, database: Database) -> shapes.ClusterProgress:
    """The player's own progress."""
    account = await me.fn(request, database)
    if account.cluster_id is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no wallet was linked yet")
    return await progress_of(database, account.cluster_id)


@get("/wallets")
async def my_wallets(request: Request, database: Database) -> shapes.Wallets:
    """The active links. A player of the system before this one gets the wallet it knew."""
    found = await _wallets(database, player(request))
    if not found.wallets:
        legacy = await database.one(dict, "wallet_legacy", player=player(request))
        if legacy is not None:
            async with database.transaction(request_id(request)) as connection:
                (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
                await rows(
                    connection,
                    dict,
                    "wallet_link",
                    cluster=cluster["cluster_id"],
                    address=legacy["primary_wallet"],
                    chain=CHAIN,
                )
            found = await _wallets(database, player(request))
    return found


@post("/wallets", status_code=HTTP_200_OK)
async def link(request: Request, database: Database, data: shapes.NewWallet) -> shapes.LinkedWallet:
    """Link a wallet; its whole history counts from the run that this asks for."""
    address, chain = stored(data.address), data.chain or CHAIN
    if not 1 <= len(chain) <= 40 or not chain.isprintable():
        raise UsageError(f"chain '{chain[:80]}' is not 1 to 40 printable characters")
    async with database.transaction(request_id(request)) as connection:
        (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
        wallet = {"cluster": cluster["cluster_id"], "address": address}
        # a link that stood may end while we look: then it is ours to make
        for _ in range(3):
            if await rows(connection, dict, "wallet_link", **wallet, chain=chain):
                break
            if holder := await rows(connection, dict, "wallet_holder", address=address):
                if holder[0] != cluster:
                    raise Refused(
                        HTTPStatus.CONFLICT, f"the wallet {address} is linked to another player"
                    )
                break
    found = await _wallets(database, player(request))
    linked = [one for one in found.wallets if one.address == address]
    if not linked:
        raise Refused(HTTPStatus.CONFLICT, f"the wallet {address} was unlinked at the same time")
    return shapes.LinkedWallet(success=True, wallet=linked[0], wallets=found.wallets)


@delete("/wallets/{address:str}", status_code=HTTP_200_OK)
async def unlink(request: Request, database: Database, address: str) -> shapes.Wallets:
    """Unlink a wallet; what it did counts no more from the run that this asks for."""
    async with database.transaction(request_id(request)) as connection:
        (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
        wallet = {"cluster": cluster["cluster_id"], "address": stored(address)}
        ended = await rows(connection, dict, "wallet_unlink", **wallet)
        if not ended:
            raise Refused(HTTPStatus.NOT_FOUND, f"you have no wallet {address}")
        if ended[0]["verified_at"] is not None:
            raise Refused(
                HTTPStatus.CONFLICT, f"the wallet {address} is verified: only an admin unlinks it"
            )
        await rows(connection, dict, "wallet_promote", cluster=cluster["cluster_id"])
    return await _wallets(database, player(request))


@put("/wallets/{address:str}/primary")
async def make_primary(request: Request, database: Database, address: str) -> shapes.Wallets:
    """Make a wallet the primary one."""
    async with database.transaction(request_id(request)) as connection:
        (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
        await rows(connection, dict, "wallet_demote", cluster=cluster["cluster_id"])
        wallet = {"cluster": cluster["cluster_id"], "address": stored(address)}
        if not await rows(connection, dict, "wallet_make_primary", **wallet):
            raise Refused(HTTPStatus.NOT_FOUND, f"you have no wallet {address}")
    return await _wallets(database, player(request))


@post("/wallets/{address:str}/request-verification", status_code=HTTP_200_OK)
async def request_verification(
    request: Request, database: Database, address: str
) -> shapes.Verification:
    """Ask for the message that proves, when signed, that a wallet is the player's."""
    url = request.app.state.settings.public_url
    message = Message.new(url, stored(address), datetime.now(UTC))
    async with database.transaction(request_id(request)) as connection:
        (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
        await rows(
            connection,
            dict,
            "verification_ask",
            nonce=message.nonce,
            cluster=cluster["cluster_id"],
            address=message.address,
            message=message.text(),
            issued_at=message.issued_at,
            expires_at=message.expires_at,
        )
    return shapes.Verification(
        message=message.text(), nonce=message.nonce, expires_at=message.expires_at
    )


@post("/wallets/{address:str}/verify", status_code=HTTP_200_OK)
async def verify(
    request: Request, database: Database, address: str, data: shapes.Signed
) -> shapes.Wallets:
    """Prove that a wallet is the player's. It is linked and verified then; a player who held it
    without proof loses it, and what rested on it."""
    wallet, nonce = stored(address), nonce_of(data.message)
    asked = await database.one(dict, "verification_find", nonce=nonce, player=player(request))
    if asked is None:
        raise SignatureError(f"the nonce {nonce} was not given to you: ask for a new message")
    if asked["is_used"]:
        raise SignatureError(f"the nonce {nonce} was used already: ask for a new message")
    if asked["is_expired"]:
        raise SignatureError(f"the message expired at {asked['expires_at']:%Y-%m-%d %H:%M:%S} UTC")
    require_same(data.message, asked["message"])
    if asked["address"] != wallet:
        raise SignatureError(f"the message is for the wallet {asked['address']}, not {address}")
    require_signed_by(data.message, data.signature, wallet)
    async with database.transaction(request_id(request)) as connection:
        (cluster,) = await rows(connection, dict, "cluster_make", player=player(request))
        if not await rows(connection, dict, "verification_use", nonce=nonce):
            raise SignatureError(f"the nonce {nonce} was used already: ask for a new message")
        own = {"cluster": cluster["cluster_id"], "address": wallet}
        holder = await rows(connection, dict, "wallet_active", address=wallet)
        if holder and holder[0]["cluster_id"] != cluster["cluster_id"]:
            if holder[0]["is_verified"]:
                raise Refused(
                    HTTPStatus.CONFLICT, f"another player has proven to hold the wallet {address}"
                )
            other = {"cluster": holder[0]["cluster_id"]}
            await rows(connection, dict, "wallet_move", **other, address=wallet)
            await rows(connection, dict, "wallet_unlink", **other, address=wallet)
            await rows(connection, dict, "wallet_promote", **other)
        await rows(connection, dict, "wallet_link", **own, chain=CHAIN)
        if not await rows(connection, dict, "wallet_verify", **own):
            raise Refused(
                HTTPStatus.CONFLICT, f"somebody linked the wallet {address} at the same time"
            )
    return await _wallets(database, player(request))


async def _wallets(database: Database, player_id: int) -> shapes.Wallets:
    return shapes.Wallets(wallets=await database.rows(shapes.Wallet, "wallets", player=player_id))


def router(settings: Settings) -> Router:
    """The routes of a player; linking has a rate limit."""
    limit = RateLimitConfig(
        ("minute", settings.links_a_minute), identifier_for_request=who, store="links"
    )
    return Router(
        "/api/me",
        route_handlers=[
            *(me, change, leave, my_progress, my_wallets, unlink, make_primary),
            Router(
                "/",
                route_handlers=[link, request_verification, verify],
                middleware=[limit.middleware],
            ),
        ],
        guards=[require_player],
        security=[{"session": []}, {"token": []}],
        tags=["me"],
    )
