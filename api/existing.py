"""What the path or a parameter of a request names has to exist: else it is Refused with 404."""

from http import HTTPStatus

from api.database import Database
from api.problems import Refused


async def require_cluster(database: Database, cluster: str) -> None:
    """Refuse the id of a cluster that there is not."""
    if await database.one(dict, "cluster_known", cluster=cluster) is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no cluster {cluster}", code="unknown_cluster")


def unknown_challenge(key: str) -> Refused:
    """The refusal of the key of a challenge that there is not."""
    return Refused(HTTPStatus.NOT_FOUND, f"no challenge {key}", code="unknown_challenge")


async def require_challenge(database: Database, key: str) -> None:
    """Refuse the key of a challenge that there is not."""
    if await database.one(dict, "challenge", challenge=key) is None:
        raise unknown_challenge(key)
