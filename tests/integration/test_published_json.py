"""Published JSON: the shapes of what the API answers and of what `--json` prints.

The shapes are recorded in tests/published. A key that is added, removed, renamed or has another
type fails here. Where a change is meant, record the shapes anew, review the difference and say
so in CHANGELOG.md:

    HEDGE_RECORD_PUBLISHED=1 .venv/bin/python -m pytest tests/integration/test_published_json.py
"""

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
import typer
from litestar.testing import TestClient

from api.app import create_app
from cli.main import app, main
from hedge import database, tokens

PROJECT = Path(__file__).resolve().parents[2]
RECORDED = PROJECT / "tests" / "published"
#: Operations that need a browser, a wallet's signature, or have no body to answer.
NOT_CALLED = {
    "GET /auth/discord",
    "GET /auth/discord/callback",
    "POST /auth/sign-out",
    "POST /api/me/wallets/{address}/verify",
    "POST /admin/etl/requests/{number}/retry",
    "DELETE /api/me",
}
#: Objects whose keys are data: columns of a natural key, what a board's payload says.
OPEN = {"natural_key", "naturalKey"}
WALLET = "0x" + "c0ffee" * 6 + "c0ff"


def shape(value: Any, name: str = "") -> Any:
    """The names and JSON types of a value; of an array, what all of its elements have."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            shapes: Any = "nothing"
            for element in value:
                shapes = merged(shapes, shape(element))
            return [shapes]
        case dict():
            if name in OPEN:
                return "object with other keys"
            return {key: shape(value[key], key) for key in sorted(value)}
    raise AssertionError(value)


def merged(one: Any, other: Any) -> Any:
    """The shape that covers two shapes."""
    if one == "nothing" or one == other:
        return other
    if other == "nothing":
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: merged(one[key], other[key])
            if key in one and key in other
            else ["absent or", one.get(key, other.get(key))]
            for key in sorted({*one, *other})
        }
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if isinstance(one, str) and isinstance(other, str):
        return "|".join(sorted({*one.split("|"), *other.split("|")}))
    return {"either": sorted([one, other], key=str)}


def require_recorded(name: str, found: dict[str, Any]) -> None:
    """Compare shapes with the recorded ones, or record them where that is asked for."""
    file = RECORDED / f"{name}.json"
    if os.environ.get("HEDGE_RECORD_PUBLISHED"):
        file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    recorded = json.loads(file.read_text())
    assert set(found) == set(recorded), "see the first lines of this file"
    for key, value in recorded.items():
        assert found[key] == value, f"{key}: see the first lines of this file"


# -- the command line ----------------------------------------------------------------------


def json_commands(command: click.Command, path: tuple[str, ...] = ()) -> set[str]:
    """The commands that have --json."""
    below = getattr(command, "commands", None)
    if below is not None:
        return {
            found for name, child in below.items() for found in json_commands(child, (*path, name))
        }
    options = {option for parameter in command.params for option in parameter.opts}
    return {" ".join(path)} if "--json" in options else set()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project in which one threshold is edited."""
    folder = tmp_path / "project"
    for part in ("models", "macros", "seeds"):
        shutil.copytree(PROJECT / part, folder / part)
    for file in ("dbt_project.yml", "profiles.example.yml"):
        shutil.copyfile(PROJECT / file, folder / file)
    seed = folder / "seeds" / "challenge_tiers.csv"
    text = seed.read_text()
    assert text.count("hero_riser,COMMON,Common,100,") == 1
    seed.write_text(text.replace("hero_riser,COMMON,Common,100,", "hero_riser,COMMON,Common,120,"))
    return folder


@pytest.fixture
def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Calls a command with --json and returns what it printed."""

    def call(*arguments: object) -> Any:
        monkeypatch.setattr(sys, "argv", ["hedge", *map(str, arguments), "--json"])
        with contextlib.suppress(SystemExit):
            main()
        captured = capsys.readouterr()
        assert captured.out, captured.err
        return json.loads(captured.out)

    return call


def test_what_commands_print_as_json_keeps_its_shape(
    demo_world: psycopg.Connection,
    printed: Callable[..., Any],
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quests, wallets, weights = (
        tmp_path / f"{name}.csv" for name in ("quests", "wallets", "weights")
    )
    quests.write_text(
        "chain_id,quest_id,wallet_address,quest_instance_id,status,completed_at\n"
        f"53935,990001,{WALLET},2,2,2026-10-01T00:00:00Z\n"
        f"53935,990002,{WALLET},2,2,yesterday\n"
    )
    wallets.write_text(f"cluster_id,address\npinned,{WALLET}\npinned,0x12\n")
    weights.write_text("challenge_key,weight\nhero_riser,2\n")
    board = ("--metric", "onchain_pvp.wins", "--window", "MONTHLY", "--category", "pvp_competition")
    season = ("--from", "2026-10-01", "--to", "2026-10-20")
    calls: list[tuple[str, tuple[object, ...]]] = [
        ("demo", ()),
        ("db status", ()),
        ("catalogue install", ()),
        ("wallets import", (wallets,)),
        ("wallets unlink", (WALLET,)),
        ("wallets link", ("pinned", WALLET)),
        ("load", ("quest_completions", quests)),
        ("etl deploy", ()),
        ("etl cluster", ("demo-busy",)),
        ("etl incremental", ()),
        ("etl full", ()),
        ("etl status", ()),
        ("etl prune", ()),
        ("progress", ("demo-busy",)),
        ("explain", ("demo-busy", "win_streak")),
        ("explain", ("demo-busy", "hero_riser", "--sql")),
        ("boards add", ("pinned", *board)),
        ("boards edit", ("pinned", "--max-entries", 50)),
        ("boards run", ("pinned", "--from", "2026-10-01", "--to", "2026-11-01")),
        ("boards run", ("lb_hero_levels",)),
        ("boards show", ("pinned",)),
        ("boards list", ()),
        ("boards prune", ("--keep", 1)),
        ("seasons add", ("pinned", *season)),
        ("seasons edit", ("pinned", "--name", "Pinned")),
        ("seasons weights", ("pinned", weights)),
        ("seasons weights", ("pinned",)),
        ("seasons run", ("pinned",)),
        ("seasons show", ("pinned",)),
        ("seasons show", ("pinned", "--cluster", "demo-busy")),
        ("seasons list", ()),
        ("tiers calibrate", ("arena_victor",)),
        ("tiers calibrate", ("arena_victor", "--thresholds", "1,2,3,4")),
        ("tokens create", ("--role", "admin", "--name", "pinned")),
        ("tokens list", ()),
        ("tokens revoke", ("1",)),
    ]
    assert printed("etl", "deploy")
    found: dict[str, Any] = {}
    for name, arguments in calls:
        value = shape(printed(*name.split(), *arguments))
        found[name] = merged(found[name], value) if name in found else value
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    found["preview"] = shape(printed("preview"))
    found["new metric-source"] = shape(
        printed("new", "metric-source", "pinned_quests", "--table", "quest_completions")
    )
    assert set(found) == json_commands(typer.main.get_command(app))
    require_recorded("commands", found)


# -- the API -------------------------------------------------------------------------------


def expanded(document: dict[str, Any], schema: Any, inside: tuple[str, ...] = ()) -> Any:
    """A schema of an OpenAPI document with references in place and without prose."""
    if isinstance(schema, list):
        return [expanded(document, one, inside) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in inside:
            return "itself"
        return expanded(document, document["components"]["schemas"][name], (*inside, name))
    prose = {"description", "title", "examples", "summary"}
    kept = {
        key: {name: expanded(document, one, inside) for name, one in value.items()}
        if key == "properties"
        else expanded(document, value, inside)
        for key, value in schema.items()
        if key not in prose
    }
    for key in ("required", "oneOf", "enum"):
        if isinstance(kept.get(key), list):
            kept[key] = sorted(kept[key], key=str)
    return kept


def operations(document: dict[str, Any]) -> dict[str, Any]:
    """What each operation takes and answers, by method and path."""
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            found[f"{method.upper()} {path}"] = {
                "parameters": {
                    f"{one['in']} {one['name']}": {
                        "required": one.get("required", False),
                        "schema": expanded(document, one.get("schema")),
                    }
                    for one in operation.get("parameters", [])
                },
                "body": expanded(document, operation.get("requestBody")),
                "answers": {
                    # every error answers a problem, whose shape is among the answers
                    status: "problem"
                    if "application/problem+json" in (answer.get("content") or {})
                    else expanded(document, answer.get("content"))
                    for status, answer in operation["responses"].items()
                },
            }
    return found


@pytest.fixture
def client(demo_world: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The service in this process, over the demo world."""
    monkeypatch.setenv("HEDGE_SECRET_KEY", "5e" * 32)
    return TestClient(create_app())


def test_what_the_api_documents_keeps_its_shape(client: TestClient) -> None:
    require_recorded("openapi", operations(client.app.openapi_schema.to_schema()))


def test_what_the_api_answers_keeps_its_shape(client: TestClient) -> None:
    with database.connect() as connection:
        bearer = {"Authorization": f"Bearer {tokens.create(connection, 'admin', 'pinned')[1]}"}
        service = {
            "Authorization": f"Bearer {tokens.create(connection, 'service', 'pinned')[1]}",
            "X-Discord-Id": "123456789012345678",
        }
        (run,) = connection.execute(
            "select max(id) from app.leaderboard_runs"
            " where leaderboard_key = 'lb_pvp_monthly_wins' and status = 'COMPLETE'"
        ).fetchone()
    board = "lb_pvp_monthly_wins"
    key = {
        "key": "pinned",
        "name": "Pinned",
        "categoryKey": "pvp_competition",
        "metricSource": "onchain_pvp",
        "metricKey": "wins",
        "timeWindow": "MONTHLY",
    }
    season = {
        "id": "pinned",
        "name": "Pinned",
        "startsAt": "2026-10-01T00:00:00Z",
        "endsAt": "2026-10-20T00:00:00Z",
    }
    weights = [{"challengeKey": "hero_riser", "weight": 2}]
    calls: list[tuple[str, str, dict[str, str], Any]] = [
        ("GET", "/healthz", {}, None),
        ("GET", "/readyz", {}, None),
        ("GET", "/leaderboards", {}, None),
        ("GET", f"/leaderboards/{board}/latest", {}, None),
        ("GET", "/leaderboards/lb_hero_levels/latest", {}, None),
        ("GET", f"/leaderboards/{board}/runs", {}, None),
        ("GET", f"/leaderboards/{board}/runs/{run}", {}, None),
        ("GET", f"/leaderboards/{board}/around?clusterId=demo-busy", {}, None),
        ("GET", "/leaderboards/none/latest", {}, None),
        ("GET", "/seasons/active", {}, None),
        ("GET", "/seasons/season_1_awakening/progress?clusterId=demo-busy", {}, None),
        ("GET", "/challenges", {}, None),
        ("GET", "/clusters/demo-busy/progress", {}, None),
        ("GET", "/clusters/demo-busy/progress/mad_boar_slayer", {}, None),
        ("GET", "/api/me", service, None),
        ("PATCH", "/api/me", service, {"displayName": "Pinned"}),
        ("POST", "/api/me/wallets", service, {"address": WALLET}),
        ("GET", "/api/me/wallets", service, None),
        ("GET", "/api/me/progress", service, None),
        ("PUT", f"/api/me/wallets/{WALLET}/primary", service, None),
        ("POST", f"/api/me/wallets/{WALLET}/request-verification", service, None),
        ("GET", "/admin/leaderboards", bearer, None),
        ("POST", "/admin/leaderboards", bearer, key),
        ("PUT", "/admin/leaderboards/pinned", bearer, {"maxEntries": 50}),
        ("POST", "/admin/leaderboards/pinned/run", bearer, None),
        ("GET", f"/admin/leaderboards/{board}/runs/{run}", bearer, None),
        ("GET", "/admin/seasons", bearer, None),
        ("POST", "/admin/seasons", bearer, season),
        ("PUT", "/admin/seasons/pinned", bearer, {"name": "Pinned again"}),
        ("POST", "/admin/seasons/pinned/weights", bearer, weights),
        ("GET", "/admin/seasons/pinned/weights", bearer, None),
        ("POST", "/admin/etl/clusters/demo-busy/run", bearer, None),
        ("POST", "/admin/etl/run", bearer, {"kind": "FULL"}),
        ("GET", "/admin/etl/runs", bearer, None),
        ("GET", "/admin/etl/runs/2", bearer, None),
        ("GET", "/admin/etl/requests", bearer, None),
        ("DELETE", f"/admin/wallets/{WALLET}", bearer, None),
        ("POST", "/api/me/wallets", service, {"address": WALLET}),
        ("DELETE", f"/api/me/wallets/{WALLET}", service, None),
    ]
    found: dict[str, Any] = {}
    with client:
        for method, path, headers, body in calls:
            answer = client.request(
                method, path, headers=headers, **({} if body is None else {"json": body})
            )
            name = f"{method} {path.partition('?')[0].replace(str(run), '{run}')}"
            value = {str(answer.status_code): shape(answer.json())}
            found[name] = merged(found[name], value) if name in found else value
    require_recorded("answers", found)
    documented = client.app.openapi_schema.to_schema()["paths"]
    called = {(method, path.partition("?")[0]) for method, path, *_ in calls}
    missing = {
        f"{method.upper()} {path}"
        for path, item in documented.items()
        for method in item
        if not any(
            method.upper() == one and re.fullmatch(re.sub(r"{.*?}", "[^/]+", path), other)
            for one, other in called
        )
    }
    assert missing == NOT_CALLED
