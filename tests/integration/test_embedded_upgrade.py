"""The embedded server in its newest version: everything is there, and the old data are kept."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedge import database, embedded_server, embedded_upgrade
from hedge.errors import HedgeError
from tests import Hedge
from tests.support import BUSY, add_cluster, put, pvp_match


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty HEDGE_HOME; its server is stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="hedge-test-"))
    monkeypatch.setenv("HEDGE_HOME", str(folder))
    monkeypatch.delenv("HEDGE_DATABASE_URL", raising=False)
    yield folder
    embedded_server.stop(folder / "postgres")
    shutil.rmtree(folder)


@pytest.mark.ci
def test_data_of_an_older_version_are_upgraded_in_place(
    home: Path, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = embedded_server._versions()
    oldest, newest = min(versions, key=int), max(versions, key=int)
    if oldest == newest:
        pytest.skip("the package of the server has one version")
    with monkeypatch.context() as patch:
        patch.setattr(embedded_server, "newest_programs", lambda: versions[oldest])
        database.migrate()
    contents = (
        "select (select array_agg(t.*::text order by t.*::text) from raw.pvp_matches as t),"
        " (select array_agg(t.*::text order by t.*::text) from app.etl_requests as t),"
        " (select count(*) from app.change_notes), (select last_value from"
        " app.etl_requests_request_id_seq), (select count(*) from pg_trigger"
        " where not tgisinternal)"
    )
    with database.connect() as connection:
        add_cluster(connection, "busy", BUSY)
        put(connection, *(pvp_match() for _ in range(50)))
        assert str(connection.info.server_version).startswith(oldest)
        before = connection.execute(contents).fetchone()
    status, out, err = hedge("db", "upgrade")
    assert (status, err) == (0, "")
    assert f"the data of PostgreSQL {oldest} are kept in {home}/postgres-{oldest}" in out
    with database.connect() as connection:
        assert str(connection.info.server_version).startswith(newest)
        after = connection.execute(contents).fetchone()
    assert after == before
    assert len(before[0]) == 50
    assert (home / f"postgres-{oldest}" / "PG_VERSION").read_text().strip() == oldest
    assert hedge("db", "migrate")[:2] == (0, "nothing to apply\n")
    assert hedge("db", "upgrade")[1] == "the embedded PostgreSQL is of the newest version already\n"


def test_what_cannot_be_upgraded_says_why(
    home: Path, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = home / "postgres"
    told = hedge("db", "upgrade")[2]
    assert told == f"hedge: there is no database in {home}: nothing is to be upgraded\n"
    data.mkdir()
    (data / "PG_VERSION").write_text(f"{min(embedded_server._versions(), key=int)}\n")
    kept = home / f"postgres-{min(embedded_server._versions(), key=int)}"
    kept.mkdir()
    assert f"the folder {kept} of an upgrade before exists" in hedge("db", "upgrade")[2]
    kept.rmdir()
    status, _, err = hedge("db", "upgrade")
    assert status == 1
    # the program that fails is quoted
    assert err.startswith("hedge: the embedded PostgreSQL was not upgraded: pg_controldata: error:")
    assert [one.name for one in home.iterdir() if one.name.startswith(("postgres-", ".up-"))] == []
    assert (data / "PG_VERSION").exists()
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://host/hedge")
    assert hedge("db", "upgrade")[::2] == (
        2,
        "hedge: HEDGE_DATABASE_URL names a server that is not ours to upgrade\n",
    )


def test_of_a_program_that_fails_the_last_lines_are_said() -> None:
    printed = [sys.executable, "-c", "import sys; print(*range(1, 8), sep='\\n'); sys.exit(1)"]
    with pytest.raises(HedgeError, match=r"the embedded PostgreSQL was not upgraded: 4 5 6 7$"):
        embedded_upgrade._run(None, printed)
