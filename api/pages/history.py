"""The history of a value on the page of a challenge."""

from typing import Any

from api.database import Database


async def of_challenge(database: Database, cluster: str, challenge: str) -> dict[str, Any]:
    """The points and lines of the picture (api/sql/page_history.sql), which have no points where
    nothing is known. Values of single days are left out where everybody may not see them."""
    daily = await database.rows(dict, "challenges_at_ends", unit="day")
    return await database.single(
        dict,
        "page_history",
        cluster=cluster,
        challenge=challenge,
        shows_days=challenge in {one["key"] for one in daily},
    )
