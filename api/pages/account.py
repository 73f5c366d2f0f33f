"""The page of a signed-in player; forms that come from it answer with a redirect back."""

from litestar import Request, Response, Router, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import accounts, shapes
from api.database import Database
from api.identity import player, require_own_origin, require_player, who
from api.pages.forms import Form, go, tried
from api.pages.rendering import page, remember
from api.problems import Refused, request_id
from api.settings import Settings
from hedge.errors import HedgeError


@get("/me")
async def me(request: Request, database: Database) -> Response[str]:
    """Wallets, progress and account; who is not signed in gets a link to do so."""
    if request.user.player_id is None:
        return page(request, "signed_out.html")
    try:
        account = await accounts.account(database, player(request))
    except Refused:
        request.clear_session()
        return page(request, "signed_out.html")
    wallets = await accounts.active_wallets(database, player(request), request_id(request))
    return page(
        request,
        "me.html",
        account=account,
        wallets=wallets.wallets,
        **await _progress(database, account.cluster_id),
    )


@get("/me/progress", guards=[require_player])
async def progress(request: Request, database: Database) -> Response[str]:
    """The part of the page that fills in by itself while a run goes on."""
    account = await accounts.account(database, player(request))
    return page(request, "me_progress.html", **await _progress(database, account.cluster_id))


async def _progress(database: Database, cluster: str | None) -> dict[str, object]:
    """A cluster, and its challenges that have a value."""
    return {
        "cluster": cluster and await database.one(dict, "page_cluster", cluster=cluster),
        "challenges": await database.rows(dict, "page_challenges", cluster=cluster, challenge=None),
    }


@post("/me/account", status_code=HTTP_303_SEE_OTHER)
async def change(request: Request, database: Database, data: Form) -> Redirect:
    """Name and consent; an empty name is none."""
    changes = shapes.MyChanges(
        display_name=data.get("displayName", "").strip() or None,
        show_on_boards="showOnBoards" in data,
    )
    doing = accounts.change(database, player(request), changes)
    return await tried(request, doing, "Your account is saved.", "/me")


@post("/me/wallets/primary", status_code=HTTP_303_SEE_OTHER)
async def make_primary(request: Request, database: Database, data: Form) -> Redirect:
    """Make a wallet the primary one."""
    address = data.get("address", "")
    doing = accounts.make_primary(database, player(request), address, request_id(request))
    return await tried(request, doing, f"{address} is your primary wallet.", "/me")


@post("/me/wallets/unlink", status_code=HTTP_303_SEE_OTHER)
async def unlink(request: Request, database: Database, data: Form) -> Redirect:
    """Unlink a wallet."""
    address = data.get("address", "")
    doing = accounts.unlink(database, player(request), address, request_id(request))
    return await tried(request, doing, f"{address} is unlinked.", "/me")


@post("/me/sign-out", status_code=HTTP_303_SEE_OTHER)
async def sign_out(request: Request) -> Redirect:
    """Forget who this browser is."""
    request.clear_session()
    return go("/")


@post("/me/delete", status_code=HTTP_303_SEE_OTHER)
async def leave(request: Request, database: Database, data: Form) -> Redirect:
    """Delete the account, when the box that says so is ticked."""
    if "sure" not in data:
        remember(request, "tick the box to delete your account", is_error=True)
        return go("/me")
    await accounts.delete(database, player(request), request_id(request))
    request.clear_session()
    return go("/")


@post("/me/wallets", status_code=HTTP_303_SEE_OTHER)
async def link(request: Request, database: Database, data: Form) -> Redirect:
    """Link a wallet; the page fills in as soon as its run is done."""
    given = shapes.NewWallet(address=data.get("address", "").strip())
    doing = accounts.link(database, player(request), given, request_id(request))
    return await tried(request, doing, "The wallet is linked, and its history is read now.", "/me")


@post("/me/wallets/verification", status_code=HTTP_303_SEE_OTHER)
async def ask_verification(request: Request, database: Database, data: Form) -> Redirect:
    """Make the message that a wallet is to sign, and show it."""
    url = request.app.state.settings.public_url
    try:
        asked = await accounts.ask_verification(
            database, player(request), data.get("address", ""), url, request_id(request)
        )
    except HedgeError as error:
        remember(request, str(error), is_error=True)
        return go("/me")
    return go(f"/me/verification/{asked.nonce}")


@get("/me/verification/{nonce:str}", guards=[require_player])
async def verification(request: Request, database: Database, nonce: str) -> Response[str]:
    """The message to sign, and where the signature goes."""
    asked = await _asked(request, database, nonce)
    return page(request, "verification.html", asked=asked, nonce=nonce)


@post("/me/verification/{nonce:str}", status_code=HTTP_303_SEE_OTHER)
async def verify(request: Request, database: Database, nonce: str, data: Form) -> Redirect:
    """Prove that a wallet is the player's, by the signature of the message."""
    asked = await _asked(request, database, nonce)
    signed = shapes.Signed(message=asked["message"], signature=data.get("signature", "").strip())
    doing = accounts.verify(
        database, player(request), asked["address"], signed, request_id(request)
    )
    done = await tried(request, doing, f"{asked['address']} is verified.", "/me")
    if request.session["notice"]["is_error"] and not asked["is_used"]:
        return go(f"/me/verification/{nonce}")
    return done


async def _asked(request: Request, database: Database, nonce: str) -> dict[str, object]:
    found = await database.one(dict, "verification_find", nonce=nonce, player=player(request))
    if found is None:
        raise Refused(404, f"the nonce {nonce} was not given to you: ask for a new message")
    return found


def router(settings: Settings) -> Router:
    """The routes of the page; linking counts with the API's against one rate limit."""
    limit = RateLimitConfig(
        ("minute", settings.links_a_minute), identifier_for_request=who, store="links"
    )
    return Router(
        "/",
        route_handlers=[
            me,
            progress,
            verification,
            Router(
                "/",
                route_handlers=[
                    *(change, make_primary, unlink, sign_out, leave),
                    Router(
                        "/",
                        route_handlers=[link, ask_verification, verify],
                        middleware=[limit.middleware],
                    ),
                ],
                guards=[require_own_origin, require_player],
            ),
        ],
    )
