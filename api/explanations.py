"""Explanations of values, for whoever asks: over the API and on the page of a challenge."""

from http import HTTPStatus
from typing import Any

from litestar import Request

from api.database import Database, rows
from api.identity import sees_everything
from api.problems import Refused, request_id
from hedge.analysis import explain
from hedge.errors import HedgeError, UsageError


async def explained(
    request: Request, database: Database, cluster: str, challenge: str, window: str, limit: int
) -> tuple[explain.Explanation, dict[str, str | None]]:
    """Why a cluster has the value it has of a challenge in a window; and the windows there are,
    with the name of the season that one is of.

    What happened on Discord is left out for anybody but the player and admins. Refused with 404
    where there is no such cluster, challenge or window.
    """
    asked = {"cluster": cluster, "challenge": challenge, "window": window}
    async with database.transaction(request_id(request)) as connection:
        known = await rows(connection, dict, "cluster_known", cluster=cluster)
        head = await rows(connection, dict, "explain_challenge", **asked)
        found = await rows(connection, dict, "explain_windows", cluster=cluster)
        windows = {row["window_key"]: row["season"] for row in found}
        try:
            explain.check(
                asked, is_known=bool(known), head=head[0] if head else None, windows=list(windows)
            )
        except UsageError as error:
            raise Refused(HTTPStatus.NOT_FOUND, str(error)) from None
        except HedgeError:
            raise Refused(HTTPStatus.NOT_FOUND, f"{cluster} was not computed yet") from None
        await rows(connection, dict, "explain_session", as_of=head[0]["as_of"], **asked)
        scope: dict[str, Any] = asked | head[0] | {"limit": limit}
        sees_private = await sees_everything(request, known[0]["player_id"])
        parts = await rows(connection, dict, "explain_facts", sees_private=sees_private, **scope)
    return explain.explanation(asked, head[0], parts), windows
