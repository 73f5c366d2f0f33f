"""The command line: help with an example everywhere, JSON for machines, errors in one sentence."""

import json
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import psycopg
import pytest

from hedge import database
from tests.command_line import commands
from tests.oracle.shapes import Catalogue, read_csv

COMMANDS = [*commands()]


@pytest.fixture(scope="module")
def refusing_url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world in which nothing may change."""
    return new_database("refusing", demo_world_template)


#: What a refused command could have written.
WRITTEN = """
select
    (select count(*) from app.etl_runs),
    (select count(*) from app.leaderboard_runs),
    (select md5(string_agg(defs::text, '' order by key)) from app.leaderboard_defs as defs),
    (select md5(string_agg(seasons::text, '' order by id)) from app.seasons),
    (select count(*) from app.wallet_links),
    (select count(*) from raw.pvp_matches)
"""


@pytest.fixture
def refusing(refusing_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to it; a command that writes anything fails the test."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", refusing_url)
    with database.connect() as connection:
        before = connection.execute(WRITTEN).fetchone()
        yield connection
        assert connection.execute(WRITTEN).fetchone() == before


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_has_an_example(hedge, path: tuple[str, ...]) -> None:
    status, out, _ = hedge(*path, "--help")
    assert status == 0
    assert "Example" in out
    assert f"hedge {' '.join(path)}" in out or f"hedge {path[0]} {path[1]}" in out


def test_the_version_is_that_of_the_distribution(hedge) -> None:
    assert hedge("--version") == (0, f"hedge {metadata.version('hedge-dfk')}\n", "")


def test_all_commands_of_the_readme_exist() -> None:
    assert {
        *((("db", name)) for name in ("start", "stop", "status", "url", "migrate", "reset")),
        *((("etl", name)) for name in ("deploy", "full", "incremental", "status", "cluster")),
        *((("wallets", name)) for name in ("import", "link", "unlink")),
        *((("boards", name)) for name in ("list", "add", "edit", "run", "show", "prune")),
        *((("seasons", name)) for name in ("list", "add", "edit", "weights", "run", "show")),
        *((("tokens", name)) for name in ("create", "list", "revoke")),
        ("etl", "prune"),
        *((("env", name)) for name in ("list", "drop")),
        ("catalogue", "install"),
        ("serve",),
        ("worker",),
        ("load",),
        ("preview",),
        ("progress",),
        ("explain",),
        ("demo",),
        ("docs",),
        ("init",),
        ("new", "metric-source"),
        ("tiers", "calibrate"),
    } <= set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["progress", "nobody"], 2, "nobody"),
        (["explain", "nobody", "arena_victor"], 2, "no cluster nobody"),
        (["explain", "demo-busy", "chess"], 2, "no challenge chess"),
        (["explain", "demo-busy", "arena_victor", "--window", "May"], 2, "'May'"),
        (["etl", "cluster", "demo-busy", "nobody"], 2, "nobody"),
        (["etl", "full", "--as-of", "tomorrow"], 2, "'tomorrow' is not an ISO 8601 time"),
        (["etl", "full", "--as-of", "2999-01-01"], 2, "lies in the future"),
        (["load", "pvp_match", "x.csv"], 2, "pvp_match"),
        (["load", "pvp_matches", "missing.csv"], 2, "missing.csv"),
        (["wallets", "unlink", "0x" + "12" * 20], 2, "0x" + "12" * 20),
        (["wallets", "link", "demo-idle", "0x12"], 2, "0x12"),
        (["db", "stop"], 2, "HEDGE_DATABASE_URL"),
        (["db", "start"], 2, "HEDGE_DATABASE_URL"),
        (["tokens", "revoke", "999"], 2, "999"),
        (["tokens", "create", "--role", "king"], 2, "role is admin or service"),
        (["wallets", "import", "missing.csv"], 2, "missing.csv"),
        (["boards", "run", "lb_chess"], 2, "no board lb_chess"),
        (["boards", "run"], 2, "--due"),
        (["boards", "run", "lb_hero_levels", "--from", "2026-10-01"], 2, "--to"),
        (
            ["boards", "run", "lb_hero_levels", "--from", "2026-10-01", "--to", "2026-09-01"],
            2,
            "does not end after it starts",
        ),
        (["boards", "run", "lb_hero_levels", "--from", "May", "--to", "June"], 2, "'May'"),
        (["boards", "run", "lb_hero_levels", "--previous"], 2, "lb_hero_levels is of all time"),
        (["boards", "run", "lb_hero_levels", "--previous", "--due"], 2, "--due"),
        (["boards", "show", "lb_chess"], 2, "no board lb_chess"),
        (["boards", "edit", "lb_chess", "--private"], 2, "no board lb_chess"),
        (["boards", "run", "lb_hero_levels", "--as-of", "2999-01-01"], 2, "lies in the future"),
        (["boards", "edit", "lb_hero_levels", "--category", "chess"], 2, "no category chess"),
        (["boards", "edit", "lb_hero_levels", "--tiebreaker", "chess"], 2, "chess"),
        (["boards", "show", "lb_hero_levels", "--run", "999"], 2, "no run 999"),
        (["boards", "edit", "lb_hero_levels"], 2, "lb_hero_levels"),
        (["boards", "edit", "lb_hero_levels", "--metric", "wins"], 2, "'wins' is not a metric"),
        (["boards", "edit", "lb_hero_levels", "--metric", "chess.wins"], 2, "chess.wins"),
        (["boards", "edit", "lb_hero_levels", "--window", "yearly"], 2, "YEARLY"),
        (
            [
                *("boards", "add", "lb_hero_levels", "--metric", "onchain_pvp.wins"),
                *("--window", "DAILY", "--category", "pvp_competition"),
            ],
            2,
            "there is a board lb_hero_levels already",
        ),
        (["seasons", "run", "winter"], 2, "no season winter"),
        (["seasons", "show", "winter"], 2, "no season winter"),
        (["seasons", "weights", "winter"], 2, "no season winter"),
        (["seasons", "edit", "winter", "--name", "W"], 2, "no season winter"),
        (["seasons", "run", "--as-of", "2020-01-01"], 2, "no season is active at 2020-01-01"),
        (["seasons", "edit", "season_1_awakening", "--scoring", "yearly"], 2, "LIFETIME or SEASON"),
        (["seasons", "show", "season_1_awakening", "--cluster", "nobody"], 2, "nobody"),
        (["seasons", "weights", "season_1_awakening", "none.csv"], 2, "none.csv"),
        (
            ["seasons", "edit", "season_1_awakening", "--to", "2026-09-01"],
            2,
            "a season ends after it starts",
        ),
        (
            ["seasons", "add", "two", "--from", "2026-11-29", "--to", "2026-12-09", "--active"],
            2,
            "season two overlaps season_1_awakening",
        ),
        (["tiers", "calibrate", "chess"], 2, "no challenge chess"),
        (["tiers", "calibrate", "jeweler_whale"], 2, "jeweler_whale is a feat"),
        (["tiers", "calibrate", "win_streak", "--targets", ".4,.5"], 2, "takes 4 targets"),
        (["tiers", "calibrate", "win_streak", "--targets", ".4,.3,.2,.1"], 2, "do not rise"),
        (["tiers", "calibrate", "win_streak", "--targets", ".4,.5,.6,1"], 2, "1 is not between"),
        (["tiers", "calibrate", "win_streak", "--targets", "few,nan,.6,.7"], 2, "'few'"),
        (["tiers", "calibrate", "win_streak", "--targets", ".4,nan,.6,.7"], 2, "'nan'"),
        (["tiers", "calibrate", "win_streak", "--thresholds", "1,2"], 2, "not the 2 of 1, 2"),
        (["tiers", "calibrate", "win_streak", "--thresholds", "0,2,3,4"], 2, "0, 2, 3, 4"),
        (["tiers", "calibrate", "win_streak", "--population", "some"], 2, "'some'"),
        (["new", "metric-source", "onchain_pvp", "--table", "pets"], 2, "onchain_pvp exists"),
        (["new", "metric-source", "categories", "--table", "pets"], 2, "seeds/categories.csv"),
        (["new", "metric-source", "GuildRaids", "--table", "pets"], 2, "'GuildRaids'"),
        (["new", "metric-source", "guild__raids", "--table", "pets"], 2, "'guild__raids'"),
        (["new", "metric-source", "guild_" * 7 + "raids", "--table", "pets"], 2, "40 characters"),
        (["new", "metric-source", "guild_raids", "--table", "petz"], 2, "'petz'"),
    ],
)
def test_an_error_is_one_sentence_that_names_the_value(
    hedge, refusing: psycopg.Connection, arguments: list[str], status: int, words: str
) -> None:
    found, out, err = hedge(*arguments)
    assert (found, out) == (status, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_a_server_that_does_not_answer_is_one_sentence(hedge, monkeypatch) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/none")
    status, _, err = hedge("etl", "status")
    assert status == 1
    assert "127.0.0.1:1/none" in err
    assert "secret" not in err
    assert len(err.strip().splitlines()) == 1


def test_tables_are_missing_says_what_to_do(hedge, new_database, monkeypatch) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("empty", "template0"))
    assert "hedge db migrate" in hedge("etl", "status")[2]
    hedge("db", "migrate")
    assert "hedge etl deploy" in hedge("etl", "full")[2]


def test_progress_as_json(hedge, refusing: psycopg.Connection) -> None:
    status, out, _ = hedge("progress", "demo-busy", "--json")
    found = {row["challenge_key"]: row for row in json.loads(out)}
    assert status == 0
    assert len(found) == len(Catalogue.read().challenges)
    assert found["win_streak"]["value"] == 7
    assert found["win_streak"]["tier"] == "ADVANCED"
    assert found["win_streak"]["next_threshold"] == 10


def test_runs_as_json_and_as_a_table(hedge, demo_world: psycopg.Connection) -> None:
    _, out, _ = hedge("etl", "cluster", "demo-busy", "--json")
    run = json.loads(out)
    assert (run["kind"], run["scope_size"], run["state"]) == ("CLUSTER", 1, "SUCCESS")
    assert {model["name"] for model in run["models"]} == {
        "cluster_metrics",
        "challenge_progress",
        "tier_unlocks",
        "season_progress",
    }
    _, out, _ = hedge("etl", "status", "--json")
    assert json.loads(out)[0]["run_id"] == run["run_id"]
    _, out, _ = hedge("etl", "status")
    assert "CLUSTER" in out


def test_a_token_is_shown_once_and_revoked(hedge, connection: psycopg.Connection) -> None:
    _, token, told = hedge("tokens", "create", "--role", "admin", "--name", "ada")
    assert token.startswith("hedge_")
    assert "ada" in told
    status, out, _ = hedge("tokens", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["name"], listed["role"], listed["revoked_at"]) == ("ada", "admin", None)
    assert token.strip() not in out
    hedge("tokens", "revoke", str(listed["token_id"]))
    assert json.loads(hedge("tokens", "list", "--json")[1])[0]["revoked_at"] is not None
    status, _, err = hedge("tokens", "create", "--role", "king")
    assert (status, err) == (2, "hedge: token 'unnamed' for 'king': role is admin or service\n")
    assert hedge("tokens", "revoke", "999")[0] == 2


def test_pruning_keeps_what_the_next_run_has_to_know(hedge, demo_world: psycopg.Connection) -> None:
    demo_world.execute("update app.etl_runs set started_at = now() - interval '1 year'")
    demo_world.execute(
        "insert into raw.rejected_rows values ('t', 'f', 1, '', '', now() - interval '1 year')"
    )
    hedge("etl", "cluster", "demo-busy")
    _, out, _ = hedge("etl", "prune", "--days", "30")
    assert out.startswith("1 runs, 1 rejected rows, 0 events, 0 board runs, 0 jobs, 0 records")
    kinds = {kind for (kind,) in demo_world.execute("select kind from app.etl_runs")}
    assert kinds == {"DEPLOY", "FULL", "CLUSTER"}
    assert "incremental" in hedge("etl", "incremental")[1]


def test_the_catalogue_is_installed_once(hedge, connection: psycopg.Connection) -> None:
    _, out, _ = hedge("catalogue", "install", "--json")
    made = json.loads(out)
    assert (len(made["seasons"]), len(made["boards"])) == (1, 11)
    hedge("boards", "edit", "lb_hero_levels", "--name", "Mine", "--private")
    assert "installed already" in hedge("catalogue", "install")[1]
    _, out, _ = hedge("boards", "list", "--json")
    mine = {board["key"]: board for board in json.loads(out)}["lb_hero_levels"]
    assert (mine["name"], mine["is_public"], mine["newest_run"]) == ("Mine", False, None)


def test_the_catalogue_is_the_one_that_was_handed_over(
    hedge, connection: psycopg.Connection, shared: Path
) -> None:
    hedge("catalogue", "install")
    for name, table, key in (
        ("leaderboard_defs", "leaderboard_defs", "key"),
        ("seasons", "seasons", "id"),
    ):
        for row in read_csv(shared / "catalogue", f"{name}.csv"):
            row.pop("starts_at", None), row.pop("ends_at", None)
            columns = ", ".join(f"coalesce({column}::text, '')" for column in row)
            found = connection.execute(
                f"select {columns} from app.{table} where {key} = %s", [row[key]]
            )
            assert found.fetchone() == tuple(row.values())
    weights = connection.execute(
        "select season_id, challenge_code, trim_scale(weight)::text"
        " from app.season_challenge_weights"
    )
    assert set(weights.fetchall()) == {
        tuple(row.values()) for row in read_csv(shared / "catalogue", "season_weights.csv")
    }
    levels = connection.execute("select level, points_required from analytics.season_levels")
    assert set(levels.fetchall()) == {
        tuple(map(int, row.values())) for row in read_csv(shared / "catalogue", "season_levels.csv")
    }


def test_a_board_from_its_making_to_its_entries(hedge, demo_world: psycopg.Connection) -> None:
    status, out, err = hedge(
        *("boards", "add", "miners", "--metric", "onchain_quests.mining_quests"),
        *("--tiebreaker", "foraging_quests", "--window", "monthly"),
        *("--category", "hero_progression", "--max-entries", "3"),
    )
    assert (status, err) == (0, "")
    as_of = ("--as-of", "2026-11-01")
    _, out, _ = hedge("boards", "run", "miners", "--previous", *as_of)
    assert "entries for 2026-10-01 to 2026-11-01" in out
    _, out, _ = hedge("boards", "show", "miners", "--json")
    entries = json.loads(out)["entries"]
    assert entries[0]["rank"] == 1
    assert entries[0]["payload"]["unit"] == "quests"
    _, out, _ = hedge("boards", "show", "miners")
    assert entries[0]["cluster_id"] in out
    _, out, _ = hedge("boards", "edit", "miners", "--tiebreaker", "", "--json")
    assert json.loads(out)["fallback_metric_key"] is None
    _, out, _ = hedge("boards", "run", "--due", *as_of)
    assert "No board is due." in out


def test_a_season_from_its_making_to_its_points(
    hedge, demo_world: psycopg.Connection, tmp_path: Path
) -> None:
    hedge("seasons", "add", "october", "--from", "2026-10-01", "--to", "2026-11-01")
    weights = tmp_path / "weights.csv"
    weights.write_text("challenge_key,weight\narena_victor,2\nclucker_miracle,0.5\n")
    _, out, _ = hedge("seasons", "weights", "october", str(weights))
    assert "arena_victor" in out
    weights.write_text("challenge_key,weight\narena_victor,0\n")
    status, _, err = hedge("seasons", "weights", "october", str(weights))
    assert (status, err) == (
        2,
        "hedge: season october: the weight of arena_victor is 0, not a number above 0 with at"
        " most 6 decimals\n",
    )
    _, out, _ = hedge("seasons", "run", "october", "--as-of", "2026-11-01")
    assert "300 clusters" in out
    _, out, _ = hedge("seasons", "show", "october", "--cluster", "demo-busy", "--json")
    standing = json.loads(out)["standing"]
    # 12 wins and a miracle
    assert (standing["points"], standing["level"]) == ("24.5", 1)
    _, out, _ = hedge("seasons", "show", "october", "--cluster", "demo-busy")
    assert "25.5 points to the next level" in out
    assert "demo-busy" in hedge("seasons", "show", "october", "--limit", "300")[1]
    hedge("seasons", "edit", "october", "--name", "October")
    assert "October" in hedge("seasons", "list")[1]


def test_the_four_classes_of_summoner_of_legends_are_shown(
    hedge, refusing: psycopg.Connection
) -> None:
    _, out, _ = hedge("progress", "demo-busy")
    for name in ("Dragoon", "Sage", "Spellbow", "DreadKnight"):
        assert name in out
