"""The barest handlers on the same Litestar and granian, to compare the API with.

    python -m bench.bare PORT_OF_OURS PORT

/bytes answers what the board answers, from memory; /nothing answers 304; /query runs the query of
cluster progress through a pool of the same kind, and nothing else.
"""

import os
import sys

import httpx
from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar, Response, get
from litestar.datastructures import State

from api.database import Database


@get("/bytes")
async def from_memory(state: State) -> Response[bytes]:
    """The bytes of the board."""
    return Response(state["board"], media_type="application/json")


@get("/nothing")
async def not_modified() -> Response[None]:
    """Not modified."""
    return Response(None, status_code=304)


@get("/query")
async def from_the_database(state: State) -> list[dict]:
    """The rows of a cluster's progress."""
    return await state["database"].rows(
        dict, "cluster_progress", cluster=os.environ["HEDGE_BENCH_CLUSTER"]
    )


def create_app() -> Litestar:
    """The application; the board is read from ours once."""
    board = os.environ["HEDGE_BENCH_BOARD"]
    path = f"/leaderboards/{board}/latest?limit=100"
    database = Database()

    async def read(app: Litestar) -> None:
        await database.open()
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{os.environ['HEDGE_BENCH_OURS']}{path}")
        app.state["board"] = answer.content

    return Litestar(
        [from_memory, not_modified, from_the_database],
        on_startup=[read],
        on_shutdown=[database.close],
        state=State({"database": database}),
        openapi_config=None,
    )


if __name__ == "__main__":
    os.environ["HEDGE_BENCH_OURS"] = sys.argv[1]
    Granian(
        "bench.bare:create_app",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[2]),
        interface=Interfaces.ASGI,
        log_enabled=False,
    ).serve()
