"""Minimal handlers on the same Litestar and granian, to compare the API with.

    python -m bench.bare PORT_OF_HEDGE PORT

/bytes returns the body of the board from memory; /nothing returns 304; /query only executes the
query of cluster progress, with a connection pool of the same kind, and /held the same for a client
that has the answer.
"""

import os
import sys
from typing import Any

import httpx
from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar, Response, get
from litestar.datastructures import State

from api.database import Database


@get("/bytes")
async def from_memory(state: State) -> Response[bytes]:
    """The body of the board."""
    return Response(state["board"], media_type="application/json")


@get("/nothing")
async def not_modified() -> Response[None]:
    """Not modified."""
    return Response(None, status_code=304)


@get("/query")
async def from_the_database(state: State) -> list[dict[str, Any]]:
    """The rows of a cluster's progress."""
    database: Database = state["database"]
    cluster = os.environ["HEDGE_BENCH_CLUSTER"]
    return await database.rows(dict, "cluster_progress", cluster=cluster, held=[])


@get("/held")
async def held_by_the_client(state: State) -> Response[None]:
    """Not modified, as the database finds."""
    database: Database = state["database"]
    cluster = os.environ["HEDGE_BENCH_CLUSTER"]
    if "version" not in state:
        (first, *_) = await database.rows(dict, "cluster_progress", cluster=cluster, held=[])
        state["version"] = first["answer_version"]
    held = [state["version"]]
    await database.rows(dict, "cluster_progress", cluster=cluster, held=held)
    return Response(None, status_code=304)


def create_app() -> Litestar:
    """The application. It reads the body of the board from Hedge's API when it starts."""
    board = os.environ["HEDGE_BENCH_BOARD"]
    path = f"/leaderboards/{board}/latest?limit=100"
    database = Database()

    async def read(app: Litestar) -> None:
        await database.open()
        async with httpx.AsyncClient() as client:
            answer = await client.get(
                f"http://127.0.0.1:{os.environ['HEDGE_BENCH_API_PORT']}{path}"
            )
        app.state["board"] = answer.content

    return Litestar(
        [from_memory, not_modified, from_the_database, held_by_the_client],
        on_startup=[read],
        on_shutdown=[database.close],
        state=State({"database": database}),
        openapi_config=None,
    )


if __name__ == "__main__":
    os.environ["HEDGE_BENCH_API_PORT"] = sys.argv[1]
    Granian(
        "bench.bare:create_app",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[2]),
        interface=Interfaces.ASGI,
        log_enabled=False,
    ).serve()
