"""Wallet links."""

from http import HTTPStatus

from litestar import Request, delete
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from api.account_shapes import ActiveWallets, Wallet
from api.database import Database, rows
from api.problems import CHANGED_MEANWHILE, Refused, request_id
from hedge.addresses import stored


@delete("/wallets/{address:str}", status_code=HTTP_200_OK)
async def unlink(
    request: Request, database: NamedDependency[Database], address: FromPath[str]
) -> ActiveWallets:
    """Unlink a wallet, verified or not. Returns the active wallets of its player."""
    wallet = stored(address)
    async with database.transaction(request_id(request)) as connection:
        holder = await rows(connection, dict, "wallet_holder", address=wallet)
        if not holder:
            raise Refused(HTTPStatus.NOT_FOUND, f"the wallet {address} is not linked")
        cluster = holder[0]["cluster_id"]
        found = await rows(connection, dict, "cluster_lock", cluster=cluster)
        if not found:
            raise Refused(HTTPStatus.CONFLICT, CHANGED_MEANWHILE, "changed_meanwhile")
        await rows(connection, dict, "wallet_unlink", cluster=cluster, address=wallet)
        await rows(connection, dict, "wallet_promote", cluster=cluster)
    return ActiveWallets(
        wallets=await database.rows(Wallet, "wallets", player=found[0]["player_id"])
    )


HANDLERS = (unlink,)
