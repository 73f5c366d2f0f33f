"""Everybody may ask what makes the difference between what was said at two instants; wallets,
exclusions and what happened on Discord stay with the player."""

import json
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.players import refusal
from tests.in_process.rows import AS_OF, put, put_metrics, put_progress
from tests.support import add_cluster, discord_interaction, hunt, pvp_match
from tests.support import put as put_facts

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_was_said")

PLAYER = "100000000000000079"
WALLET, SECOND = "0x" + "a7" * 20, "0x" + "a8" * 20
DAY = timedelta(days=1)
SINCE, UNTIL = AS_OF - 2 * DAY, AS_OF


@pytest.fixture(scope="module", autouse=True)
def story(rows: psycopg.Connection) -> None:
    """A player with one win and one command before an instant, and more after it, of which one was
    by a wallet that was linked in between."""
    add_cluster(rows, "busy", WALLET, SECOND, discord_id=PLAYER)
    rows.execute("update app.wallet_links set linked_at = %s", [AS_OF - 9 * DAY])
    rows.execute(
        "update app.wallet_links set linked_at = %s where address = %s", [AS_OF - DAY, SECOND]
    )
    for wallet, days in ((WALLET, 5), (SECOND, 4), (WALLET, 1)):
        put_facts(rows, pvp_match(wallet, at=AS_OF - days * DAY, match_id=f"{days} days ago"))
    rows.execute("update raw.pvp_matches set loaded_at = matched_at")
    for days in (5, 1.8):
        put_facts(rows, discord_interaction(PLAYER, at=AS_OF - days * DAY))
    put_facts(rows, *(hunt(WALLET, at=AS_OF - 5 * DAY, hunt_id=number) for number in (1, 2)))
    rows.execute("update raw.hunting_encounters set loaded_at = encountered_at")
    rows.execute(
        "insert into app.exclusions"
        " (raw_table, fact, reason, starts_at, created_at, created_by) values"
        " ('hunting_encounters', %s, 'a server fault', %s, %s, 'ada')",
        [json.dumps({"chain_id": 53935, "hunt_id": 1}), *[AS_OF - DAY] * 2],
    )
    put_metrics(rows, "busy", {"onchain_pvp": {"wins": 3}}, "all_time")
    said = {"arena_victor": (1, 3), "kingdom_calls": (2, 4), "hunters_triumph": (2, 1)}
    for challenge, values in said.items():
        put_progress(rows, "busy", challenge, values[1])
        rows.execute("delete from analytics.progress_history where challenge_key = %s", [challenge])
        for value, at, rules in zip(values, (SINCE, UNTIL), ("old", "new"), strict=True):
            put(
                rows,
                "analytics.progress_history",
                cluster_id="busy",
                challenge_key=challenge,
                as_of=at,
                value=value,
                tier="NONE",
                definitions=rules,
            )


def ask(client: httpx.Client, challenge: str, **parameters: Any) -> dict[str, Any]:
    ends = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    answer = client.get(f"/clusters/busy/progress/{challenge}/difference", params=ends | parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_parts_are_the_difference_and_wallets_are_the_players(site: Site) -> None:
    found = ask(site.browser(), "arena_victor")
    assert (found["before"]["value"], found["after"]["value"], found["difference"]) == (1, 3, 2)
    assert {one["cause"]: one["amount"] for one in found["parts"]} == {
        "facts": 1,
        "links": 1,
        "late": 0,
        "exclusions": 0,
        "rules": 0,
        "rest": 0,
    }
    assert (found["isSum"], found["isComplete"], found["rulesChanged"]) == (True, True, True)
    assert {one["naturalKey"]["matchId"]: one["cause"] for one in found["facts"]} == {
        "1 days ago": "facts",
        "4 days ago": "links",
    }
    assert found["links"] == []
    (link,) = ask(site.player(PLAYER), "arena_victor")["links"]
    assert (link["change"], link["address"]) == ("linked", SECOND)


def test_what_happened_on_discord_is_not_listed_for_strangers(site: Site) -> None:
    stranger, own = ask(site.browser(), "kingdom_calls"), ask(site.player(PLAYER), "kingdom_calls")
    assert [len(found["facts"]) for found in (stranger, own)] == [2, 3]
    assert [found["isComplete"] for found in (stranger, own)] == [False, True]
    assert "DISCORD" not in str(stranger["facts"])
    assert stranger["parts"] == own["parts"]


def test_exclusions_are_the_players_and_in_the_rest_of_strangers(site: Site) -> None:
    stranger = ask(site.browser(), "hunters_triumph")
    own = ask(site.player(PLAYER), "hunters_triumph")
    said = {one["cause"]: one["amount"] for one in own["parts"] if one["amount"]}
    assert said == {"exclusions": -1}
    (excluded,) = own["exclusions"]
    assert (excluded["change"], excluded["reason"]) == ("begun", "a server fault")
    assert excluded["subject"] == "hunting_encounters hunt_id 1, chain_id 53935"
    assert {one["cause"]: one["amount"] for one in stranger["parts"] if one["amount"]} == {
        "rest": -1
    }
    assert stranger["exclusions"] is None
    assert stranger["facts"] == []

    path = "/clusters/busy/challenges/hunters_triumph/difference"
    ends = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    texts = [
        client.get(path, params=ends, headers=HTML).text
        for client in (site.browser(), site.player(PLAYER))
    ]
    assert ["a server fault" in text for text in texts] == [False, True]
    assert "or from what only the player may know" in texts[0]


def test_before_the_first_change_the_value_was_zero(site: Site) -> None:
    early = (AS_OF - 30 * DAY).isoformat()
    found = ask(site.browser(), "arena_victor", since=early)
    assert (found["before"]["value"], found["before"]["asOf"]) == (0, None)
    assert sum(one["amount"] for one in found["parts"]) == found["difference"] == 3
    assert found["rulesChanged"] is None


def test_what_cannot_be_asked_is_refused(site: Site) -> None:
    path, ends = "/clusters/busy/progress/arena_victor/difference", {"until": "2026-06-01"}
    browser = site.browser()
    assert refusal(browser.get(path, params=ends | {"since": "2026-06-01"})) == (
        400,
        "2026-06-01 00:00:00 is not before 2026-06-01 00:00:00",
    )
    assert browser.get(path, params=ends | {"since": "yesterday"}).status_code == 400
    for future in ({"until": "2999-01-01"}, {"since": "2999-01-01", "until": "2999-02-01"}):
        assert refusal(browser.get(path, params={"since": "2026-05-01"} | future)) == (
            400,
            "2999-01-01 00:00:00 lies in the future: nothing has been said of a value then",
        )
    ends["since"] = "2026-05-01"
    assert browser.get(path.replace("busy", "nobody"), params=ends).status_code == 404
    assert browser.get(path.replace("arena_victor", "nothing"), params=ends).status_code == 404


def test_the_page_says_it_in_words(site: Site) -> None:
    path = "/clusters/busy/challenges/arena_victor/difference"
    ends = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}
    answer = site.browser().get(path, params=ends, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert "facts of wallets that were linked or unlinked in between" in answer.text
    assert "The deployed rules have changed in between" in answer.text
    assert SECOND not in answer.text


def test_the_page_takes_30_days_where_the_earlier_instant_is_not_given(site: Site) -> None:
    path = "/clusters/busy/challenges/arena_victor/difference"
    browser = site.browser()
    assert browser.get(path, headers=HTML).status_code == 200
    answer = browser.get(path, params={"until": "2020-03-01"}, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert 'value="2020-01-31T00:00"' in answer.text
    for early in ("0001-01-02", "0001-01-31"):
        assert browser.get(path, params={"until": early}, headers=HTML).status_code == 200
    for other in ("0001-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"):
        assert browser.get(path, params={"until": other}, headers=HTML).status_code == 400
    refused = browser.get(path, params={"since": "2999-01-01"}, headers=HTML)
    assert refused.status_code == 400
    assert "2999-01-01 00:00:00 lies in the future" in refused.text
