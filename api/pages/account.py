"""The page of a signed-in player, and the forms on it, which redirect back to it."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from api import account_shapes, accounts, merged_accounts, rate_limits, rewards, sessions
from api.contract_wallets import contracts_of
from api.database import Database
from api.identity import acting_player, require_own_origin, require_player
from api.pages import rewards as reward_pages
from api.pages.forms import Form, redirect, redirect_with_error, redirect_with_outcome
from api.pages.languages import gettext
from api.pages.rendering import page
from api.problems import Refused, request_id
from api.settings import Settings
from hedge.errors import HedgeError


@get("/me")
async def me(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """Wallets, progress and account; without a session, a link to sign in."""
    if request.user.player_id is None:
        return page(request, "signed_out.html")
    account = await accounts.account(database, acting_player(request))
    merged = await merged_accounts.merged_accounts(database, acting_player(request))
    wallets = await accounts.active_wallets(database, acting_player(request), request_id(request))
    return page(
        request,
        "me.html",
        account=account,
        wallets=wallets.wallets,
        rewards=await rewards.of_player(database, acting_player(request)),
        merges=[one for one in merged if one.undone_at is None],
        exclusions=await accounts.exclusions_of(account.cluster_id),
        sessions=(await sessions.of_player(request, acting_player(request))).sessions,
        **await _progress(database, account.cluster_id),
    )


@get("/me/progress", guards=[require_player])
async def progress(request: Request, database: NamedDependency[Database]) -> Response[str]:
    """The part of the page that the script requests again until the run is finished."""
    account = await accounts.account(database, acting_player(request))
    return page(request, "me_progress.html", **await _progress(database, account.cluster_id))


async def _progress(database: Database, cluster: str | None) -> dict[str, Any]:
    """A cluster and its challenges."""
    return {
        "cluster": cluster and await database.one(dict, "page_cluster", cluster=cluster),
        "challenges": await database.rows(dict, "page_challenges", cluster=cluster, challenge=None),
    }


@post("/me/account", status_code=HTTP_303_SEE_OTHER)
async def update_account(
    request: Request, database: NamedDependency[Database], data: Form
) -> Redirect:
    """Change the display name, which is null where the field is empty, and what everybody may
    see."""
    changes = account_shapes.MyChanges(
        display_name=data.get("displayName", "").strip() or None,
        show_on_boards="showOnBoards" in data,
        show_wallets="showWallets" in data,
    )
    change = accounts.change(database, acting_player(request), changes, request_id(request))
    return await redirect_with_outcome(request, change, gettext("Your account is saved."), "/me")


@post("/me/wallets/primary", status_code=HTTP_303_SEE_OTHER)
async def make_primary(
    request: Request, database: NamedDependency[Database], data: Form
) -> Redirect:
    """Make a wallet the primary one."""
    address = data.get("address", "")
    change = accounts.make_primary(database, acting_player(request), address, request_id(request))
    success = gettext("%(wallet)s is your primary wallet.", wallet=address)
    return await redirect_with_outcome(request, change, success, "/me")


@post("/me/wallets/unlink", status_code=HTTP_303_SEE_OTHER)
async def unlink(request: Request, database: NamedDependency[Database], data: Form) -> Redirect:
    """Unlink a wallet."""
    address = data.get("address", "")
    change = accounts.unlink(database, acting_player(request), address, request_id(request))
    success = gettext("%(wallet)s is unlinked.", wallet=address)
    return await redirect_with_outcome(request, change, success, "/me")


@post("/me/sign-out", status_code=HTTP_303_SEE_OTHER)
async def sign_out(request: Request) -> Redirect:
    """End the session, also for whoever has copied its cookie."""
    await sessions.sign_out(request)
    return redirect("/")


@post("/me/sign-out-everywhere", status_code=HTTP_303_SEE_OTHER)
async def sign_out_everywhere(request: Request) -> Redirect:
    """End all sessions of the player."""
    await sessions.sign_out_everywhere(request, acting_player(request))
    return redirect("/")


@post("/me/delete", status_code=HTTP_303_SEE_OTHER)
async def delete_account(
    request: Request, database: NamedDependency[Database], data: Form
) -> Redirect:
    """Delete the account, where the box of the form is ticked."""
    if "sure" not in data:
        return redirect_with_error(request, "tick the box to delete your account", "/me")
    await accounts.delete(database, acting_player(request), request_id(request))
    await sessions.sign_out_everywhere(request, acting_player(request))
    return redirect("/")


@post("/me/wallets", status_code=HTTP_303_SEE_OTHER)
async def link(request: Request, database: NamedDependency[Database], data: Form) -> Redirect:
    """Link a wallet; the page shows the progress when the run is finished. No run follows where the
    wallet was linked before."""
    given = account_shapes.NewWallet(address=data.get("address", "").strip())
    change = accounts.link(database, acting_player(request), given, request_id(request))

    def outcome(found: account_shapes.LinkedWallet) -> str:
        if found.is_new:
            return gettext("The wallet is linked. Its history is being computed.")
        return gettext("%(wallet)s is linked to you already.", wallet=found.wallet.address)

    return await redirect_with_outcome(request, change, outcome, "/me")


@post("/me/wallets/verification", status_code=HTTP_303_SEE_OTHER)
async def request_verification(
    request: Request, database: NamedDependency[Database], data: Form
) -> Redirect:
    """Create the message that a wallet is to sign, and redirect to its page."""
    url = request.app.state.settings.public_url
    try:
        requested = await accounts.request_verification(
            database, acting_player(request), data.get("address", ""), url, request_id(request)
        )
    except HedgeError as error:
        return redirect_with_error(request, str(error), "/me")
    return redirect(f"/me/verification/{requested.nonce}")


@post("/me/merges/verification", status_code=HTTP_303_SEE_OTHER)
async def request_merge(
    request: Request, database: NamedDependency[Database], data: Form
) -> Redirect:
    """Create the message that a wallet of another account is to sign, and redirect to its page."""
    url = request.app.state.settings.public_url
    try:
        requested = await accounts.request_verification(
            database,
            acting_player(request),
            data.get("address", "").strip(),
            url,
            request_id(request),
            "merge",
        )
    except HedgeError as error:
        return redirect_with_error(request, str(error), "/me")
    return redirect(f"/me/verification/{requested.nonce}")


@post("/me/merges/undo", status_code=HTTP_303_SEE_OTHER)
async def undo_merge(request: Request, database: NamedDependency[Database], data: Form) -> Redirect:
    """Undo a merge. Everybody who is signed in to the account is signed out."""
    absorbed = data.get("absorbed", "")
    change = merged_accounts.split(database, acting_player(request), absorbed, request_id(request))
    success = gettext(
        "%(account)s is an account of its own again: sign in again.", account=absorbed
    )
    return await redirect_with_outcome(request, change, success, "/me")


@get("/me/verification/{nonce:str}", guards=[require_player])
async def verification(
    request: Request, database: NamedDependency[Database], nonce: FromPath[str]
) -> Response[str]:
    """The message to sign, and the field for the signature."""
    message = await _message(request, database, nonce)
    return page(request, "verification.html", message=message, nonce=nonce)


@post("/me/verification/{nonce:str}", status_code=HTTP_303_SEE_OTHER)
async def verify(
    request: Request,
    database: NamedDependency[Database],
    nonce: FromPath[str],
    data: Form,
) -> Redirect:
    """Prove that a wallet is the player's, by the signature of the message."""
    message = await _message(request, database, nonce)
    signed = account_shapes.Signed(
        message=message["message"], signature=data.get("signature", "").strip()
    )
    player, contracts = acting_player(request), contracts_of(request)
    change: Awaitable[Any]
    if message["purpose"] == "merge":
        change = merged_accounts.merge(database, contracts, player, signed, request_id(request))
        success = gettext("The accounts are one. What they have together is being computed.")
    else:
        change = accounts.verify(
            database, contracts, player, message["address"], signed, request_id(request)
        )
        success = gettext("%(wallet)s is verified.", wallet=message["address"])
    response = await redirect_with_outcome(request, change, success, "/me")
    if request.session["notice"]["is_error"] and not message["is_used"]:
        return redirect(f"/me/verification/{nonce}")
    return response


async def _message(request: Request, database: Database, nonce: str) -> dict[str, Any]:
    """The message of a nonce, where it was created for this player."""
    found = await database.one(
        dict, "verification_find", nonce=nonce, player=acting_player(request)
    )
    if found is None:
        raise Refused(
            HTTPStatus.NOT_FOUND, f"the nonce {nonce} was not given to you: ask for a new message"
        )
    return found


def router(settings: Settings) -> Router:
    """The routes of the page; linking and verifying share their rate limit with the API."""
    return Router(
        "/",
        route_handlers=[
            me,
            progress,
            verification,
            Router(
                "/",
                route_handlers=[
                    *(update_account, make_primary, unlink, sign_out, sign_out_everywhere),
                    *(delete_account, reward_pages.claim, undo_merge),
                    Router(
                        "/",
                        route_handlers=[link, request_verification, request_merge, verify],
                        middleware=[rate_limits.links(settings)],
                    ),
                ],
                guards=[require_own_origin, require_player],
            ),
        ],
    )
