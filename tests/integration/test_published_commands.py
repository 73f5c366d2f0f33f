"""Published JSON: what every command prints with `--json` has the recorded shape."""

import contextlib
import hashlib
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.main import main
from hedge import logs
from hedge.analysis import proof_files
from hedge.chain import running
from hedge.chain.storing import put_blocks, put_logs
from tests.arranged_matches import put_in_turns
from tests.integration.chain.logs import block, log
from tests.published import DELIVERIES, require_recorded, shape
from tests.settled_rewards import claim_all, settle
from tests.support import chains, copy_project, edit
from tests.support.chains import NodeOfChain, Served, deploy_chain
from tests.unit.test_proofs import PROOF

PROJECT = Path(__file__).resolve().parents[2]
WALLET = "0x" + "c0ffee" * 6 + "c0ff"
#: Rows of states that the demo world does not have: failed and pending runs.
STATES = """
insert into app.etl_runs
(invocation_id, kind, scope_size, as_of, state, finished_at, definitions, error)
values ('pinned', 'CLUSTER', 1, now(), 'FAILED', now(), 'any', 'the model failed');
insert into app.leaderboard_runs (leaderboard_key, status, finished_at, error)
values ('lb_pvp_competition', 'FAILED', now(), 'the model failed');
insert into app.leaderboard_runs (leaderboard_key) values ('lb_summoning_prestige');
insert into app.etl_requests (cluster_id, reason, caused_by, error)
values
('demo-busy', 'wallet linked', 'request-1', 'the model failed'), ('demo-busy', '', null, null)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with a higher threshold and without the first relic."""
    folder = copy_project(tmp_path / "project")
    tiers = folder / "seeds" / "challenge_tiers.csv"
    edit(tiers, "hero_riser,COMMON,Common,100,", "hero_riser,COMMON,Common,120,")
    relic = "0xde307e11c0000000000000000000000000000001,Made-up relic 1\n"
    edit(folder / "seeds" / "relic_items.csv", relic, "")
    return folder


def make_older(project: Path) -> None:
    """Change a new project so that an update writes, deletes, keeps and does not merge a file."""
    file = project / "hedge-files.json"
    record = json.loads(file.read_text())
    for path, is_changed in (
        ("models/scope/cluster_changes.sql", False),
        ("models/scope/deleted.sql", False),
        ("models/scope/kept.sql", True),
        ("seeds/metrics.csv", True),
    ):
        (project / path).write_text("older")
        written = b"oldest" if is_changed else b"older"
        record["files"][path] = hashlib.sha256(written).hexdigest()
    file.write_text(json.dumps(record))


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


def _call_about_suspects(
    call: Callable[..., Any], printed: Callable[..., Any], demo_world: psycopg.Connection
) -> None:
    """Commands about suspects: of two proposals one is accepted and the other dismissed."""
    one, two, three = (
        demo_world.execute(
            "select min(address) from app.wallet_links where cluster_id = %s", [cluster]
        ).fetchone()[0]
        for cluster in ("demo-0005", "demo-0006", "demo-0037")
    )
    put_in_turns(demo_world, one, two)
    put_in_turns(demo_world, one, three, range(20, 32))
    demo_world.commit()
    call("exclusions suspects list", "--rule", "alternating_wins")
    found = printed("exclusions", "suspects", "list", "--rule", "alternating_wins")
    call("exclusions suspects accept", found[0]["proposal"], "--by", "ada")
    call("exclusions suspects dismiss", found[1]["proposal"], "--reason", "friends", "--by", "ada")
    call("exclusions suspects decisions")


def _call_about_rewards(
    call: Callable[..., Any], demo_world: psycopg.Connection, tmp_path: Path
) -> None:
    """Commands about rewards: two that are claimed, one of which is handed out."""
    file = tmp_path / "rewards.csv"
    file.write_text(
        "reward_key,name,quantity,kind,level,leaderboard_key,rank_from,rank_to,valid_until\n"
        "one,One,1,LEVEL,1,,,,\ntwo,Two,1,LEVEL,2,,,,2999-01-01\n"
        "top,Top,1,RANK,,,1,3,\n"
    )
    call("rewards define", "season_1_awakening", file)
    settle(demo_world, "CLUSTER", ["demo-busy", "demo-0023"])
    claim_all(demo_world)
    demo_world.commit()
    (one, two) = demo_world.execute(
        "select min(reward_id), max(reward_id) from app.rewards"
    ).fetchone()
    call("rewards fulfil", one, "--note", "sent")
    call("rewards refuse", two, "--note", "no")
    call("rewards list")
    call("rewards show", one)
    call("rewards sums")
    call("boards check", "lb_hero_levels")
    call("seasons check", "season_1_awakening")
    call("audit", "--limit", 1000)


def _call_about_chains(
    call: Callable[..., Any],
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The commands about a chain that is followed, was reorganized and has what is not decoded."""
    logs.configure()
    addresses = [b"\x01" * 20]
    chain = chains.Chain(addresses, blocks=60, logs=1)
    deploy_chain(connection, 77, addresses, depth=5)
    connection.execute(
        "insert into raw.undecoded_logs select 77, 7, 'c', '', sha256(''), 'unknown event', 1;"
        "insert into raw.pending_facts (table_name, key, fact, missing, calls, chain_id,"
        " block_number) values ('token_prices_daily', '{}', '{}', '{usd_price}', 'why', 77, 7)"
    )
    connection.commit()
    with Served(NodeOfChain(chain, 77)) as served, monkeypatch.context() as patched:
        patched.setenv("HEDGE_CHAIN_URL_77", served.url)
        for _ in range(2):
            running.follow(77, threading.Event(), start=20, until_head=True)
            chain.reorganize(2, 3)
        call("chain backfill", "--chain", "77", "--from", "9")
        call("chain rewind", "--chain", "77", "--to", "30")
        call("chain status")
    connection.execute(
        "select app.create_log_partitions(77, 1000000, 1000000); update raw.chain_blocks"
        " set block_time = block_time - interval '3 years' where chain_id = 77"
    )
    connection.commit()
    call("chain decode")
    file = tmp_path / "proof.json"
    file.write_bytes(proof_files.written(PROOF))
    call("chain verify", file)
    call("chain detach", "--chain", "77", "--older-than", "365")
    call("chain attach", "--chain", "77")


@pytest.mark.ci
def test_what_commands_print_as_json_has_the_recorded_shape(
    demo_world: psycopg.Connection,
    printed: Callable[..., Any],
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values: dict[str, list[Any]] = defaultdict(list)

    def call(command: str, *arguments: object) -> None:
        values[command].append(printed(*command.split(), *arguments))

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

    # the current season, which previews compare, is over in the demo world one day
    demo_world.execute(
        "update app.seasons set ends_at = greatest(ends_at, now() + interval '1 day')"
    )
    demo_world.commit()
    call("db status")
    call("demo")
    call("etl deploy")
    call("wallets import", wallets)
    call("wallets unlink", WALLET)
    call("wallets link", "pinned", WALLET)
    call("clusters merge", "pinned", "demo-idle", "--preview")
    call("clusters merge", "pinned", "demo-idle")
    call("clusters merges")
    call("clusters split", "demo-idle")
    call("load", "quest_completions", quests)
    put_blocks(demo_world, 53935, [block(1)])
    put_logs(demo_world, 53935, [log(1), log(2_000_000)])
    demo_world.execute("delete from app.undecoded_spans")
    demo_world.commit()
    call("chain detach", "--chain", 53935, "--older-than", 0)
    call("chain attach", "--chain", 53935)
    call("etl cluster", "demo-busy")
    call("etl incremental")
    call("etl full")
    call("etl test")
    call("progress", "demo-busy")
    call("progress", "demo-idle")
    call("explain", "demo-busy", "win_streak")
    call("explain", "demo-busy", "mad_boar_slayer", "--sql")
    call("explain", "demo-busy", "hero_riser")
    call("boards add", "pinned", *board)
    call("boards edit", "pinned", "--max-entries", 50)
    call("boards run", "pinned", "--from", "2026-10-01", "--to", "2026-11-01")
    call("boards run", "lb_hero_levels")
    call("boards show", "pinned")
    call("boards show", "lb_hunting_pve")
    call("seasons add", "pinned", "--from", "2026-10-01", "--to", "2026-10-20")
    call("seasons edit", "pinned", "--name", "Pinned")
    call("seasons weights", "pinned", weights)
    call("seasons weights", "pinned")
    call("seasons run", "pinned")
    call("seasons show", "pinned")
    call("seasons show", "pinned", "--cluster", "demo-busy")
    call("seasons list")
    call("tiers calibrate", "arena_victor")
    call("tiers calibrate", "arena_victor", "--thresholds", "1,2,3,4")
    call("tiers calibrate", "relic_tracker")  # few have relics, of which it warns
    call("metrics list")
    call("metrics show", "onchain_pvp.wins")
    asked = tmp_path / "asked.sql"
    asked.write_text("select app.as_of() as as_of, 'a' as board, null as nothing, 1 as rank")
    call("sql", asked)
    call("tokens create", "--role", "admin", "--name", "pinned")
    call("tokens list")
    wins = ("--cluster", "demo-busy", "--metric", "onchain_pvp.wins")
    call("exclusions add", *wins, "--reason", "unfair", "--by", "ada")
    call("exclusions list")
    call("exclusions preview", "--end", "1")
    call("exclusions end", "1", "--by", "ada")
    call("exclusions preview", *wins)
    _call_about_suspects(call, printed, demo_world)
    call("webhooks add", "https://example.org/hook", "--type", "tier.reached")
    call("webhooks add", "https://example.org/other")
    demo_world.execute(DELIVERIES)
    demo_world.commit()
    call("webhooks list")
    call("webhooks deliveries", "1")
    _call_about_rewards(call, demo_world, tmp_path)
    _call_about_chains(call, demo_world, monkeypatch, tmp_path)
    call("tokens revoke", "1")
    call("tokens list")

    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    call("preview")
    call("ci", "--base-project", project)
    call("etl deploy")
    call("etl undo", "--yes")
    call("new metric-source", "pinned_quests", "--table", "quest_completions")
    call("new metric", "pinned_quests.more")
    call(
        *("new challenge", "pinned", "--metric", "pinned_quests.more"),
        *("--category", "profession_specialization"),
    )
    call("new raw-table", "pinned_table", "--column", "pinned_id bigint")
    call("new decoder", "gold", "Pinned(uint256 indexed pinnedId)")

    edit(project / "seeds" / "mastery_weights.csv", "mythmaker_count,5", "mythmaker_count,-5")
    call("seeds check")

    demo_world.execute(STATES)
    demo_world.commit()
    call("etl status")
    call("boards list")
    call("requests list")
    call("chain decode")
    call("boards prune", "--keep", 1)
    kept = tmp_path / "kept"
    call("boards export", kept)
    call("seasons export", kept)
    edit(kept / "seasons.csv", "pinned,Pinned,", "pinned,Pinned again,")
    edit(kept / "leaderboard_defs.csv", "Top Hero Trainers", "Trainers")
    call("boards apply", kept, "--yes")
    call("boards apply", kept)
    call("seasons apply", kept, "--dry-run")
    demo_world.execute(
        "select app.use_environment('dev_ada', 'ada'), app.use_environment('ci_7', 'runner');"
        "update ci_7_app.environment set last_used_at = '2020-01-01'"
    )
    demo_world.commit()
    call("settings")
    call("env list")
    call("etl prune")
    call("env drop", "dev_ada")

    call("doctor", "parked-requests", "regular-runs")
    call("doctor --list")
    demo_world.execute("update app.etl_runs set finished_at = now() + interval '1 day'")
    demo_world.commit()
    call("db repair-clock", "--yes")
    call("db backup", tmp_path / "hedge.dump")

    call("db buckets", "2")
    call("db distribute", "--undo")
    call("db buckets", "1")

    call("catalogue install")
    demo_world.execute(
        "delete from app.rewards; delete from app.reward_definitions;"
        " delete from app.leaderboard_defs; delete from app.seasons"
    )
    demo_world.commit()
    call("catalogue install")

    call("init", tmp_path / "mine")
    make_older(tmp_path / "mine")
    call("init --update", tmp_path / "mine")

    # last, because it changes owners; roles are those of the whole server
    call("db grant", "--migrate", "published_owner", "--run", "published_run")
    demo_world.execute("drop owned by published_owner, published_run cascade")
    demo_world.execute("drop role published_owner, published_run")
    demo_world.commit()

    require_recorded("commands", {command: shape(found) for command, found in values.items()})
