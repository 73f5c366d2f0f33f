"""What is unique in the service's tables and the marts beside their primary keys.

test_migrations_of_app_tables.py executes the cases over the WORLD of rules_of_the_app_tables.py.
"""

from tests.rules_of_the_app_tables import ADDRESS, UNDO, UNLOCK, Case, link, season

#: Unique constraints, unique indexes and the exclusion constraint.
UNIQUE = [
    Case(
        "api_tokens",
        "api_tokens_token_hash_key",
        ["insert into app.api_tokens (name, role, token_hash) values ('t2', 'service', 'h')"],
        ["insert into app.api_tokens (name, role, token_hash) values ('t', 'admin', 'h2')"],
    ),
    Case(
        "database_roles",
        "one role migrates, and one runs",
        ["insert into app.database_roles (purpose, role_name) values ('run', 's')"],
        [
            "insert into app.database_roles (purpose, role_name)"
            " values ('migrate', 'r'), ('load', 'r'), ('load', 's')"
        ],
    ),
    Case(
        "etl_runs",
        "etl_runs_invocation_id_key",
        ["insert into app.etl_runs (invocation_id, kind, as_of) values ('i', 'DEPLOY', now())"],
        ["insert into app.etl_runs (invocation_id, kind, as_of) values ('j', 'FULL', now())"],
    ),
    Case(
        "players",
        "players_discord_id_key",
        ["insert into app.players (discord_id) values ('d1')"],
        ["insert into app.players (discord_id) values ('d4'), (null), (null)"],
    ),
    Case(
        "analytics.tier_unlocks",
        "tier_unlocks_not_revoked",
        [UNLOCK.format(2, "null")],
        [UNLOCK.format(2, "now()"), UNLOCK.format(3, "now()")],
    ),
    Case(
        "undos",
        "one undo is in progress at a time",
        [UNDO.format("null")],
        [UNDO.format("now()"), "update app.undos set finished_at = now(); " + UNDO.format("null")],
    ),
    Case(
        "wallet_clusters",
        "wallet_clusters_player_id_key",
        [
            "insert into app.wallet_clusters (cluster_id, player_id)"
            " select 'c3', player_id from app.wallet_clusters where cluster_id = 'c1'"
        ],
        [
            "insert into app.wallet_clusters (cluster_id, player_id)"
            " select 'c3', player_id from app.players where discord_id = 'd3'"
        ],
    ),
    Case(
        "wallet_links",
        "an address is active in at most one cluster",
        [link(ADDRESS), link(ADDRESS, "c2")],
        [
            link(ADDRESS, "c2", "unlinked_at", "now()"),
            f"update app.wallet_links set unlinked_at = now(); {link(ADDRESS, 'c2')}",
        ],
    ),
    Case(
        "wallet_links",
        "a cluster has at most one primary wallet",
        [link("0x" + "b1" * 20, "c1", "is_primary", "true")],
        [
            link("0x" + "b1" * 20, "c2", "is_primary", "true"),
            link("0x" + "b1" * 20, "c1", "is_primary", "false"),
            "update app.wallet_links set unlinked_at = now(); "
            + link("0x" + "b1" * 20, "c1", "is_primary", "true"),
        ],
    ),
    Case(
        "leaderboard_runs",
        "a board is computed once at a time",
        ["insert into app.leaderboard_runs (leaderboard_key, status) values ('b', 'PROCESSING')"],
        [
            "insert into app.leaderboard_runs (leaderboard_key) values ('b'), ('b')",
            "insert into app.leaderboard_defs"
            " (key, name, category_key, metric_source, metric_key, time_window)"
            " values ('b2', 'B', 'pvp', 'onchain_pvp', 'wins', 'ALL_TIME');"
            "insert into app.leaderboard_runs (leaderboard_key, status)"
            " values ('b2', 'PROCESSING')",
        ],
    ),
    Case(
        "seasons",
        "two active seasons do not overlap",
        [
            season("2026-05-31Z", "2026-07-01Z"),
            season("2026-04-01Z", "2026-05-01 00:00:00.000001Z"),
            season("2026-05-10Z", "2026-05-11Z"),
        ],
        [
            season("2026-06-01Z", "2026-07-01Z"),
            season("2026-04-01Z", "2026-05-01Z"),
            season("2026-05-10Z", "2026-05-11Z", "false"),
        ],
    ),
    Case(
        "completeness",
        "progress and each season are complete to one list",
        [
            "insert into app.completeness (season_id, run_id, chains) values (null, 2, '[]')",
            "insert into app.completeness (season_id, run_id, chains) values ('s', 2, '[]')",
        ],
        [
            "delete from app.completeness;"
            " insert into app.completeness (season_id, run_id, chains)"
            " values (null, 2, '[]'), ('s', 2, '[]')"
        ],
    ),
]
