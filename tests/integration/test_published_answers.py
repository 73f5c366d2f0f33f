"""Published JSON: what every route of the API responds with has the recorded shape."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient

from api.app import create_app
from hedge import runs, tokens
from hedge.analysis import asked_previews
from hedge.signing import eth_account
from tests.arranged_matches import put_in_turns
from tests.published import DELIVERIES, require_examples, require_recorded, shape
from tests.settled_rewards import settle
from tests.support import set_discord_id

BUSY, RIVAL, NEW = (str(10**17 + number) for number in range(3))
WALLET = "0x" + "c0ffee" * 6 + "c0ff"
BOARD, SEASON = "lb_pvp_monthly_wins", "season_1_awakening"
#: States that the demo world does not have: failures, a Founder's Mark, a season that does not
#: end. Its own requests are deleted, because they would fill the first page.
STATES = """
insert into app.etl_runs
(invocation_id, kind, scope_size, as_of, state, finished_at, error, definitions)
values (
    'pinned', 'CLUSTER', 1, now(), 'FAILED', now(), 'the model failed',
    app.deployed_definitions()
);
insert into app.leaderboard_runs (leaderboard_key, status, finished_at, error)
values ('lb_pvp_competition', 'FAILED', now(), 'the model failed');
delete from app.etl_requests;
insert into app.etl_requests (cluster_id, reason, attempts, error, parked_at)
values ('demo-idle', 'pinned', 5, 'the model failed', now());
insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind, unlocked_at)
select cluster_id, challenge_key, tier_code, 'FOUNDERS_MARK', unlocked_at
from analytics.tier_unlocks
where cluster_id = 'demo-busy' and challenge_key = 'arena_victor'
order by unlocked_at, tier_code limit 1;
update app.seasons set ends_at = greatest(ends_at, now() + interval '1 day')
"""


class Api:
    """The service in this process, and the responses of its routes."""

    def __init__(self, client: TestClient) -> None:
        """Without any response yet."""
        self.client = client
        self.paths = client.app.openapi_schema.to_schema()["paths"]
        self.answers: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self.bodies: dict[str, Any] = {}

    def call(self, method: str, path: str, headers: dict[str, str], json: Any = None) -> Any:
        """Call a route; its response is kept under the path that is documented."""
        body = {} if json is None else {"json": json}
        answer = self.client.request(method, path, headers=headers, **body)
        value = answer.json() if answer.content else "nothing"
        route = self.documented(method, path.partition("?")[0])
        self.answers[route][str(answer.status_code)].append(value)
        if json is not None and answer.is_success:
            self.bodies.setdefault(route, json)
        return value

    def documented(self, method: str, path: str) -> str:
        """The method and the documented path of a request; one without parameters goes first."""
        (route, *_) = [
            documented
            for documented in sorted(self.paths, key=lambda one: one.count("{"))
            if method.lower() in self.paths[documented]
            and re.fullmatch(re.sub(r"{.*?}", "[^/]+", documented), path)
        ]
        return f"{method} {route}"


@pytest.fixture
def api(demo_world: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The service over the demo world, with the rows of STATES."""
    demo_world.execute(STATES)
    set_discord_id(demo_world, "demo-busy", BUSY)
    set_discord_id(demo_world, "demo-rival", RIVAL)
    demo_world.execute("update app.players set display_name = 'Pinned', show_on_boards = true")
    demo_world.execute(
        "insert into app.sessions (session_hash, player_id)"
        " select 'hash', player_id from app.players where discord_id = %s",
        [BUSY],
    )
    demo_world.execute(
        "update app.players set show_on_boards = false where discord_id = %s", [RIVAL]
    )
    demo_world.execute(
        "insert into app.exclusions (cluster_id, board_key, reason, created_by)"
        " values ('demo-busy', 'another', 'arranged matches', 'ada')"
    )
    demo_world.commit()
    monkeypatch.setenv("HEDGE_SECRET_KEY", bytes(range(32)).hex())
    with TestClient(create_app()) as client:
        yield Api(client)


def test_what_the_api_responds_with_has_the_recorded_shape(
    api: Api, demo_world: psycopg.Connection
) -> None:
    admin, service = (
        {"Authorization": f"Bearer {tokens.create(demo_world, role, 'pinned')[1]}"}
        for role in ("admin", "service")
    )
    demo_world.commit()
    everyone: dict[str, str] = {}
    busy, rival, new = (service | {"X-Discord-Id": one} for one in (BUSY, RIVAL, NEW))

    public(api, everyone)
    player(api, busy, rival, new)
    merges(api, new, service | {"X-Discord-Id": str(10**17 + 3)})
    boards_and_seasons(api, admin)
    runs_and_wallets(api, admin, new)
    webhooks(api, admin, demo_world)
    rewards(api, admin, busy, demo_world)
    exclusions(api, admin, demo_world)
    merges_of_an_admin(api, admin)

    # errors
    api.call("GET", "/leaderboards/none/latest", everyone)
    api.call("GET", "/leaderboards?limit=0", everyone)
    api.call("GET", "/admin/etl/runs", everyone)
    api.call("GET", "/admin/etl/runs", busy)
    api.call("POST", "/admin/leaderboards", admin, {"key": "pinned"})
    api.call("POST", "/api/me/wallets", rival, {"address": wallet_of_busy(demo_world)})

    require_recorded(
        "answers",
        {
            route: {status: shape(values) for status, values in answers.items()}
            for route, answers in api.answers.items()
        },
    )
    require_examples(
        api.bodies,
        {
            # 200 is the example where there are others
            route: [
                value for status in sorted(answers) if status < "3" for value in answers[status]
            ]
            for route, answers in api.answers.items()
        },
    )


def wallet_of_busy(connection: psycopg.Connection) -> str:
    """A wallet of demo-busy."""
    (address,) = connection.execute(
        "select min(address) from app.wallet_links"
        " where cluster_id = 'demo-busy' and unlinked_at is null"
    ).fetchone()
    return address


def public(api: Api, everyone: dict[str, str]) -> None:
    """Routes that need no sign-in; challenges and boards of every kind that the world has."""
    for path in ("/healthz", "/readyz", "/leaderboards", "/seasons/active", "/challenges"):
        api.call("GET", path, everyone)
    for board in (BOARD, "lb_hero_levels", "lb_hunting_pve"):
        api.call("GET", f"/leaderboards/{board}", everyone)
        api.call("GET", f"/leaderboards/{board}/latest", everyone)
        for run in api.call("GET", f"/leaderboards/{board}/runs", everyone)[:1]:
            api.call("GET", f"/leaderboards/{board}/runs/{run['id']}", everyone)
        api.call("GET", f"/leaderboards/{board}/around?clusterId=demo-busy", everyone)
    api.call("GET", f"/seasons/{SEASON}/progress?clusterId=demo-busy", everyone)
    for path in ("", f"/{SEASON}", f"/{SEASON}/standings"):
        api.call("GET", f"/seasons{path}", everyone)
    for cluster in ("demo-busy", "demo-idle", "demo-rival"):
        api.call("GET", f"/clusters/{cluster}/progress", everyone)
        api.call("GET", f"/clusters/{cluster}/leaderboards", everyone)
        api.call("GET", f"/clusters/{cluster}/history?limit=2", everyone)
        api.call("GET", f"/clusters/{cluster}/history?challenge=arena_victor", everyone)
    ends = "/clusters/demo-busy/history/progress?ends=months&challenge=arena_victor&limit="
    # the instant of the world, in whose months there are unlocks, becomes older and older
    for _ in range(2):
        api.call("GET", f"{ends}2", everyone)
        api.call("GET", f"{ends}31", everyone)
        runs.ends("demo-busy")
    api.call("GET", "/clusters?ids=demo-busy,demo-rival,nobody", everyone)
    api.call("GET", "/clusters/search?q=demo-000&limit=2", everyone)
    body = {"clusterIds": ["demo-busy", "nobody"]}
    api.call("POST", "/clusters/progress", everyone, body)
    api.call("GET", "/challenges/arena_victor", everyone)
    for challenge in ("mad_boar_slayer", "hero_riser", "win_streak", "arena_victor"):
        api.call("GET", f"/clusters/demo-busy/progress/{challenge}", everyone)
    api.call("GET", f"/clusters/demo-busy/progress/arena_victor?window=season:{SEASON}", everyone)
    ends = f"since=2026-01-01&until={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}&limit=2"
    api.call("GET", f"/clusters/demo-busy/progress/arena_victor/difference?{ends}", everyone)


def player(api: Api, busy: dict[str, str], rival: dict[str, str], new: dict[str, str]) -> None:
    """Routes of a signed-in player: one with progress, one who leaves, one who has just come."""
    api.call("GET", "/api/me", busy)
    api.call("PATCH", "/api/me", busy, {"displayName": "Busy", "showOnBoards": True})
    api.call("GET", "/leaderboards/lb_hero_levels/around?clusterId=demo-busy", {})
    api.call("GET", "/api/me/exclusions", busy)
    api.call("GET", "/api/me/sessions", busy)
    api.call("DELETE", "/api/me/sessions", busy)
    api.call("GET", "/api/me/wallets", busy)
    api.call("GET", "/api/me/progress", busy)
    api.call("GET", f"/leaderboards/{BOARD}/latest?me=true", busy)
    api.call("GET", "/api/me", new)
    api.call("GET", "/api/me/progress", new)
    api.call("POST", "/api/me/wallets", new, {"address": WALLET})
    api.call("GET", "/api/me/progress", new)
    account = eth_account().Account.from_key("0x" + "11" * 32)
    path = f"/api/me/wallets/{account.address.lower()}"
    asked = api.call("POST", f"{path}/request-verification", new)
    api.call("POST", f"{path}/verify", new, signed_by(account, asked["message"]))
    api.call("POST", "/api/me/wallets", new, {"address": account.address})
    api.call("PUT", f"{path}/primary", new)
    api.call("GET", "/api/me/wallets", new)
    api.call("DELETE", path, new)  # a verified wallet is refused
    api.call("DELETE", f"/api/me/wallets/{WALLET}", new)
    api.call("DELETE", "/api/me", rival)
    api.call("POST", "/auth/sign-out", busy)


def signed_by(account: Any, message: str) -> dict[str, str]:
    """The body with a message that the wallet of an account has signed."""
    signable = eth_account().messages.encode_defunct(text=message)
    signature = account.sign_message(signable).signature.to_0x_hex()
    return {"message": message, "signature": signature}


def merges(api: Api, new: dict[str, str], other: dict[str, str]) -> None:
    """Routes of a player who merges another account and undoes that."""
    account = eth_account().Account.from_key("0x" + "22" * 32)
    wallet = account.address.lower()
    asked = api.call("POST", f"/api/me/wallets/{wallet}/request-verification", other)
    signed = signed_by(account, asked["message"])
    api.call("POST", f"/api/me/wallets/{wallet}/verify", other, signed)
    asked = api.call("POST", "/api/me/merges/request-verification", new, {"address": wallet})
    merged = api.call("POST", "/api/me/merges", new, signed_by(account, asked["message"]))
    api.call("GET", "/api/me/merges", new)
    api.call("DELETE", f"/api/me/merges/{merged['absorbed']}", new)
    api.call("DELETE", f"/api/me/merges/{merged['absorbed']}", new)
    api.call("DELETE", "/api/me", other)


def boards_and_seasons(api: Api, admin: dict[str, str]) -> None:
    """Routes of an admin about boards and seasons."""
    board = {
        "key": "pinned",
        "name": "Pinned",
        "categoryKey": "pvp_competition",
        "metricSource": "onchain_pvp",
        "metricKey": "wins",
        "timeWindow": "MONTHLY",
    }
    season = {
        "id": "pinned",
        "name": "Pinned",
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2026-02-01T00:00:00Z",
    }
    tiebreaker = {"fallbackMetricSource": "onchain_hunting", "fallbackMetricKey": "wins"}
    api.call("POST", "/admin/leaderboards", admin, board | tiebreaker)
    api.call("PUT", "/admin/leaderboards/pinned", admin, {"maxEntries": 40})
    api.call("POST", "/admin/leaderboards", admin, board)
    api.call("PUT", "/admin/leaderboards/pinned", admin, {"maxEntries": 50})
    look_at = api.call("POST", "/admin/leaderboards/pinned/run", admin)["lookAt"]
    api.call("GET", look_at, admin)
    period = {"periodStart": "2026-01-01", "periodEnd": "2026-02-01"}
    api.call("POST", "/admin/leaderboards/pinned/run", admin, period)
    for listed in api.call("GET", "/admin/leaderboards", admin):
        run = listed["newestRun"]
        if run:
            api.call("GET", f"/admin/leaderboards/{listed['key']}/runs/{run['id']}", admin)
    api.call("POST", "/admin/seasons", admin, season)
    api.call("PUT", "/admin/seasons/pinned", admin, {"name": "Pinned again"})
    weights = [{"challengeKey": "hero_riser", "weight": 2}]
    api.call("POST", "/admin/seasons/pinned/weights", admin, weights)
    api.call("GET", "/admin/seasons/pinned/weights", admin)
    api.call("GET", "/admin/seasons", admin)


def exclusions(api: Api, admin: dict[str, str], connection: psycopg.Connection) -> None:
    """Routes of an admin about exclusions, their previews, and suspects."""
    given = {"clusterId": "demo-0023", "metric": "onchain_pvp.wins", "reason": "arranged matches"}
    look_at = api.call("POST", "/admin/exclusion-previews", admin, given)["lookAt"]
    api.call("GET", look_at, admin)
    number = api.call("POST", "/admin/exclusions", admin, given)["exclusionId"]
    api.call("POST", f"/admin/exclusions/{number}/end/previews", admin)
    asked_previews.serve()
    api.call("GET", look_at, admin)
    api.call("GET", "/admin/exclusions", admin)
    api.call("POST", f"/admin/exclusions/{number}/end", admin, {"reason": "the player was right"})
    wallets = [
        connection.execute(
            "select min(address) from app.wallet_links where cluster_id = %s", [cluster]
        ).fetchone()[0]
        for cluster in ("demo-0005", "demo-0006", "demo-0037")
    ]
    put_in_turns(connection, wallets[0], wallets[1])
    put_in_turns(connection, wallets[0], wallets[2], range(20, 32))
    connection.commit()
    (one, other, *_) = api.call("GET", "/admin/suspects?rule=alternating_wins", admin)
    path = f"/admin/suspects/{other['proposal']}/dismiss"
    api.call("POST", path, admin, {"reason": "they play in one club"})
    api.call("POST", f"/admin/suspects/{one['proposal']}/previews", admin, {})
    api.call("POST", f"/admin/suspects/{one['proposal']}/accept", admin, {})
    api.call("GET", "/admin/suspects/decisions", admin)


def merges_of_an_admin(api: Api, admin: dict[str, str]) -> None:
    """Routes of an admin who merges two accounts and undoes that."""
    both = {"kept": "demo-0005", "absorbed": "demo-0023"}
    api.call("POST", "/admin/merges/preview", admin, both)
    api.call("POST", "/admin/merges", admin, both)
    api.call("GET", "/admin/merges?cluster=demo-0023", admin)
    api.call("DELETE", "/admin/merges/demo-0023", admin)


def webhooks(api: Api, admin: dict[str, str], connection: psycopg.Connection) -> None:
    """Routes of an admin about webhooks."""
    hook = {"url": "https://example.org/hook", "eventTypes": ["tier.reached"]}
    number = api.call("POST", "/admin/webhooks", admin, hook)["webhookId"]
    other = api.call("POST", "/admin/webhooks", admin, {"url": hook["url"]})["webhookId"]
    connection.execute(DELIVERIES)
    connection.commit()
    api.call("GET", "/admin/webhooks", admin)
    for delivery in api.call("GET", f"/admin/webhooks/{number}/deliveries", admin):
        path = f"/admin/webhooks/{number}/deliveries/{delivery['deliveryId']}/replay"
        api.call("POST", path, admin)
    api.call("POST", f"/admin/webhooks/{number}/replay", admin)
    api.call("DELETE", f"/admin/webhooks/{other}", admin)


def rewards(
    api: Api, admin: dict[str, str], busy: dict[str, str], connection: psycopg.Connection
) -> None:
    """Routes about rewards of a season."""
    path = "/admin/seasons/season_1_awakening/rewards"
    given = {"rewardKey": "one", "name": "Banner", "quantity": 1, "kind": "LEVEL", "level": 1}
    further = {"rewardKey": "two", "name": "Crystals", "quantity": 2.5, "kind": "LEVEL", "level": 2}
    top = {"rewardKey": "top", "name": "Crown", "quantity": 1, "kind": "RANK"}
    top |= {"rankFrom": 1, "rankTo": 3, "validUntil": "2999-01-01T00:00:00Z"}
    api.call("PUT", path, admin, [given, further, top])
    api.call("GET", path, admin)
    settle(connection, "CLUSTER", ["demo-busy"])
    connection.commit()
    mine = api.call("GET", "/api/me/rewards", busy)["rewards"]
    for one in mine:
        api.call("POST", f"/api/me/rewards/{one['rewardId']}/claim", busy)
    first, second = (one["rewardId"] for one in mine[:2])
    api.call("POST", f"/admin/rewards/{first}/fulfil", admin, {"note": "sent"})
    api.call("POST", f"/admin/rewards/{second}/refuse", admin, {"note": "two accounts"})
    api.call("GET", "/admin/rewards", admin)
    api.call("GET", "/admin/rewards/sums", admin)
    api.call("GET", f"/admin/rewards/{first}/changes", admin)
    api.call("GET", "/admin/seasons/season_1_awakening/check", admin)
    api.call("GET", "/admin/leaderboards/lb_hero_levels/check", admin)
    api.call("GET", "/admin/audit", admin)


def runs_and_wallets(api: Api, admin: dict[str, str], new: dict[str, str]) -> None:
    """Routes of an admin about runs, requests and wallets."""
    api.call("POST", "/admin/etl/clusters/demo-busy/run", admin)
    api.call("POST", "/admin/etl/run", admin, {"kind": "FULL"})
    for run in api.call("GET", "/admin/etl/runs", admin):
        api.call("GET", f"/admin/etl/runs/{run['runId']}", admin)
    for request in api.call("GET", "/admin/etl/requests", admin):
        if request["state"] == "PARKED":
            api.call("POST", f"/admin/etl/requests/{request['requestId']}/retry", admin)
    api.call("POST", "/api/me/wallets", new, {"address": WALLET})
    api.call("DELETE", f"/admin/wallets/{WALLET}", admin)
    api.call("GET", "/api/me/wallets", new)
