"""A program in Python: signs in, links a wallet, and reads progress, a board and events, by the
package that openapi-python-client makes of the OpenAPI document.

    python client.py URL WALLET BOARD
"""

import json
import sys
from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
from hedge_client import AuthenticatedClient, Client
from hedge_client.api.boards import get_latest_standings
from hedge_client.api.clusters import get_cluster_progress
from hedge_client.api.me import get_me, get_my_progress, link_wallet
from hedge_client.api.sign_in import finish_sign_in, sign_in
from hedge_client.models import Event, EventType, NewWallet, Problem, ProblemCode

Answer = TypeVar("Answer")


def body(answer: Answer | Problem | None) -> Answer:
    """The body of a successful answer."""
    assert answer is not None
    assert not isinstance(answer, Problem), answer.detail
    return answer


def signed_in(url: str) -> AuthenticatedClient:
    """A client with the session of a new account; its cookies take the place of a token."""
    visitor = Client(base_url=f"{url}/v1")
    begun = sign_in.sync_detailed(client=visitor, return_to="/me")
    discord = httpx.get(begun.headers["Location"])
    given = parse_qs(urlsplit(discord.headers["Location"]).query)
    (code,), (state,) = given["code"], given["state"]
    done = finish_sign_in.sync_detailed(client=visitor, code=code, state=state)
    assert (done.status_code, done.headers["Location"]) == (302, "/me")
    client = AuthenticatedClient(base_url=f"{url}/v1", token="", headers={"Origin": url})
    return client.set_httpx_client(
        httpx.Client(
            base_url=f"{url}/v1",
            headers={"Origin": url},
            cookies=visitor.get_httpx_client().cookies,
        )
    )


def events(client: AuthenticatedClient, cluster: str) -> Iterator[Event]:
    """The events of a cluster that are kept. Generators make no function that reads a stream."""
    about = {"cluster": cluster, "lastEventId": "0"}
    with client.get_httpx_client().stream("GET", "/events", params=about) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            field, _, text = line.partition(": ")
            if field == "data":
                yield Event.from_dict(json.loads(text))


def main(url: str, wallet: str, board: str) -> None:
    """Call the service as a program would that has the types of the document."""
    client = signed_in(url)
    assert body(get_me.sync(client=client)).cluster_id is None

    linked = body(link_wallet.sync(client=client, body=NewWallet(address=wallet)))
    assert (linked.wallet.address, linked.wallet.is_primary) == (wallet, True)
    cluster = body(get_me.sync(client=client)).cluster_id

    own = body(get_my_progress.sync(client=client))
    assert (own.cluster_id, own.challenges) == (cluster, [])
    progress = body(get_cluster_progress.sync("somebody", client=client))
    (victor,) = (one for one in progress.challenges if one.challenge_key == "arena_victor")
    assert (victor.value, victor.value_text, victor.unlocked) == (5, "5", True)
    unknown = get_cluster_progress.sync("nobody", client=client)
    assert isinstance(unknown, Problem)
    assert unknown.code is ProblemCode.UNKNOWN_CLUSTER

    page = body(get_latest_standings.sync(board, client=client, limit=1, me=True))
    (first,) = page.entries
    assert (first.cluster_id, first.rank, first.score) == ("somebody", 1, 5)
    assert (page.me, page.next_ is not None) == (None, True)

    event = next(events(client, "somebody"))
    assert (event.type_, event.cluster_id) == (EventType.EVERYTHING_CHANGED, None)
    assert event.details.additional_properties["reason"] == "FIRST_RUN"


main(*sys.argv[1:])
print("done")
