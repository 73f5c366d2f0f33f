"""What a stranger can ask of the service, and what is told in its responses.

The routes and their parameters are those of the application. A new one is asked, too; a parameter
that has no value here fails.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import httpx
import psycopg
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests.in_process import HTML, Site

CLUSTER, NAME = "demo-busy", "Zenobia Concealed"
SEASON = "season_1_awakening"
BOARD = "front"
#: Parameters of handlers that do not come from the request.
INJECTED = {"request", "database", "state", "scope", "headers", "cookies", "body", "socket"}
#: The ids of a path, by the names of its parameters; `{key}` is of a challenge or of a board.
IN_PATHS: dict[str, list[str]] = {
    "cluster": [CLUSTER],
    "season": [SEASON],
    "absorbed": [CLUSTER],
    "nonce": ["0123456789abcdef"],
    "number": ["1"],
    "path": ["/swagger"],
    "file_path": ["/pages.css", "/swagger-ui.css"],
    "webhook": ["1"],
    "delivery": ["1"],
    "reward": ["1"],
    "exclusion": ["1"],
    "preview": ["1"],
    "proposal": ["0123456789ab"],
}
#: Query parameters and what a stranger would ask with them.
IN_QUERIES: dict[str, list[str]] = {
    "clusterId": [CLUSTER],
    "clusterIds": [CLUSTER],
    "ids": [CLUSTER],
    "q": [CLUSTER[:6]],
    "a": [CLUSTER],
    "b": [CLUSTER],
    "find": [CLUSTER[:6], CLUSTER],
    "cluster": [CLUSTER, CLUSTER[:6]],
    "window": [f"season:{SEASON}"],
    "at": ["2026-10-15T00:00:00Z"],
    "challenge": ["arena_victor"],
    "category": ["hero_progression"],
    "ends": ["days", "weeks"],
    "key": [BOARD],
    "season": [SEASON],
    "kind": ["board"],
    "unchecked": ["true"],
    "valid": ["true"],
    "kept": [CLUSTER],
    "absorbed": ["demo-busy"],
    "rule": ["few_opponents"],
    "population": ["all"],
    "neighbours": ["3"],
    "limit": ["100"],
    "show": ["rare", "near"],
    "sort": ["recent"],
    "open": ["all"],
    "from": ["1"],
    "since": ["2026-10-01T00:00:00Z"],
    "until": ["2026-11-01T00:00:00Z"],
    "me": ["true"],
    "returnTo": ["/me"],
    "code": ["x"],
    "state": ["x"],
    "error": ["x"],
    # cursors and numbers of runs, which are in the paths too
    "after": [],
    "before": [],
    "run": [],
}
#: The query parameters that ask for somebody.
FINDS_SOMEBODY = ("q", "ids", "cluster", "clusterId", "clusterIds", "a", "b", "find")
#: Challenges whose explanations name wallets, transactions and what happened on Discord.
TELLING = ["vendor_tycoon", "seasonal_voyager", "loyal_follower"]
#: Bodies of the routes that read, by their paths. Others have one without fields.
BODIES: dict[str, Any] = {"/clusters/progress": {"clusterIds": [CLUSTER]}}
#: Where the OpenAPI document is: its examples for players and admins have wallets.
DOCUMENT = ("/schema", "/schema/{path}", "/schema/openapi.json")
ON_THE_CHAIN = {"wallet", "transaction", "log"}


class Question(NamedTuple):
    """A request that anybody can send."""

    method: str
    #: the path as the application knows it
    route: str
    path: str
    query: dict[str, str]

    def ask(self, client: httpx.Client) -> httpx.Response:
        """Send it, with an empty body where it has none."""
        body = {}
        if self.method in ("POST", "PUT", "PATCH"):
            body = {"json": BODIES.get(self.route, {})}
        return client.request(self.method, self.path, params=self.query, headers=HTML, **body)


class Told:
    """Finds in responses what is the player's alone."""

    def __init__(self, rows: psycopg.Connection, discord_id: str) -> None:
        """Reads the interactions of the player."""
        interactions = rows.execute(
            "select interaction_id::text from raw.discord_interactions where discord_id = %s",
            [discord_id],
        ).fetchall()
        assert interactions
        self._patterns = {
            # of whatever player it is
            "wallet": r"(?i)0x[0-9a-f]{40}(?![0-9a-f])",
            "transaction": r"(?i)0x[0-9a-f]{64}",
            "log": r"logIndex|log_index|log index",
            "Discord account": re.escape(discord_id),
            "Discord": r"interactionId|interaction id|DISCORD_[A-Z]",
            "name": NAME.split()[0],
        }

    def in_(self, answer: httpx.Response, *sent: str) -> set[str]:
        """What a response tells, headers included, beside what was sent to it."""
        text = answer.text + str(list(answer.headers.items()))
        for one in sent:
            # the text of a message has the checksum of an address in the case of its letters
            text = re.sub(re.escape(one), "", text, flags=re.IGNORECASE)
        return {what for what, pattern in self._patterns.items() if re.search(pattern, text)}


def told_of(answer: httpx.Response, name: str) -> tuple[int, str, str]:
    """What a response to a question about somebody says, without the name that was asked for."""
    text, location = answer.text, answer.headers.get("Location", "")
    for written in (name, quote(name), quote_plus(name)):
        text, location = text.replace(written, "?"), location.replace(written, "?")
    request = answer.headers.get("X-Request-Id", "no request")
    return answer.status_code, text.replace(request, "?"), location


def handlers(site: Site) -> Iterator[tuple[str, HTTPRoute, HTTPRouteHandler]]:
    """Every method of every route of the application."""
    for route in site.litestar.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: a kind of route that nobody asks here"
        for method, (handler, _) in route.route_handler_map.items():
            # a stream does not end; what it sends are rows of app.events
            if method not in ("OPTIONS", "HEAD") and route.path != "/events":
                yield method, route, handler


def in_query(route: HTTPRoute, handler: HTTPRouteHandler) -> dict[str, bool]:
    """The query parameters of a handler by name, and whether they are required."""
    found = {}
    for name, field in handler.parsed_fn_signature.parameters.items():
        if name not in INJECTED | {"data"} | set(route.path_parameters):
            alias = getattr(field.kwarg_definition, "name", None)
            found[alias or name] = field.is_required
    return found


def questions(
    site: Site, rows: psycopg.Connection, board: str = BOARD, season: str = SEASON
) -> list[Question]:
    """What a stranger would ask each route: with the parameters that it needs, and with each other
    one beside them; of a board and a season."""
    in_queries = IN_QUERIES | {
        "window": [f"season:{season}"],
        "key": [board],
        "season": [season],
    }
    (run,) = rows.execute("select max(id) from app.leaderboard_runs").fetchone()
    (wallet,) = rows.execute(
        "select min(address) from app.wallet_links where cluster_id = 'demo-rival'"
    ).fetchone()
    asked = []
    for method, route, handler in handlers(site):
        template, paths = route.path_format, [route.path_format]
        for name in route.path_parameters:
            values = IN_PATHS | {
                "run": [str(run)],
                "address": [wallet],
                "challenge": TELLING,
                "season": [season],
                "key": TELLING if re.search("challenges/|catalogue/", template) else [board],
            }
            assert name in values, f"{template}: what does a stranger ask with {{{name}}}?"
            one_slash = [path.replace("/{" + name + "}", "{" + name + "}") for path in paths]
            paths = [
                path.replace("{" + name + "}", value if value[0] == "/" else f"/{value}")
                for path in one_slash
                for value in values[name]
            ]
        parameters = in_query(route, handler)
        unknown = parameters.keys() - IN_QUERIES.keys()
        assert not unknown, f"{template}: what does a stranger ask with {unknown}?"
        required = {
            name: in_queries[name][0] for name, is_needed in parameters.items() if is_needed
        }
        # one path of many is enough for the other parameters
        queries = [(path, required) for path in paths]
        queries += [
            (path, required | {name: value})
            for path in paths[:1]
            for name in parameters
            for value in in_queries[name]
        ]
        asked += [Question(method, template, path, query) for path, query in queries]
    return asked


def consent(rows: psycopg.Connection, *, name: bool, wallets: bool) -> None:
    """Set what the player of demo-busy lets everybody see."""
    rows.execute(
        "update app.players set show_on_boards = %s, show_wallets = %s where display_name = %s",
        [name, wallets, NAME],
    )
