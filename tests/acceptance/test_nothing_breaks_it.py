"""Schemathesis calls every documented operation with whatever its schema allows, and more.

The first tier of tests sends few requests, always the same; the others send many, different ones
each time. HEDGE_TEST_SEED repeats what failed.
"""

import os
import random
import re
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hedge import database, seasons
from hedge.queries import query
from tests.acceptance.conftest import Service
from tests.in_process.rows import (
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
)
from tests.support import add_cluster

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("nothing_breaks_it")


#: No server error, and no answer that the document does not tell of.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)

EVERYBODY = ("nobody", "reader", "admin", "player")


@pytest.fixture
def known(service: Service) -> dict[str, str]:
    """Parameters that name what there is: a board that was run, a season, a cluster.

    They are made anew for each test, because an admin's requests end seasons and edit boards.
    """
    with database.connect() as rows:
        rows.execute("truncate app.seasons, app.leaderboard_defs cascade")
        rows.execute(
            "truncate analytics.challenge_progress, analytics.cluster_metrics,"
            " analytics.season_progress, analytics.leaderboard_entries"
        )
        if rows.execute(query("unknown_clusters"), {"clusters": ["somebody"]}).fetchone():
            add_cluster(rows, "somebody", f"0x{secrets.token_hex(20)}")
        begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
        seasons.add(rows, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        seasons.put_weights(rows, "spring", [{"challenge_key": "arena_victor", "weight": "1"}])
        put_progress(rows, "somebody", "arena_victor", 5)
        put_metrics(rows, "somebody", {"onchain_pvp": {"wins": 5}})
        put_points(rows, "spring", "somebody", 5, 1)
        put_board(rows, "wins")
        run = put_board_run(rows, "wins", [(1, "somebody", 5)])
    return {
        "key": "wins",
        "run": str(run),
        "cluster": "somebody",
        "season": "spring",
        "challenge": "arena_victor",
    }


@pytest.mark.ci
def test_every_answer_is_a_documented_one(
    service: Service, tmp_path: Path, known: dict[str, str]
) -> None:
    call_every_operation(service, "reading admin", tmp_path, known, examples=2, seed=19)


@pytest.mark.parametrize(
    ("who", "examples"),
    [
        pytest.param("reader", 10, marks=pytest.mark.ci),
        *(pytest.param(who, 40, marks=pytest.mark.full) for who in EVERYBODY),
    ],
)
def test_every_answer_to_many_requests_is_a_documented_one(
    service: Service, who: str, examples: int, tmp_path: Path, known: dict[str, str]
) -> None:
    seed = int(os.environ.get("HEDGE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    call_every_operation(service, who, tmp_path, known, examples=examples, seed=seed)


def call_every_operation(
    service: Service, who: str, tmp_path: Path, known: dict[str, str], *, examples: int, seed: int
) -> None:
    """Let schemathesis call every operation as somebody; the failure names the seed."""
    headers = {
        "nobody": [],
        "reader": [],
        "admin": [f"Authorization: Bearer {service.admin}"],
        "reading admin": [f"Authorization: Bearer {service.admin}"],
        "player": [f"Authorization: Bearer {service.service}", "X-Discord-Id: 4711"],
    }[who]
    if who.startswith("read"):
        (tmp_path / "schemathesis.toml").write_text(
            "[parameters]\n"
            + "".join(f"{name} = {value!r}\n" for name, value in known.items())
            + f"clusterId = {known['cluster']!r}\n"
            + "[[operations]]\ninclude-path = '/challenges/{key}'\n"
            + f"parameters = {{ key = {known['challenge']!r} }}\n"
        )
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "run"),
            f"{service.url}/schema/openapi.json",
            *("--checks", CHECKS, "--max-examples", str(examples), "--no-color"),
            *("--seed", str(seed)),
            # who knows a cluster gets a stream that does not end (in_process/test_events.py)
            *(("--exclude-path", "/events") if who.startswith("read") else ()),
            *("--generation-database", "none", "--report-dir", tmp_path),
            *(part for header in headers for part in ("-H", header)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"HEDGE_TEST_SEED={seed}\n{_failures(done.stdout)}"
    if who == "reader":
        assert "Missing test data" not in done.stdout, done.stdout[-3000:]
    (tested,) = re.findall(r"Tested: (\d+)", done.stdout)
    assert int(tested) > 35


def _failures(report: str) -> str:
    """The part of a report that tells what failed, without the warnings after it."""
    return report.partition("FAILURES")[2].partition("WARNINGS")[0] or report[-3000:]
