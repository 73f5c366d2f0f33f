"""The primary keys of the service's tables and the marts.

test_migrations_of_app_tables.py inserts the same row twice into each of them.
"""

#: The primary keys of tables: a copy of a row is refused.
KEYS = {
    "app.api_tokens": "token_id",
    "app.backups": "id",
    "app.cluster_corrections": "cluster_id table_name",
    "app.data_test_results": "name",
    "app.deployed_projects": "definitions",
    "app.deployed_views": "name",
    "app.etl_requests": "request_id",
    "app.etl_runs": "run_id",
    "app.events": "event_id",
    "app.leaderboard_defs": "key",
    "app.leaderboard_runs": "id",
    "app.made_up_world": "is_only",
    "app.metric_source_tables": "metric_source table_name",
    "app.names_of_players": "player_id",
    "app.players": "player_id",
    "app.pruned_events": "is_only",
    "app.rate_limits": "subject_hash",
    "app.renames": "rename_id",
    "app.season_challenge_weights": "season_id challenge_code",
    "app.seasons": "id",
    "app.sessions": "session_hash",
    "app.undos": "undo_id",
    "app.untold_events": "place",
    "app.wallet_challenges": "nonce",
    "app.wallet_clusters": "cluster_id",
    "app.wallet_links": "link_id",
    "app.wallet_moves": "move_id",
    "app.watched_tables": "table_name",
    "app.webhook_deliveries": "delivery_id",
    "app.webhooks": "webhook_id",
    "analytics.challenge_progress": "cluster_id challenge_key",
    "analytics.cluster_metrics": "cluster_id window_key",
    "analytics.leaderboard_entries": "run_id cluster_id",
    "analytics.progress_history": "cluster_id as_of challenge_key",
    "analytics.season_progress": "season_id cluster_id",
    "analytics.tier_unlocks": "cluster_id challenge_key tier_code kind unlocked_at",
}
