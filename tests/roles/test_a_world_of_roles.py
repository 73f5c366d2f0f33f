"""A whole installation with a role for each purpose: what each may do works by the real commands,
and what it may not is refused with one sentence."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from hedge import database, world
from tests import Hedge, other_server
from tests.integration.deploying.test_going_live import add_a_column
from tests.other_server import OLDEST
from tests.roles.conftest import PAST, Command, Serving, public_answers
from tests.support import copy_project

ROLES = ("--migrate", "h_owner", "--run", "h_run", "--serve", "h_serve", "--load", "h_load")
AS_OF = ("--as-of", "2026-11-01")


def past_progress(client: httpx.Client) -> int:
    """The status of the ends of past weeks, which nobody has computed."""
    return client.get(PAST.format(cluster="demo-busy"), params={"ends": "weeks"}).status_code


@pytest.fixture(
    params=[
        pytest.param("PostgreSQL 15", marks=pytest.mark.ci),  # 45 seconds: deploys, and servers
        pytest.param("embedded", marks=pytest.mark.full),
    ]
)
def administered(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database whose owner, no superuser, may create roles. It has a schema
    that the owner made, and everybody may nothing in it."""
    if request.param == "embedded":
        # not in tmp_path, whose folders another session of pytest closes
        home = tempfile.mkdtemp(prefix="hedge-test-")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HEDGE_HOME", home)
            patch.delenv("HEDGE_DATABASE_URL", raising=False)
            try:
                yield _administered(database.start())
            finally:
                patch.delenv("HEDGE_DATABASE_URL", raising=False)
                database.stop()
                shutil.rmtree(home)
        return
    if not (OLDEST / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    with other_server.running(OLDEST) as url:
        yield _administered(url)


def _administered(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create role dba login createrole; alter database hedge owner to dba;"
            "revoke all on database hedge from public; revoke all on schema public from public;"
            "set role dba; create schema raw"
        )
    return as_role(url, "dba")


def as_role(url: str, role: str) -> str:
    """The URL for another role."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{role}@{rest.rpartition('@')[2]}"


def test_each_role_may_do_what_it_is_for_and_nothing_else(
    administered: str,
    hedge: Hedge,
    works: Command,
    is_refused: Command,
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def become(role: str) -> None:
        monkeypatch.setenv("HEDGE_DATABASE_URL", as_role(administered, role))

    def has_its_rights() -> None:
        checks = json.loads(hedge("doctor", "--json")[1])
        assert [one["findings"] for one in checks if one["name"] == "rights"] == [[]]

    # before the tables
    become("dba")
    grant = ("db", "grant", *ROLES, "--read", "h_read")
    assert "h_owner: owns the schema raw" in works(*grant)
    become("h_run")
    assert "the role h_run has to own it" in is_refused("db", "migrate")
    become("h_owner")
    works("db", "migrate")
    works(*grant)
    # Since PostgreSQL 16, whoever may make roles may not give what is the server's.
    lacking = json.loads(works("db", "grant", "--json"))
    assert {one["command"].split()[1] for one in lacking} <= {"pg_read_all_stats"}
    assert not any(one["may"] for one in lacking)
    with psycopg.connect(administered.replace("//dba@", "//postgres@")) as connection:
        for one in lacking:
            connection.execute(one["command"])
    assert json.loads(works("db", "grant", "--json")) == []

    # facts
    become("h_load")
    files = world.write_world(tmp_path, clusters=20, seed=1)
    wallets = str(files.pop("wallets"))
    for table, file in files.items():
        works("load", table, str(file))
    for command in ("db migrate", "db reset --yes", "etl full", "etl deploy", "worker", "serve"):
        assert "h_load" in is_refused(*command.split())
    assert "h_load" in is_refused("wallets", "import", wallets)
    assert "h_load" in is_refused("tokens", "create", "--role", "admin", "--name", "eve")

    # runs and deploys
    become("h_run")
    works("wallets", "import", wallets)
    works("etl", "deploy")
    become("h_load")
    works("load", "heroes", str(files["heroes"]), "--remove", "--forget")
    works("load", "heroes", str(files["heroes"]))
    become("h_run")
    works("catalogue", "install")
    # the season of the catalogue has ended
    works("seasons", "edit", "season_1_awakening", "--to", "2100-01-01")
    works("etl", "full", *AS_OF)
    works("boards", "run", "--due", *AS_OF)
    works("etl", "test")
    works("db", "backup", str(tmp_path / "backup"))
    has_its_rights()
    for command in ("db migrate", "db reset --yes"):
        assert "h_run" in is_refused(*command.split())
    token = works("tokens", "create", "--role", "service", "--name", "bot").split()[-1]

    with serving(as_role(administered, "h_read")) as client:
        before = public_answers(client)
        assert len(before) > 25
        assert {path: status for path, status in before.items() if status != 200} == {}
        assert "hedge_metrics_complete 1.0" in client.get("/metrics").text

        # a deploy that drops and creates what it reads, and back
        project = copy_project(tmp_path / "project", "tests/dbt")
        add_a_column(project)
        monkeypatch.setenv("HEDGE_PROJECT", str(project))
        works("etl", "deploy", "--no-compute")
        assert public_answers(client) == before
        assert "hint" in _columns(as_role(administered, "h_run"))
        works("etl", "undo", "--yes", "--no-compute")
        assert public_answers(client) == before
        assert "hint" not in _columns(as_role(administered, "h_run"))
        has_its_rights()

        answer = client.get(
            "/api/me", headers={"Authorization": f"Bearer {token}", "X-Discord-Id": "5"}
        )
        assert (answer.status_code, answer.json()["detail"]) == (
            503,
            "this service may not do that: its role of the database has no right to",
        )
        assert past_progress(client) == 503
    become("h_read")
    works("explain", "demo-busy", "hero_riser")
    for command in ("etl full", "etl deploy", "worker", "db migrate"):
        is_refused(*command.split())
    is_refused("load", "heroes", str(files["heroes"]))
    with database.connect() as connection:
        for private in (
            "select discord_id from app.players",
            "select row_text from raw.rejected_rows",
            "table raw.heroes",
            "table app.api_tokens",
            "table analytics.cluster_wallets",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(private)

    with serving(as_role(administered, "h_serve")) as client:
        assert public_answers(client) == before
        player = {"Authorization": f"Bearer {token}", "X-Discord-Id": "5"}
        assert client.get("/api/me", headers=player).status_code == 200
        assert past_progress(client) == 202
        linked = client.post("/api/me/wallets", headers=player, json={"address": f"0x{7:040x}"})
        assert linked.status_code == 200, linked.text
        deleted = client.delete("/api/me", headers=player)
        assert deleted.status_code in (200, 204), deleted.text
    become("h_serve")
    for command in ("etl deploy", "worker", "db migrate"):
        assert "h_serve" in is_refused(*command.split())
    become("h_owner")
    works("db", "migrate")
    works("db", "restore", str(tmp_path / "backup"), "--replace", "--yes")
    has_its_rights()
    become("h_run")
    works("etl", "incremental")
    with serving(as_role(administered, "h_read")) as client:
        assert public_answers(client) == before

    # all of it in buckets
    values = works("progress", "demo-busy", "--json")
    for command in ("db buckets 2", "db distribute", "db distribute --undo"):
        assert "h_owner" in is_refused(*command.split())
    become("h_owner")
    works("db", "buckets", "2")
    has_its_rights()
    become("h_load")
    quests = str(files["quest_completions"])
    works("load", "quest_completions", quests, "--remove", "--forget")
    works("load", "quest_completions", quests)
    become("h_run")
    works("etl", "deploy")
    works("etl", "full", "--jobs", "2")
    assert _values(works("progress", "demo-busy", "--json")) == _values(values)
    works("wallets", "link", "carol", f"0x{8:040x}")
    works("etl", "cluster", "carol")
    works("etl", "incremental")
    works("boards", "run", "--due")
    works("db", "backup", str(tmp_path / "backup of buckets"))
    has_its_rights()
    for role in ("h_read", "h_serve"):
        with serving(as_role(administered, role)) as client:
            assert public_answers(client) == before
    become("h_owner")
    works("db", "restore", str(tmp_path / "backup of buckets"), "--replace", "--yes")
    has_its_rights()
    become("h_run")
    works("etl", "full", "--jobs", "2")
    assert _values(works("progress", "demo-busy", "--json")) == _values(values)
    become("h_owner")
    works("db", "buckets", "1")
    has_its_rights()
    become("h_run")
    works("etl", "full")
    assert _values(works("progress", "demo-busy", "--json")) == _values(values)
    become("h_owner")
    works("db", "reset", "--yes")
    has_its_rights()


def _values(progress: str) -> dict[str, str]:
    """The value of each challenge, of what `hedge progress --json` says; but not days, which pass
    from one run to the next."""
    return {
        one["challenge_key"]: one["value"] for one in json.loads(progress) if one["unit"] != "days"
    }


def _columns(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("select * from analytics.challenges limit 0").description
    assert found is not None
    return [column.name for column in found]
