"""What docs/privacy.md says, of every route and page that the application has: others learn neither
wallets, transactions and what happened on Discord of a player, nor a name, without consent."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

from tests import PROJECT
from tests.in_process import HTML, Site
from tests.in_process.players import a_discord_id
from tests.in_process.rows import put_board, put_board_run, put_unlock
from tests.in_process.strangers import (
    BODIES,
    CLUSTER,
    DOCUMENT,
    FINDS_SOMEBODY,
    NAME,
    ON_THE_CHAIN,
    SEASON,
    TELLING,
    Told,
    consent,
    questions,
    told_of,
)
from tests.prepared_server import drop_database

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_strangers_learn")


@pytest.fixture(scope="module")
def module_database(
    server: str, demo_world_template: str, new_database: Callable[[str, str], str]
) -> Iterator[str]:
    """The URL of a copy of the computed demo world, in which demo-busy leads."""
    url = new_database("what_strangers_learn", demo_world_template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            update app.players set display_name = %s
            where player_id = (
                select player_id from app.wallet_clusters where cluster_id = %s
            )
            """,
            [NAME, CLUSTER],
        )
        connection.execute(
            "update app.seasons set ends_at = now() + interval '1 day' where id = %s", [SEASON]
        )
        connection.execute(
            "update analytics.season_progress set points = 1e9 where cluster_id = %s", [CLUSTER]
        )
        connection.execute(
            """
            insert into raw.discord_interactions
            (interaction_id, discord_id, kind, occurred_at)
            select 987654321, discord_id, 'COMMAND', now() - interval '1 hour'
            from app.players where display_name = %s
            """,
            [NAME],
        )
        # on the pages of challenges the first to reach a tier is named
        connection.execute(
            "update analytics.tier_unlocks set reached_at = '2020-01-01Z' where cluster_id = %s",
            [CLUSTER],
        )
        put_board(connection, "front")
        put_board_run(connection, "front", [(1, CLUSTER, 9), (2, "demo-idle", 8)])
    yield url
    drop_database(server, "what_strangers_learn")


@pytest.fixture(scope="module")
def discord_id(rows: psycopg.Connection) -> str:
    """The Discord account of the player of demo-busy."""
    (found,) = rows.execute(
        "select discord_id from app.players inner join app.wallet_clusters using (player_id)"
        " where cluster_id = %s",
        [CLUSTER],
    ).fetchone()
    return str(found)


@pytest.fixture(scope="module")
def told(rows: psycopg.Connection, discord_id: str) -> Told:
    """The finder of what is the player's alone."""
    return Told(rows, discord_id)


@pytest.mark.ci
def test_others_learn_of_no_route_what_is_the_players_alone(
    site: Site, rows: psycopg.Connection, bot: str, told: Told
) -> None:
    """Without any consent, neither signed in nor not, whatever route or page is asked."""
    consent(rows, name=False, wallets=False)
    other = site.player(a_discord_id())
    asked = questions(site, rows)
    assert len(asked) > 120
    answered, seen = set(), set()
    for question in asked:
        askers = [site.browser()]
        if question.method != "GET":
            # each of them is a new player, because some are deleted
            askers.append(site.program(bot, a_discord_id()))
        elif (question.method, question.route, *question.query) not in seen:
            # once with each query: the explanations of all challenges differ in their facts alone
            askers.append(other)
        seen.add((question.method, question.route, *question.query))
        for asker in askers:
            answer = question.ask(asker)
            assert answer.status_code < 500, (question, answer.text)
            sent = re.findall("0x[0-9a-f]{40}", question.path)
            learned = told.in_(answer, *sent)
            if question.route in DOCUMENT:
                learned -= ON_THE_CHAIN
            assert learned == set(), (question, answer.text)
            if answer.status_code < 400:
                answered.add(question.route)
    # what nobody else may see at all
    refused = {question.route for question in asked if question.method == "GET"} - answered
    assert {route for route in refused if not route.startswith("/admin")} == {
        "/api/me/progress",
        "/auth/discord/callback",
        "/me/verification/{nonce}",
        "/schema/{path}",
    }


def test_the_player_and_admins_see_everything_and_others_what_the_player_shows(
    site: Site, rows: psycopg.Connection, admin: str, bot: str, discord_id: str, told: Told
) -> None:
    """In the explanations, which alone tell of wallets and of Discord."""
    ruler = site.browser()
    ruler.post("/admin/sign-in", data={"token": admin})
    insiders = [
        site.player(discord_id),
        site.program(bot, discord_id),
        site.program(admin),
        ruler,
    ]
    others = [site.browser(), site.player(a_discord_id()), site.program(bot)]
    whole = [{"transaction", "log"}, {"wallet"}, {"Discord"}]

    def read(page: str, clients: list[httpx.Client], expected: list[set[str]]) -> None:
        for challenge, learned in zip(TELLING, expected, strict=True):
            path = f"/clusters/{CLUSTER}/{page}/{challenge}"
            found = [told.in_(one.get(path, headers=HTML)) for one in clients]
            assert found == [learned] * len(clients), path

    consent(rows, name=False, wallets=False)
    read("progress", insiders, whole)
    read("progress", others, [set()] * 3)
    # the page reads the same
    read("challenges", insiders[:1], whole)
    read("challenges", others[:1], [set()] * 3)
    consent(rows, name=False, wallets=True)
    read("progress", others[:2], [*whole[:2], set()])
    read("challenges", others[:1], [*whole[:2], set()])
    # the chart of the page counts what happened on Discord, in the last hour, for the player alone
    private, public = (
        re.search(r"([0-9]+) actions on ([0-9]+) days", client.get(f"/clusters/{CLUSTER}").text)
        for client in (insiders[0], others[1])
    )
    assert int(private[1]) > int(public[1])
    assert int(private[2]) > int(public[2])


def test_a_name_is_where_its_player_shows_it(
    site: Site, rows: psycopg.Connection, told: Told
) -> None:
    """In these places; another place that shows names has to be added here and in the page."""
    consent(rows, name=True, wallets=False)
    stranger = site.browser()
    named = set()
    for question in questions(site, rows):
        if question.method == "GET" or question.route in BODIES:
            learned = told.in_(question.ask(stranger))
            if question.route in DOCUMENT:
                learned -= ON_THE_CHAIN
            assert learned <= {"name"}, question
            if learned:
                named.add(question.route)
    assert named == {
        "/",
        "/boards/{key}",
        "/boards/{key}/entries.csv",
        "/boards/{key}/entries.json",
        "/catalogue/{key}",
        "/clusters",
        "/clusters/search",
        "/clusters/{cluster}",
        "/clusters/{cluster}/challenges/{key}",
        "/compare",
        "/find",
        "/leaderboards/{key}/around",
        "/leaderboards/{key}/latest",
        "/leaderboards/{key}/runs/{run}",
        "/season/{season}",
        "/seasons/{season}/standings",
    }


def test_nobody_is_found_by_a_secret(site: Site, rows: psycopg.Connection, discord_id: str) -> None:
    """By a hidden name, a wallet or a Discord account, in whatever parameter asks for somebody: the
    response is the same as for what nobody has."""
    consent(rows, name=False, wallets=False)
    (wallet,) = rows.execute(
        "select min(address) from app.wallet_links where cluster_id = %s", [CLUSTER]
    ).fetchone()
    secrets = {
        NAME: "Quintina Nonexistent",
        NAME[:5]: "Quint",
        wallet: "0x" + "9" * 40,
        discord_id: "9" * len(discord_id),
    }
    stranger, asked = site.browser(), 0
    for question in questions(site, rows):
        if question.method != "GET":
            continue
        somebody = [name for name in question.query if name in FINDS_SOMEBODY]
        if CLUSTER in question.path or somebody:
            for pair in secrets.items():
                first, second = (
                    told_of(
                        question._replace(
                            path=question.path.replace(CLUSTER, one),
                            query=question.query | dict.fromkeys(somebody, one),
                        ).ask(stranger),
                        one,
                    )
                    for one in pair
                )
                assert first == second, (question, pair)
                asked += 1
    assert asked > 40


def test_the_examples_of_public_operations_name_no_wallet(site: Site) -> None:
    """Those of the OpenAPI document, which are recorded from the demo world."""
    examples = json.loads((PROJECT / "api" / "openapi" / "examples.json").read_text())
    paths = site.litestar.openapi_schema.to_schema()["paths"]
    looked_at = 0
    for name, example in examples.items():
        method, path = name.split(" ")
        if not any(paths[path][method.lower()].get("security") or []):
            looked_at += 1
            text = json.dumps(example)
            assert not re.search(r"(?i)0x[0-9a-f]{40}|logIndex|interactionId", text), name
    assert looked_at > 15


@pytest.mark.ci
def test_no_explanation_of_a_challenge_names_a_wallet(
    site: Site, rows: psycopg.Connection, told: Told
) -> None:
    """Of all challenges, which takes some seconds: each has other facts."""
    consent(rows, name=False, wallets=False)
    stranger, facts = site.browser(), 0
    live = "select key from analytics.challenges where state = 'live'"
    for (key,) in rows.execute(live).fetchall():
        answer = stranger.get(f"/clusters/{CLUSTER}/progress/{key}", params={"limit": 100})
        assert told.in_(answer) == set(), key
        facts += len(answer.json()["facts"])
    assert facts > 100


def test_events_tell_others_nothing_more(rows: psycopg.Connection, told: Told) -> None:
    with rows.transaction(force_rollback=True):
        rows.execute(
            "update analytics.challenge_progress set value = value + 1 where cluster_id = %s",
            [CLUSTER],
        )
        put_unlock(rows, CLUSTER, "loyal_follower", "NEW")
        # as at the end of a transaction
        rows.execute("set constraints all immediate")
        found = rows.execute(
            "select details::text from app.events where cluster_id = %s", [CLUSTER]
        ).fetchall()
    assert len(found) > 10
    for (details,) in found:
        assert told.in_(httpx.Response(200, text=details)) == set(), details
