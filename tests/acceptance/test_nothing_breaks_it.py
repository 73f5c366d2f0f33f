"""Schemathesis calls every documented operation with whatever its schema allows, and more."""

import re
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hedge import boards, catalogue, database, runs, seasons, wallets
from tests.acceptance.conftest import Service
from tests.support import put, pvp_match

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("nothing_breaks_it")


#: No server error, and no answer that the document does not tell of.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)


@pytest.fixture(scope="module")
def known(service: Service, template: str) -> dict[str, str]:
    """Parameters that name what there is: a board that was run, a season, a cluster."""
    wallet = f"0x{secrets.token_hex(20)}"
    with database.connect() as connection:
        put(connection, *(pvp_match(wallet, at=datetime.now(UTC)) for _ in range(5)))
        wallets.link(connection, "somebody", [wallet])
        catalogue.install(connection)
        for season in seasons.all_seasons(connection):
            seasons.edit(connection, season.id, is_active=False)
        begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
        seasons.add(connection, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        weights = [{"challenge_key": "arena_victor", "weight": "1"}]
        seasons.put_weights(connection, "spring", weights)
    runs.full()
    (board,) = boards.run(["lb_pvp_monthly_wins"], mode="CURRENT")
    return {
        "key": board.leaderboard_key,
        "run": str(board.id),
        "cluster": "somebody",
        "season": "spring",
        "challenge": "arena_victor",
    }


@pytest.mark.parametrize("who", ["nobody", "reader", "admin", "player"])
def test_every_answer_is_a_documented_one(
    service: Service, who: str, tmp_path: Path, known: dict[str, str]
) -> None:
    headers = {
        "nobody": [],
        "reader": [],
        "admin": [f"Authorization: Bearer {service.admin}"],
        "player": [f"Authorization: Bearer {service.service}", "X-Discord-Id: 4711"],
    }[who]
    if who == "reader":
        (tmp_path / "schemathesis.toml").write_text(
            "[parameters]\n"
            + "".join(f"{name} = {value!r}\n" for name, value in known.items())
            + f"clusterId = {known['cluster']!r}\n"
        )
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "run"),
            f"{service.url}/schema/openapi.json",
            *("--checks", CHECKS, "--max-examples", "8", "--no-color"),
            *("--generation-database", "none", "--report-dir", tmp_path),
            *(part for header in headers for part in ("-H", header)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, _failures(done.stdout)
    if who == "reader":
        assert "Missing test data" not in done.stdout, done.stdout[-3000:]
    (tested,) = re.findall(r"Tested: (\d+)", done.stdout)
    assert int(tested) > 35


def _failures(report: str) -> str:
    """The part of a report that tells what failed, without the warnings after it."""
    return report.partition("FAILURES")[2].partition("WARNINGS")[0] or report[-3000:]
