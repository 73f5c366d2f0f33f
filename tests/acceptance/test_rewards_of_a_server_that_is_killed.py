"""A server that is killed after a claim is committed and before it answers."""

import secrets
from threading import Thread

import httpx
import psutil
import psycopg
import pytest

from tests.acceptance.conftest import Service
from tests.settled_rewards import give, put_season, reach, require_sums, settle


@pytest.mark.ci
def test_a_claim_whose_answer_was_lost_is_claimed_once(
    service: Service, rows: psycopg.Connection
) -> None:
    player = service.with_token(service.service, **{"X-Discord-Id": "100000000000000009"})
    wallet = f"0x{secrets.token_hex(20)}"
    assert player.post("/api/me/wallets", json={"address": wallet}).status_code == 200
    cluster = player.get("/api/me").json()["clusterId"]
    put_season(rows)
    give(rows, "banner", level=1)
    reach(rows, cluster, 1)
    settle(rows, "CLUSTER", [cluster])
    (reward,) = player.get("/api/me/rewards").json()["rewards"]
    path = f"/api/me/rewards/{reward['rewardId']}/claim"

    # the commit itself takes a second, in which the server is killed
    rows.execute(
        """
        create function public.wait_for_rewards() returns trigger language plpgsql as
        'begin perform pg_sleep(1); return null; end';
        create constraint trigger wait_for_rewards after update on app.rewards
        deferrable initially deferred for each row
        execute function public.wait_for_rewards()
        """
    )
    answers: list[object] = []

    def claim() -> None:
        try:
            answers.append(player.post(path).status_code)
        except httpx.HTTPError as error:
            answers.append(type(error))

    asking = Thread(target=claim)
    asking.start()
    sleeping = (
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'hedge-api' and wait_event = 'PgSleep')"
    )
    service.wait_for(lambda: rows.execute(sleeping).fetchone() == (True,))
    for process in psutil.Process(service.server.pid).children(recursive=True):
        process.kill()
    service.server.kill()
    service.server.wait()
    asking.join()
    assert answers
    assert answers[0] != 200
    state = "select state from app.rewards where reward_id = %s"
    number = [reward["rewardId"]]
    service.wait_for(lambda: rows.execute(state, number).fetchone() == ("CLAIMED",))
    rows.execute("drop function public.wait_for_rewards() cascade")

    service.start_server()
    again = player.post(path)
    assert (again.status_code, again.json()["state"]) == (200, "CLAIMED")
    changes = rows.execute(
        "select state from app.reward_changes where reward_id = %s order by change_id", number
    )
    assert changes.fetchall() == [("OPEN",), ("CLAIMED",)]
    told = rows.execute("select count(*) from app.events where event_type = 'reward.claimed'")
    assert told.fetchone() == (1,)
    require_sums(rows)
