"""Explanations of values, for the API and for the page of a challenge."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from litestar import Request

from api.database import Database, rows
from api.existing import unknown_challenge
from api.identity import sees_everything
from api.problems import Refused, request_id
from hedge.analysis import between, explain
from hedge.errors import HedgeError, UsageError


async def explained(
    request: Request,
    database: Database,
    cluster: str,
    challenge: str,
    window: str,
    limit: int,
    offset: int = 0,
) -> tuple[explain.Explanation, dict[str, str | None]]:
    """The explanation of a cluster's value in a challenge and a window, and the windows that the
    cluster has, each with the name of its season or None. It has at most limit facts, the newest
    behind an offset.

    Facts from Discord are omitted unless the caller is the player of the cluster or an admin.
    Others learn wallets, transactions and places of logs only where the player shows wallets. An
    unknown cluster, challenge or window is Refused with 404.
    """
    subject = {"cluster": cluster, "challenge": challenge, "window": window}
    async with database.transaction(request_id(request)) as connection:
        known = await rows(connection, dict, "cluster_known", cluster=cluster)
        head = await rows(connection, dict, "explain_challenge", **subject)
        found = await rows(connection, dict, "explain_windows", cluster=cluster, drafts=False)
        windows = {row["window_key"]: row["season"] for row in found}
        try:
            explain.check(
                subject, is_known=bool(known), head=head[0] if head else None, windows=list(windows)
            )
        except UsageError as error:
            raise Refused(HTTPStatus.NOT_FOUND, str(error)) from None
        except HedgeError:
            raise Refused(HTTPStatus.NOT_FOUND, f"{cluster} was not computed yet") from None
        await rows(connection, dict, "explain_session", as_of=head[0]["as_of"], **subject)
        scope: dict[str, Any] = subject | head[0] | {"limit": limit, "offset": offset}
        sees_private = await sees_everything(request, known[0]["player_id"])
        parts = await rows(
            connection,
            dict,
            "explain_facts",
            sees_private=sees_private,
            sees_wallets=sees_private or known[0]["show_wallets"],
            **scope,
        )
    return explain.explanation(subject, head[0], parts), windows


async def difference(
    request: Request,
    database: Database,
    cluster: str,
    challenge: str,
    since: datetime,
    until: datetime,
    limit: int,
) -> between.Difference:
    """What makes the difference between what was said of a value at two instants.

    Who sees which facts is as for explained; links are for those who see wallets, and exclusions
    for the player and admins. An unknown
    cluster or challenge is Refused with 404, and an instant that is not before the other, or of
    the future, a UsageError.
    """
    between.require_said(since, until, datetime.now(UTC))
    asked = {"cluster": cluster, "challenge": challenge, "window": between.WINDOW}
    async with database.transaction(request_id(request), one_snapshot=True) as connection:
        known = await rows(connection, dict, "cluster_known", cluster=cluster)
        if not known:
            raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}", code="unknown_cluster")
        head = await rows(connection, dict, "explain_challenge", **asked)
        if not head:
            raise unknown_challenge(challenge)
        sees_private = await sees_everything(request, known[0]["player_id"])
        sees = {
            "sees_private": sees_private,
            "sees_wallets": sees_private or known[0]["show_wallets"],
            "sees_exclusions": sees_private,
        }
        steps = between.steps_of(asked, head[0], [since, until], limit, sees)
        try:
            wanted, parameters = next(steps)
            while True:
                answer = await rows(connection, dict, wanted, **parameters)
                wanted, parameters = steps.send(answer)
        except StopIteration as end:
            found: between.Difference = end.value
            return found
