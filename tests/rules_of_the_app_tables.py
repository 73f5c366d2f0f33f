"""The rules of the service's tables and the marts, each with statements that it refuses.

test_migrations_of_app_tables.py executes them in a database with the rows of WORLD.
"""

from tests.rules_of_ordering_keys import CHECKS_OF_ORDERING_KEYS
from tests.statements_of_rules import Case, update, words

#: What the cases build on: a player with a cluster, a board with a run, and a season.
WORLD = """
insert into app.players (discord_id) values ('d1'), ('d2'), ('d3');
insert into app.wallet_clusters (cluster_id, player_id) select 'c' || row_number()
over (order by player_id), player_id from app.players where discord_id in ('d1', 'd2');
insert into app.wallet_links (cluster_id, address, is_primary)
values ('c1', '0x' || repeat('a1', 20), true);
insert into app.leaderboard_defs
(key, name, category_key, metric_source, metric_key, time_window)
values ('b', 'B', 'pvp', 'onchain_pvp', 'wins', 'ALL_TIME');
insert into app.leaderboard_runs (leaderboard_key, status) values ('b', 'PROCESSING');
insert into app.seasons (id, name, starts_at, ends_at, is_active)
values ('s', 'S', '2026-05-01Z', '2026-06-01Z', true);
insert into app.season_challenge_weights (season_id, challenge_code, weight) values ('s', 'x', 1);
insert into app.wallet_challenges (nonce, cluster_id, address, message, expires_at)
values ('n', 'c1', 'a', 'm', now());
insert into app.api_tokens (name, role, token_hash) values ('t', 'admin', 'h');
insert into app.sessions select 'h', player_id, token_id from app.players, app.api_tokens limit 1;
insert into app.backups (began_at, ended_at, host_name) values (now(), now(), 'host');
insert into app.etl_runs (invocation_id, kind, as_of) values ('i', 'FULL', now());
insert into app.etl_requests (cluster_id, reason) values ('c1', 'why');
insert into app.tier_rarity values ('arena', 'BASIC', 1, 0.5, '2026-05-01Z');
insert into app.value_counts values ('arena', 'BASIC', 3, 5, 1);
insert into app.verified values ('mart', '', 5, '2026-05-01Z');
insert into app.verifying values ('mart', '2026-05-01Z');
insert into app.counted_progress (as_of, counted_at, seconds)
values ('2026-05-01Z', '2026-05-01Z', 1);
insert into app.made_up_world (clusters, seed) values (1, 1);
insert into app.chain_decoders values ('heroes', 'x', true);
insert into app.compared_decoders (definitions) values ('x');
insert into app.redecoded_keys values ('heroes', '{}');
insert into app.deployed_views (name) values ('v');
insert into app.database_roles (purpose, role_name) values ('run', 'r');
insert into app.rate_limits values ('h', now(), 1);
insert into app.deployed_projects (definitions, archive, hedge_version, deployed_by)
values (repeat('c1', 32), '', '0', 'ada@host');
insert into app.undos (restored, returned_to, undone, since_run, until_run, begun_by)
values ('a', 1, '{b}', 2, 2, 'ada@host');
insert into app.cluster_corrections values ('c1', 'heroes', now());
insert into app.watched_tables values ('garden_visits', 'visited_at');
insert into app.metric_source_tables values ('garden', 'garden_visits', 'its window');
insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind, unlocked_at)
values ('c1', 'x', 'BASIC', 'TIER', '2026-05-01Z');
insert into analytics.leaderboard_entries
(run_id, cluster_id, score, rank, payload, created_at)
select id, 'c1', 1, 1, '{}', now() from app.leaderboard_runs
"""
LONG = "a" * 64
ADDRESS = "0x" + "a1" * 20

#: A tier of a cluster that was unlocked on a day of May, and when it was revoked.
UNLOCK = (
    "insert into analytics.tier_unlocks"
    " (cluster_id, challenge_key, tier_code, kind, unlocked_at, revoked_at)"
    " values ('c1', 'x', 'BASIC', 'TIER', '2026-05-0{}Z', {})"
)

#: An undo, and when it finished.
UNDO = (
    "insert into app.undos"
    " (restored, returned_to, undone, since_run, until_run, begun_by, finished_at)"
    " values ('a', 1, '{{b}}', 2, 2, 'ada@host', {})"
)


def link(address: str, cluster: str = "c1", column: str = "", value: str = "") -> str:
    return (
        f"insert into app.wallet_links (cluster_id, address{column and ', ' + column})"
        f" values ('{cluster}', '{address}'{value and ', ' + value})"
    )


def rename_cluster(name: str) -> str:
    return f"update app.wallet_clusters set cluster_id = '{name}' where cluster_id = 'c2'"


def keys(table: str, column: str) -> tuple[list[str], list[str]]:
    """What the check of a key refuses and admits."""
    refused = ("", LONG + "a", " a", "a b", ".a", "-a", "_a", "ä", "a\n", "a/b")
    # a key that others refer to is changed in a table without them
    others = {"leaderboard_defs": "leaderboard_runs", "seasons": "season_challenge_weights"}
    free = f"delete from app.{others[table]}; "
    return (
        [free + statement for statement in words(table, column, *refused)],
        [free + statement for statement in words(table, column, "A", "9._-Z", LONG)],
    )


def period(start: str, end: str) -> str:
    return update("leaderboard_runs", f"period_start = {start}, period_end = {end}")[0]


def season(starts_at: str, ends_at: str, is_active: str = "true") -> str:
    return (
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        f" values ('another', 'A', '{starts_at}', '{ends_at}', {is_active})"
    )


KINDS_OF_RUNS = ("DEPLOY", "FULL", "INCREMENTAL", "CLUSTER", "BOARD", "SEASON", "PARTIAL")
CHECKS = [
    Case("api_tokens", "the name is not empty", words("api_tokens", "name", "")),
    Case("backups", "a backup ends after it began", update("backups", "ended_at = '-infinity'")),
    Case("backups", "a backup has bytes", update("backups", "size_in_bytes = 0")),
    Case(
        "database_roles",
        "the purpose is one of migrate, run, serve, load and read",
        words("database_roles", "purpose", "", "RUN", "write"),
        words("database_roles", "purpose", "migrate", "run", "serve", "load", "read"),
    ),
    Case(
        "api_tokens",
        "role is admin or service",
        words("api_tokens", "role", "", "ADMIN", "player"),
        words("api_tokens", "role", "admin", "service"),
    ),
    Case(
        "change_notes",
        "operation is INSERT, UPDATE, DELETE or TRUNCATE",
        words("change_notes", "operation", "MERGE", "", "insert"),
        words("change_notes", "operation", "INSERT", "UPDATE", "DELETE", "TRUNCATE"),
    ),
    Case(
        "deployed_projects",
        "definitions is a SHA-256 in lower-case hex digits",
        words("deployed_projects", "definitions", "", "c1" * 31, "C1" * 32, "c1" * 33, "g1" * 32),
        [
            "insert into app.deployed_projects (definitions, archive, hedge_version, deployed_by)"
            f" values ('{definitions}', '', '', '')"
            for definitions in ("09" * 32, "af" * 32)
        ],
    ),
    Case(
        "etl_requests",
        "kind is CLUSTER, ENDS, FULL or INCREMENTAL",
        update("etl_requests", "kind = 'BOARD', cluster_id = null", "kind = '', cluster_id = null"),
        update("etl_requests", "kind = 'FULL', cluster_id = null")
        + update("etl_requests", "kind = 'INCREMENTAL', cluster_id = null")
        + ["insert into app.etl_requests (kind, cluster_id, reason) values ('ENDS', 'c1', 'w')"],
    ),
    Case(
        "etl_requests",
        "a request for a cluster names it",
        update("etl_requests", "cluster_id = null", "kind = 'FULL'"),
        update("etl_requests", "cluster_id = 'another'"),
    ),
    Case(
        "etl_runs",
        "kind is a kind of run",
        words("etl_runs", "kind", "", "full", "OTHER"),
        words("etl_runs", "kind", *KINDS_OF_RUNS),
    ),
    Case(
        "etl_runs",
        "state is a state of a run",
        words("etl_runs", "state", "", "success", "COMPLETE"),
        words("etl_runs", "state", "RUNNING", "SUCCESS", "PARTIAL", "FAILED", "CANCELLED"),
    ),
    Case(
        "leaderboard_defs",
        "max_entries is 1 to 100000",
        words("leaderboard_defs", "max_entries", "0", "-1", "100001"),
        words("leaderboard_defs", "max_entries", "1", "100000"),
    ),
    Case(
        "leaderboard_defs",
        "corrected_for_days is 0 to 3650",
        words("leaderboard_defs", "corrected_for_days", "-1", "3651"),
        words("leaderboard_defs", "corrected_for_days", "0", "3650"),
    ),
    Case(
        "leaderboard_defs",
        "the key is 1 to 64 letters, digits, _, . or -",
        *keys("leaderboard_defs", "key"),
    ),
    Case("leaderboard_defs", "the name is not empty", words("leaderboard_defs", "name", "")),
    Case(
        "leaderboard_defs",
        "the time window is DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME",
        words("leaderboard_defs", "time_window", "", "daily", "YEARLY"),
        words("leaderboard_defs", "time_window", *("DAILY", "WEEKLY", "MONTHLY", "SEASON")),
    ),
    Case(
        "leaderboard_defs",
        "a source of the tiebreaker has a key",
        update("leaderboard_defs", "fallback_metric_source = 'onchain_pvp'"),
        update("leaderboard_defs", "fallback_metric_key = 'wins'")
        + update("leaderboard_defs", "fallback_metric_source = 's', fallback_metric_key = 'k'"),
    ),
    *CHECKS_OF_ORDERING_KEYS,
    Case(
        "leaderboard_runs",
        "status is PENDING, PROCESSING, COMPLETE or FAILED",
        words("leaderboard_runs", "status", "", "RUNNING"),
        words("leaderboard_runs", "status", "PENDING", "PROCESSING"),
    ),
    Case(
        "leaderboard_runs",
        "a period ends after it starts",
        [
            period("null", "now()"),
            period("now()", "null"),
            period("now()", "now()"),
            period("now()", "now() - interval '1 day'"),
        ],
        [period("null", "null"), period("now()", "now() + interval '1 microsecond'")],
    ),
    Case(
        "leaderboard_runs",
        "a complete run has an instant and a count",
        update(
            "leaderboard_runs",
            "status = 'COMPLETE'",
            "status = 'COMPLETE', as_of = now()",
            "status = 'COMPLETE', row_count = 0",
        ),
        update("leaderboard_runs", "status = 'COMPLETE', as_of = now(), row_count = 0"),
    ),
    Case(
        "leaderboard_runs",
        "a failed run has a reason",
        update("leaderboard_runs", "status = 'FAILED'"),
        update("leaderboard_runs", "status = 'FAILED', error = 'why'"),
    ),
    Case(
        "compared_decoders",
        "there is one row of compared definitions",
        update("compared_decoders", "one = false"),
    ),
    Case("made_up_world", "there is one made-up world", update("made_up_world", "is_only = false")),
    Case(
        "counted_progress",
        "progress is counted once at a time",
        update("counted_progress", "is_only = false"),
    ),
    Case(
        "verified",
        "a portion is from 0 to 63",
        update("verified", "portion = -1", "portion = 64"),
        update("verified", "portion = 0", "portion = 63"),
    ),
    Case(
        "tier_rarity",
        "a share is from 0 to 1",
        update("tier_rarity", "share = -0.000001", "share = 1.000001"),
        update("tier_rarity", "share = 0", "share = 1"),
    ),
    Case(
        "metric_source_tables",
        "counts_in is its window, later windows or every window",
        words("metric_source_tables", "counts_in", "", "window", "Its window"),
        words("metric_source_tables", "counts_in", "its window", "later windows", "every window"),
    ),
    Case(
        "players",
        "display_name is 1 to 40 characters",
        words("players", "display_name", "", "ä" * 41),
        words("players", "display_name", "ä", "ä" * 40),
    ),
    Case(
        "season_challenge_weights",
        "a weight is above zero",
        words("season_challenge_weights", "weight", "0", "-1", "1e12", "NaN"),
        words("season_challenge_weights", "weight", "0.000001", "999999999999"),
    ),
    Case("seasons", "the id is 1 to 64 letters, digits, _, . or -", *keys("seasons", "id")),
    Case("seasons", "the name is not empty", words("seasons", "name", "")),
    Case(
        "seasons",
        "a season ends after it starts",
        update(
            "seasons",
            "ends_at = starts_at",
            "ends_at = starts_at - interval '1 day'",
            "ends_at = 'infinity'",
            "starts_at = '-infinity'",
        ),
        update("seasons", "ends_at = starts_at + interval '1 microsecond'"),
    ),
    Case(
        "seasons",
        "scoring is LIFETIME or SEASON",
        words("seasons", "scoring", "", "season"),
        words("seasons", "scoring", "LIFETIME", "SEASON"),
    ),
    Case(
        "wallet_clusters",
        "the cluster_id is 1 to 64 letters, digits, _, . or -",
        [
            rename_cluster(name)
            for name in (
                "",
                LONG + "a",
                " a",
                "a ",
                "a b",
                ".",
                "..",
                "-a",
                "_a",
                "ä",
                "a/b",
                "a\n",
            )
        ],
        [rename_cluster(name) for name in (LONG, "0", "a.b_c-d", "A", "demo-0004")],
    ),
    Case(
        "wallet_clusters",
        "the cluster_id is no word of a path of the service",
        [rename_cluster(name) for name in ("search", "progress", "active", "me", "Me")],
        [rename_cluster(name) for name in ("search1", "mean", "me.", "activist")],
    ),
    Case(
        "wallet_links",
        "address is 0x and 40 lower-case hex digits",
        [
            link(address)
            for address in (
                *("", "0x", ADDRESS[:-1], ADDRESS + "1", ADDRESS.upper(), "0x" + "A1" * 20),
                *("0x" + "g1" * 20, " " + ADDRESS[:-1], "00" + "a1" * 20),
            )
        ],
        [link("0x" + "0" * 40), link("0x" + "9f" * 20)],
    ),
]
