"""Whatever players do one after the other, while accounts vanish in between: in another browser, by
a form, by another process, or at the same moment. Each answer is one that the document tells of,
and each refusal is a problem with a code.

A failure prints the steps that lead to it. HEDGE_TEST_SEED chooses other sequences for the third
tier; those of the second one are the same each time.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpx
import hypothesis
import msgspec
import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from api.app import create_app
from api.problems import CODES, CODES_OF_CAUSES
from api.settings import Settings
from hedge.signing import eth_account
from tests.in_process import HTML, Site
from tests.in_process.players import a_discord_id
from tests.in_process.rows import put_board, put_board_run

# one database for both of them, so one process
pytestmark = pytest.mark.xdist_group("accounts_that_vanish")

KEYS = [eth_account().Account.from_key("0x" + f"{number:02x}" * 32) for number in (17, 34)]
WALLETS = [*(key.address.lower() for key in KEYS), "0x" + "a1" * 20, "0x1"]
NAMES = ["Ada", "ada", "ADA", "Bob", "admin", None, 7]
#: Calls of players: method and path of the document, where wallets and clusters are filled in.
CALLS = [
    ("GET", "/api/me"),
    ("PATCH", "/api/me"),
    ("GET", "/api/me/sessions"),
    ("DELETE", "/api/me/sessions"),
    ("GET", "/api/me/exclusions"),
    ("GET", "/api/me/progress"),
    ("GET", "/api/me/wallets"),
    ("POST", "/api/me/wallets"),
    ("DELETE", "/api/me/wallets/{address}"),
    ("PUT", "/api/me/wallets/{address}/primary"),
    ("POST", "/api/me/wallets/{address}/request-verification"),
    ("POST", "/api/me/wallets/{address}/verify"),
    ("POST", "/auth/sign-out"),
    ("GET", "/clusters/{cluster}/progress"),
    ("GET", "/clusters/{cluster}/leaderboards"),
    ("GET", "/leaderboards/{key}/latest"),
]
FORMS = ["account", "wallets", "wallets/primary", "wallets/unlink", "wallets/verification"]
FORMS += ["sign-out", "sign-out-everywhere"]
PAGES = ["/me", "/me/progress", "/", "/clusters/{cluster}", "/boards/wins"]
#: As whom an account calls: in one of two browsers, or by a service that acts for it.
WAYS = ["browser", "other browser", "service"]


@cache
def documented(method: str, path: str) -> set[int]:
    """The statuses that the document tells of."""
    document = create_app(Settings()).openapi_schema.to_schema()
    return {int(status) for status in document["paths"][path][method.lower()]["responses"]}


class Accounts(RuleBasedStateMachine):
    """Three accounts, and everything that a player can call. Each sequence has new accounts."""

    site: Site
    bot: str
    admin: str
    rows: psycopg.Connection

    def __init__(self) -> None:
        """New accounts, which sign in when they are needed."""
        super().__init__()
        self.accounts = [a_discord_id() for _ in range(3)]
        self.callers: dict[tuple[int, str], httpx.Client] = {}
        self.messages = dict.fromkeys(WALLETS, "no message")
        self.clusters = ["nobody"]

    numbers = st.integers(0, 2)

    @rule(
        number=numbers,
        calls=st.lists(
            st.tuples(st.sampled_from(WAYS), st.sampled_from(CALLS), st.sampled_from(NAMES)),
            min_size=2,
            max_size=5,
        ),
        wallet=st.sampled_from(WALLETS),
    )
    def calls(
        self, number: int, calls: list[tuple[str, tuple[str, str], str | None]], wallet: str
    ) -> None:
        """An account calls some operations with one wallet."""
        for way, call, name in calls:
            self._call(self._caller(number, way), *call, wallet, name)

    @rule(
        number=numbers,
        form=st.sampled_from(FORMS),
        wallet=st.sampled_from(WALLETS),
        name=st.sampled_from(["Ada", "Bob", ""]),
    )
    def sends_a_form(self, number: int, form: str, wallet: str, name: str) -> None:
        """An account sends a form of the pages, which redirects or shows an error."""
        data = {"displayName": name, "address": wallet}
        answer = self._caller(number, "browser").post(f"/me/{form}", data=data, headers=HTML)
        assert answer.status_code in (303, 400, 401, 403, 404, 409), answer.text

    @rule(number=numbers, page=st.sampled_from(PAGES), cluster=st.integers(0, 9))
    def looks_at_a_page(self, number: int, page: str, cluster: int) -> None:
        """An account looks at a page, also at that of a cluster that is no more."""
        path = page.format(cluster=self.clusters[cluster % len(self.clusters)])
        answer = self._caller(number, "other browser").get(path, headers=HTML)
        assert answer.status_code in (200, 303, 401, 404), answer.text

    @rule(who=st.tuples(numbers, st.sampled_from(WAYS)))
    def leaves(self, who: tuple[int, str]) -> None:
        """An account is deleted by its player."""
        answer = self._caller(*who).delete("/api/me")
        assert answer.status_code in (204, 401), answer.text

    @rule(number=numbers)
    def leaves_by_the_form(self, number: int) -> None:
        """An account is deleted on its page."""
        answer = self._caller(number, "browser").post("/me/delete", data={}, headers=HTML)
        assert answer.status_code in (303, 400, 401, 403), answer.text

    @rule(number=numbers)
    def vanishes(self, number: int) -> None:
        """Another process deletes the account, without a word to the service."""
        self.rows.execute(
            "with leaving as (select player_id from app.players where discord_id = %s)"
            " delete from app.wallet_links using app.wallet_clusters as clusters, leaving"
            " where wallet_links.cluster_id = clusters.cluster_id"
            " and clusters.player_id = leaving.player_id",
            [self.accounts[number]],
        )
        for table in ("wallet_clusters", "players"):
            self.rows.execute(
                f"delete from app.{table} where player_id in"
                " (select player_id from app.players where discord_id = %s)",
                [self.accounts[number]],
            )

    @rule(
        number=numbers,
        call=st.sampled_from([call for call in CALLS if call[0] != "GET"]),
        wallet=st.sampled_from(WALLETS),
    )
    def leaves_meanwhile(self, number: int, call: tuple[str, str], wallet: str) -> None:
        """An account is deleted while it calls an operation in another browser."""
        browser, service = self._caller(number, "browser"), self._caller(number, "service")
        with ThreadPoolExecutor(2) as pool:
            leaving = pool.submit(service.delete, "/api/me")
            calling = pool.submit(self._call, browser, *call, wallet, "Eve")
            assert leaving.result().status_code in (204, 401)
            calling.result()

    @rule(number=numbers)
    def signs_in(self, number: int) -> None:
        """An account signs in in a new browser, which makes it anew where it was deleted."""
        self.callers[number, "browser"] = self.site.player(self.accounts[number])

    @rule(wallet=st.sampled_from(WALLETS[:3]))
    def loses_a_wallet(self, wallet: str) -> None:
        """An admin unlinks a wallet."""
        answer = self.site.program(self.admin).delete(f"/admin/wallets/{wallet}")
        self._require_documented(answer, "DELETE", "/admin/wallets/{address}")

    def _caller(self, number: int, way: str) -> httpx.Client:
        if (number, way) not in self.callers:
            account = self.accounts[number]
            self.callers[number, way] = (
                self.site.program(self.bot, account)
                if way == "service"
                else self.site.player(account)
            )
        return self.callers[number, way]

    def _call(
        self, caller: httpx.Client, method: str, path: str, wallet: str, name: str | None
    ) -> None:
        cluster = self.clusters[len(wallet) % len(self.clusters)]
        body: Any = None
        if path.endswith("/verify"):
            body = {"message": self.messages[wallet], "signature": self._signature(wallet)}
        elif method == "PATCH":
            body = {"displayName": name, "showOnBoards": True}
        elif path == "/api/me/wallets" and method == "POST":
            body = {"address": wallet}
        answer = caller.request(
            method, path.format(address=wallet, cluster=cluster, key="wins"), json=body
        )
        self._require_documented(answer, method, path)
        if answer.status_code == 200 and path.endswith("request-verification"):
            self.messages[wallet] = answer.json()["message"]
        if answer.status_code == 200 and path == "/api/me" and answer.json()["clusterId"]:
            self.clusters.append(answer.json()["clusterId"])

    def _signature(self, wallet: str) -> str:
        key = KEYS[WALLETS.index(wallet) % 2]
        signable = eth_account().messages.encode_defunct(text=self.messages[wallet])
        return "0x" + key.sign_message(signable).signature.hex()

    def _require_documented(self, answer: httpx.Response, method: str, path: str) -> None:
        """An answer has a documented status, and is a problem with a code unless it succeeds."""
        assert answer.status_code in documented(method, path), (method, path, answer.text)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            problem = msgspec.json.decode(answer.content)
            assert problem["status"] == answer.status_code
            assert problem["code"] in {*CODES.values(), *CODES_OF_CAUSES}
            assert problem["detail"]
            assert problem["requestId"]


@pytest.fixture
def accounts(
    site: Site, rows: psycopg.Connection, admin: str, bot: str
) -> type[RuleBasedStateMachine]:
    """The machine over the site of this module."""
    if rows.execute("select from app.leaderboard_defs").fetchone() is None:
        put_board(rows, "wins")
        put_board_run(rows, "wins", [])
    given = {"site": site, "rows": rows, "admin": admin, "bot": bot}
    return type("Accounts", (Accounts,), given)


def sequences(number: int, steps: int, **options: Any) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=number,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        **options,
    )


@pytest.mark.full
def test_no_sequence_ends_in_an_answer_that_is_not_documented(
    accounts: type[RuleBasedStateMachine],
) -> None:
    run_state_machine_as_test(accounts, settings=sequences(8, 20, derandomize=True))


@pytest.mark.full
def test_no_long_sequence_does(accounts: type[RuleBasedStateMachine]) -> None:
    seed = int(os.environ.get("HEDGE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"HEDGE_TEST_SEED={seed}")
    machine = hypothesis.seed(seed)(accounts)
    run_state_machine_as_test(machine, settings=sequences(200, 100))
