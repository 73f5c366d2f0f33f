"""Who reads a page."""

from litestar import Request

from api import account_shapes
from api.database import Database


async def own_cluster(request: Request, database: Database) -> str | None:
    """The cluster of the player who is signed in; None where nobody is, or no wallet is linked."""
    if request.user.player_id is None:
        return None
    found = await database.one(account_shapes.Me, "player", player=request.user.player_id)
    return found.cluster_id if found is not None else None
