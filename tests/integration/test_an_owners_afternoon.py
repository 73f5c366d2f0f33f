"""An owner's afternoon, by the commands and the API alone: a draft challenge and a draft season are
checked and go live, somebody is excluded, the season is closed, and rewards are handed out."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hedge import tokens
from tests import Hedge
from tests.in_process import Site, open_site
from tests.in_process.players import a_discord_id, a_wallet, link
from tests.stand_in_discord import StandInDiscord
from tests.support import DAY, copy_project, hunt, put

REWARDS = """\
reward_key,name,quantity,kind,level,leaderboard_key,rank_from,rank_to,valid_until
banner,Banner of the winter,1,LEVEL,2,,,,
crown,Crown of the winter,1,RANK,,,1,1,
"""


@pytest.fixture
def site(connection: psycopg.Connection) -> Iterator[Site]:
    """The service, over the database of the test."""
    discord = StandInDiscord()
    with open_site(discord) as site:
        yield site
    discord.stop()


@pytest.mark.ci
def test_an_afternoon_of_an_owner(
    connection: psycopg.Connection,
    site: Site,
    hedge: Hedge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = copy_project(tmp_path / "project")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    seed = project / "seeds" / "challenges.csv"

    def told(*arguments: str) -> str:
        capsys.readouterr()  # what the service has logged meanwhile
        status, output, error = hedge(*arguments)
        assert status == 0, (arguments, output, error)
        return output

    def read(*arguments: str) -> Any:
        return json.loads(told(*arguments, "--json"))

    def refused(*arguments: str) -> str:
        status, output, error = hedge(*arguments)
        assert status != 0, output
        return error

    def challenge_is(old: str, new: str) -> None:
        text = seed.read_text()
        assert f"onchain_hunting,wins,{old}," in text
        seed.write_text(text.replace(f"hunting,wins,{old},", f"hunting,wins,{new},"))

    stranger = site.browser()
    bot = tokens.create(connection, "service", "a bot")[1]
    players, clusters, wallets = [], [], []
    for _ in range(3):
        wallets.append(a_wallet())
        players.append(site.program(bot, a_discord_id()))
        clusters.append(link(players[-1], wallets[-1]))
    ada, _, cheat = players
    busy, rival, cheating = clusters
    now: datetime = connection.execute("select now()").fetchone()[0]
    for wallet, wins in zip(wallets, (8, 4, 12), strict=True):
        put(connection, *(hunt(wallet, at=now - 10 * DAY) for _ in range(wins)))

    # a draft challenge is checked, and goes live by a deploy
    challenge_is("live", "draft")
    told("etl", "deploy", "--yes")
    assert stranger.get("/challenges/hunters_triumph").status_code == 404
    told("etl", "full")
    begin = datetime.now(now.tzinfo)
    challenge_is("draft", "live")
    calibrated = read("tiers", "calibrate", "hunters_triumph", "--edited")
    assert calibrated["ladder"]["challenge_key"] == "hunters_triumph"
    told("etl", "deploy", "--yes")
    assert stranger.get("/challenges/hunters_triumph").status_code == 200

    # a draft season says what is missing until nothing is
    span = ["--from", (now - 20 * DAY).isoformat(), "--to", (now + DAY).isoformat()]
    told("seasons", "add", "winter", *span, "--active", "--state", "draft")
    error = refused("seasons", "edit", "winter", "--state", "live")
    assert "season winter does not go live: no weight of a challenge" in error
    for name, text in (
        ("weights", "challenge_key,weight\nhunters_triumph,20\n"),
        ("rewards", REWARDS),
    ):
        (tmp_path / name).write_text(text)
    told("seasons", "weights", "winter", str(tmp_path / "weights"))
    told("rewards", "define", "winter", str(tmp_path / "rewards"))
    told("etl", "incremental")
    checked = read("seasons", "check", "winter")
    assert (checked["population"], checked["missing"]) == (3, [])
    reached = {one["reward_key"]: one["clusters"] for one in checked["rewards"]}
    assert reached == {"banner": 3, "crown": 1}
    assert "Nothing is missing" in told("seasons", "check", "winter")
    assert ada.get("/api/me/rewards").json()["rewards"] == []
    for path in ("/seasons/winter", "/season/winter", "/season/winter/preview.png"):
        assert stranger.get(path).status_code == 404
    told("seasons", "edit", "winter", "--state", "live")
    assert stranger.get("/seasons/winter").json()["isCurrent"]
    told("etl", "incremental")
    assert [one["rewardKey"] for one in cheat.get("/api/me/rewards").json()["rewards"]] == [
        "banner"
    ]

    # an exclusion, who moves is known before; it takes back, and the next of the standings moves up
    wanted = ("--cluster", cheating, "--season", "winter", "--reason", "arranged matches")
    moves = json.loads(told("exclusions", "preview", *wanted, "--json"))
    assert {one["cluster_id"] for one in moves["points"]} == {cheating}
    assert [one["cluster_id"] for one in moves["rewards"]] == [cheating]
    (kept,) = cheat.get("/api/me/rewards").json()["rewards"]
    assert kept["state"] != "TAKEN_BACK"
    told("exclusions", "add", *wanted)
    told("etl", "incremental")
    (taken,) = cheat.get("/api/me/rewards").json()["rewards"]
    assert taken["state"] == "TAKEN_BACK"
    standings = stranger.get("/seasons/winter/standings").json()["entries"]
    assert [one["clusterId"] for one in standings] == [busy, rival]

    # the season is closed, and its standings are final
    told("seasons", "edit", "winter", "--to", (now - 8 * DAY).isoformat())
    assert "its standings are final" in told("seasons", "run", "--due")
    assert "its standings are final" in refused(
        "seasons", "edit", "winter", "--to", (now + DAY).isoformat()
    )
    final = refused("seasons", "run", "winter")
    assert re.search(r"season winter is final: run \d+ froze its standings as of 20", final)
    frozen = connection.execute(
        "select cluster_id, rank, score from app.final_entries order by rank"
    ).fetchall()
    assert frozen == [(busy, 1, 160), (rival, 2, 80)]

    # rewards are claimed, handed out and refused
    listed = ada.get("/api/me/rewards").json()["rewards"]
    mine = {one["rewardKey"]: one["rewardId"] for one in listed}
    assert mine.keys() == {"banner", "crown"}
    for number in mine.values():
        assert ada.post(f"/api/me/rewards/{number}/claim").json()["state"] == "CLAIMED"
    told("rewards", "fulfil", str(mine["crown"]), "--note", "sent")
    service = site.program(bot)
    path = f"/admin/rewards/{mine['banner']}/refuse"
    assert service.post(path, json={"note": "out of cloth"}).json()["state"] == "REFUSED"
    (sums,) = read("rewards", "sums")
    assert sums == {
        "season_id": "winter",
        **{"entitled": 4, "open": 1, "claimed": 0, "fulfilled": 1},
        **{"refused": 1, "lapsed": 0, "taken_back": 1},
    }

    # what was said before the challenge was live, and what is said now
    end = datetime.now(now.tzinfo) + timedelta(seconds=1)
    found = read(
        *("explain", busy, "hunters_triumph", "--between", begin.isoformat(), end.isoformat())
    )
    assert (float(found["before"]["value"]), float(found["after"]["value"])) == (0, 8)
    assert sum(float(part["amount"]) for part in found["parts"]) == 8

    # and who did what
    changes = read("audit", "winter")
    assert [(one["kind"], one["operation"]) for one in reversed(changes)] == [
        ("season", "added"),
        ("weight", "added"),
        ("reward", "added"),
        ("reward", "added"),
        ("season", "changed"),
        ("season", "changed"),
    ]
    assert changes[1]["new_values"] == {"state": "live"}
    states = [one["new_values"]["state"] for one in read("audit", "hunters_triumph")]
    assert states == ["live", "draft"]
