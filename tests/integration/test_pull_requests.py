"""hedge ci from outside: on a repository of git with an edit, and on a copy of a database."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from hedge import database
from tests import PROJECT, Hedge
from tests.integration.preview import checksums, double_the_wins, leftovers
from tests.support import DATA_TESTS, copy_project


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the project as it is, and with the project in which wins count double,
    which is the current commit."""
    folder = copy_project(tmp_path / "game", DATA_TESTS)

    def git(*arguments: str) -> None:
        person = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
        subprocess.run(["git", "-C", str(folder), *person, *arguments], check=True)

    git("init", "--quiet", "--initial-branch", "main")
    for message in ("as it was", "wins count double"):
        git("add", "--all")
        git("commit", "--quiet", "--message", message)
        if message == "as it was":
            double_the_wins(folder)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files, whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.full  # a server is created, and a world is computed in it
def test_an_edit_in_git_is_reviewed_in_a_server_of_its_own(
    hedge: Hedge,
    repository: Path,
    temporary: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The database that commands use here cannot be reached, and need not be.
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    text = tmp_path / "review.md"
    status, out, err = hedge(
        *("ci", "--clusters", "60", "--fail-if", "unlocks_won > 3"),
        *("--fail-if", "tiers_lost > 0", "--markdown", str(text), "--json"),
    )
    assert (status, out != "") == (1, True), err
    found = json.loads(out)
    # The unit tests of the model state the values before.
    assert "models/metrics/onchain_pvp.yml: the unit test" in found["refused"][0]
    assert err.strip() == (
        "hedge: a deploy would refuse the head; the preview fails: unlocks_won > 3"
    )
    assert found["preview"]["changed"] == ["onchain_pvp"]
    victor = next(
        one for one in found["preview"]["challenges"] if one["challenge"] == "Arena Victor"
    )
    assert victor["movers"][0]["value_after"] == 2 * victor["movers"][0]["value_before"] > 0
    mover = victor["movers"][0]
    row = f"| {mover['cluster_id']} | {mover['value_before']} | "
    assert row in text.read_text()
    assert list(temporary.iterdir()) == []
    assert [
        one.pid for one in psutil.process_iter(["cmdline"]) if str(temporary) in str(one.info)
    ] == []


@pytest.mark.full  # two commits are parsed, and one of them is deployed and computed
def test_a_copy_gets_the_base_and_not_the_head(
    hedge: Hedge,
    repository: Path,
    demo_world_template: str,
    own_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = own_database(demo_world_template)
    assert hedge("ci", "--url", url)[0] == 2
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with psycopg.connect(url, autocommit=True) as connection:
        before = checksums(connection)
        # The base is live there and computed: nothing is deployed.
        for base in (("--base", "HEAD~"), ("--base-project", str(PROJECT))):
            status, out, err = hedge("ci", "--url", url, *base, "--json")
            found = json.loads(out)
            assert (status, found["preview"]["changed"]) == (1, ["onchain_pvp"]), err
            assert found["preview"]["totals"]["values_changed"] > 100
            assert checksums(connection) == before
        # Another base is deployed and computed, and then nothing differs from the same commit.
        status, out, err = hedge("ci", "--url", url, "--base", "HEAD", "--json")
        assert (status, json.loads(out)["compared_on"]) == (0, None)
        double_the_wins_again(repository)
        status, out, err = hedge("ci", "--url", url, "--base", "HEAD", "--json")
        found = json.loads(out)
        assert (found["preview"]["changed"], status) == (["onchain_pvp"], 1)
        runs = connection.execute(
            "select kind, state, note is null from app.etl_runs order by run_id desc limit 2"
        ).fetchall()
        assert runs == [("FULL", "SUCCESS", True), ("DEPLOY", "SUCCESS", False)]
        assert leftovers(connection) == []
    assert database.settings.external_database_url() == "postgresql://nobody@127.0.0.1:1/none"


def double_the_wins_again(project: Path) -> None:
    """Let wins count three times, which is not committed."""
    model = project / "models" / "metrics" / "onchain_pvp.sql"
    model.write_text(model.read_text().replace("2 * sum(wins)", "3 * sum(wins)"))
