"""Changes of an account and its wallets, for the API and for the pages."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from api import account_shapes
from api.contract_wallets import ContractWallets
from api.database import Database, rows, with_connection
from api.problems import Refused
from hedge import exclusions, merging, names, signing
from hedge.addresses import stored
from hedge.errors import UsageError
from hedge.signing import Message, SignatureError, nonce_of, require_same

CHAIN = "DFKCHAIN"
#: What a signed message is for.
Purpose = Literal["link", "merge"]


async def account(database: Database, player: int) -> account_shapes.Me:
    """The account; 401 where it was deleted."""
    found = await database.one(account_shapes.Me, "player", player=player)
    if found is None:
        raise _deleted()
    return found


async def exclusions_of(cluster: str | None) -> list[account_shapes.MyExclusion]:
    """What of a cluster is excluded now; nothing where there is no cluster."""
    if cluster is None:
        return []
    return [
        account_shapes.MyExclusion(
            exclusion_id=one.exclusion_id,
            subject=one.subject,
            target=one.target,
            reason=one.reason,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in await with_connection(exclusions.of_cluster, cluster)
    ]


def _deleted() -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, "sign in first: this account was deleted")


async def change(
    database: Database, player: int, changes: account_shapes.MyChanges, caused_by: str
) -> None:
    """Change the display name, whether boards may show it, and whether the account is found by its
    wallets; an invalid name is a UsageError, and one that another player has is 409."""
    given, show, wallets = changes.display_name, changes.show_on_boards, changes.show_wallets
    name = names.display_name(given) if isinstance(given, str) else None
    async with database.transaction(caused_by) as connection:
        if given is not msgspec.UNSET:
            await rows(connection, dict, "name_forget", player=player)
        updated = await rows(
            connection,
            dict,
            "player_update",
            player=player,
            has_name=given is not msgspec.UNSET,
            display_name=name and name.display_name,
            show_on_boards=None if show is msgspec.UNSET else show,
            show_wallets=None if wallets is msgspec.UNSET else wallets,
        )
        if not updated:
            raise _deleted()
        if name and not await rows(connection, dict, "name_take", player=player, **vars(name)):
            raise Refused(
                HTTPStatus.CONFLICT,
                f"displayName '{name.display_name}' is taken, or looks like a name or id that is:"
                " choose another",
                "name_taken",
            )


async def delete(database: Database, player: int, caused_by: str) -> None:
    """Delete the account, with those that were merged into it: links, clusters, and what the player
    did on Discord. The run that
    this requests removes the rows of the cluster (docs/privacy.md)."""
    async with database.transaction(caused_by) as connection:
        # A link that is being made either precedes the deletion, or finds no player any more.
        await rows(connection, dict, "player_lock", player=player)
        for one in await rows(connection, dict, "players_of_account", player=player):
            for query in (
                "player_interactions_delete",
                "player_traces_delete",
                "cluster_delete",
                "player_delete",
            ):
                await rows(connection, dict, query, player=one["player_id"])


async def active_wallets(
    database: Database, player: int, caused_by: str
) -> account_shapes.ActiveWallets:
    """The active wallets. A player of the previous system who has none gets the wallet that it
    had stored."""
    found = await _wallets(database, player)
    if not found.wallets:
        legacy = await database.one(dict, "wallet_legacy", player=player)
        if legacy is not None:
            async with database.transaction(caused_by) as connection:
                (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
                await rows(
                    connection,
                    dict,
                    "wallet_link",
                    cluster=cluster["cluster_id"],
                    address=legacy["primary_wallet"],
                    chain=CHAIN,
                )
            found = await _wallets(database, player)
    return found


async def link(
    database: Database, player: int, given: account_shapes.NewWallet, caused_by: str
) -> account_shapes.LinkedWallet:
    """Link a wallet, unless the player has linked it before; 409 where another player has."""
    address, chain = stored(given.address), given.chain or CHAIN
    if not 1 <= len(chain) <= 40 or not chain.isprintable():
        raise UsageError(f"chain '{chain[:80]}' is not 1 to 40 printable characters")
    with merging.refusals():
        async with database.transaction(caused_by) as connection:
            (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
            wallet = {"cluster": cluster["cluster_id"], "address": address}
            is_new = False
            # the link that prevents the insert can end before it is read: then insert again
            for _ in range(3):
                if await rows(connection, dict, "wallet_link", **wallet, chain=chain):
                    is_new = True
                    break
                if holder := await rows(connection, dict, "wallet_holder", address=address):
                    if holder[0] != cluster:
                        raise Refused(
                            HTTPStatus.CONFLICT, f"the wallet {address} is linked to another player"
                        )
                    break
    found = await _wallets(database, player)
    linked = [one for one in found.wallets if one.address == address]
    if not linked:
        raise Refused(HTTPStatus.CONFLICT, f"the wallet {address} was unlinked at the same time")
    return account_shapes.LinkedWallet(
        success=True, is_new=is_new, wallet=linked[0], wallets=found.wallets
    )


async def unlink(
    database: Database, player: int, address: str, caused_by: str
) -> account_shapes.ActiveWallets:
    """Unlink a wallet; 404 where the player has not linked it, 409 where it is verified."""
    async with database.transaction(caused_by) as connection:
        (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
        wallet = {"cluster": cluster["cluster_id"], "address": stored(address)}
        ended = await rows(connection, dict, "wallet_unlink", **wallet)
        if not ended:
            raise Refused(HTTPStatus.NOT_FOUND, f"you have no wallet {address}")
        if ended[0]["verified_at"] is not None:
            raise Refused(
                HTTPStatus.CONFLICT, f"the wallet {address} is verified: only an admin unlinks it"
            )
        await rows(connection, dict, "wallet_promote", cluster=cluster["cluster_id"])
    return await _wallets(database, player)


async def make_primary(
    database: Database, player: int, address: str, caused_by: str
) -> account_shapes.ActiveWallets:
    """Make a wallet the primary one; 404 where the player has not linked it."""
    async with database.transaction(caused_by) as connection:
        (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
        await rows(connection, dict, "wallet_demote", cluster=cluster["cluster_id"])
        wallet = {"cluster": cluster["cluster_id"], "address": stored(address)}
        if not await rows(connection, dict, "wallet_make_primary", **wallet):
            raise Refused(HTTPStatus.NOT_FOUND, f"you have no wallet {address}")
    return await _wallets(database, player)


async def request_verification(
    database: Database,
    player: int,
    address: str,
    url: str,
    caused_by: str,
    purpose: Purpose = "link",
) -> account_shapes.Verification:
    """A new message of the service at url, whose signature proves that a wallet is the player's; to
    merge, it says that the account which has the wallet is merged into the player's."""
    wallet = stored(address)
    statement = signing.MERGE_STATEMENT if purpose == "merge" else signing.STATEMENT
    async with database.transaction(caused_by) as connection:
        (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
        message = Message.new(url, wallet, cluster["cluster_id"], datetime.now(UTC), statement)
        await rows(
            connection,
            dict,
            "verification_create",
            nonce=message.nonce,
            cluster=cluster["cluster_id"],
            address=message.address,
            message=message.text(),
            issued_at=message.issued_at,
            expires_at=message.expires_at,
            purpose=purpose,
        )
    return account_shapes.Verification(
        message=message.text(), nonce=message.nonce, expires_at=message.expires_at
    )


async def require_proof(
    database: Database,
    contracts: ContractWallets,
    player: int,
    signed: account_shapes.Signed,
    purpose: Purpose,
    address: str | None = None,
) -> dict[str, Any]:
    """The stored message that a wallet has signed for a player, with its nonce and address. Another
    one, or for another purpose or wallet, is a SignatureError, and so is a wrong signature."""
    nonce = nonce_of(signed.message)
    asked = await database.one(dict, "verification_find", nonce=nonce, player=player)
    if asked is None:
        raise SignatureError(f"the nonce {nonce} was not given to you: ask for a new message")
    if asked["is_used"]:
        raise SignatureError(f"the nonce {nonce} was used already: ask for a new message")
    if asked["is_expired"]:
        raise SignatureError(f"the message expired at {asked['expires_at']:%Y-%m-%d %H:%M:%S} UTC")
    require_same(signed.message, asked["message"])
    if asked["purpose"] != purpose:
        raise SignatureError(f"the message is to {asked['purpose']} and not to {purpose}")
    if address is not None and asked["address"] != stored(address):
        raise SignatureError(f"the message is for the wallet {asked['address']}, not {address}")
    await contracts.require_signed_by(signed.message, signed.signature, asked["address"])
    return asked | {"nonce": nonce}


async def verify(
    database: Database,
    contracts: ContractWallets,
    player: int,
    address: str,
    signed: account_shapes.Signed,
    caused_by: str,
) -> account_shapes.ActiveWallets:
    """Link and verify a wallet whose signature proves that it is the player's. A player who had
    linked it without proof loses it, and the tiers that depend on it. A message or signature
    that proves nothing is a SignatureError."""
    wallet = stored(address)
    asked = await require_proof(database, contracts, player, signed, "link", address)
    nonce = asked["nonce"]
    with merging.refusals():
        async with database.transaction(caused_by) as connection:
            (cluster,) = await rows(connection, dict, "cluster_get_or_create", player=player)
            if not await rows(connection, dict, "verification_use", nonce=nonce):
                raise SignatureError(f"the nonce {nonce} was used already: ask for a new message")
            own = {"cluster": cluster["cluster_id"], "address": wallet}
            holder = await rows(connection, dict, "wallet_link_lock", address=wallet)
            if holder and holder[0]["cluster_id"] != cluster["cluster_id"]:
                if holder[0]["is_verified"]:
                    raise Refused(
                        HTTPStatus.CONFLICT,
                        f"another player has proven to hold the wallet {address}",
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
    return await _wallets(database, player)


async def _wallets(database: Database, player: int) -> account_shapes.ActiveWallets:
    found = await database.rows(account_shapes.Wallet, "wallets", player=player)
    return account_shapes.ActiveWallets(wallets=found)
