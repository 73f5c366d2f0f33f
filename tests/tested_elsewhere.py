"""Functions and triggers of the schema app which integration/test_migrations_of_functions.py does
not call: they are tested where they are used."""

FUNCTIONS = {
    "as_of",
    "attach_log_partition",  # with detach_log_partition: chain/test_detached_partitions.py
    "await_entered",
    # with await_entered, end_verifying, enter_mart, lock_of_verifying and portion_of
    "begin_verifying",  # test_who_wins_while_a_mart_is_verified.py
    "called_value",  # chain/test_migration_of_facts_of_logs.py
    "calls_of_facts",  # chain/test_calls_in_explanations.py
    "change_notes_query",
    "compact_loaded_days",
    "columns_of_files",  # chain/test_pending_counts.py
    "complete_to",  # chain/test_complete_to.py
    "complete_to_of_boards",  # chain/test_complete_to.py
    "count_loaded_days",
    "count_pending",  # chain/test_pending_counts.py
    "create_log_partitions",  # chain/test_migration_of_chain_logs.py
    "delete_taken_changes",
    "deployed_definitions",
    "detach_log_partition",
    "due_notes_query",
    "end_verifying",
    "enter_mart",
    "environments",
    "expects_regular_runs",  # faults/test_what_the_doctor_passes_over.py
    # with forget_samples, remove_deleted_clusters and without_cluster
    "forget_clusters",  # in_process/test_a_deleted_account.py
    "forget_requested_ends",  # in_process/test_past_progress.py
    "forget_samples",
    "hash_of_rows",  # chain/test_migration_of_facts_of_logs.py
    "is_cluster_id",
    "is_end_current",  # in_process/test_past_progress.py
    "is_every_change_noted",
    "is_final",
    "is_removable_window",
    "is_reserved_id",
    "is_log_for",  # with log_word and logs_of_fact: chain/test_explained_logs.py
    "is_watched",
    "keep_definers_from_everybody",  # test_backups.py
    "keep_left_out_heroes",
    "keep_left_out_pets",
    "keys_of_notes",
    "later_stamps",  # faults/test_later_stamps.py
    "lock_of_verifying",
    "log_as_json",  # chain/test_proofs.py
    "log_word",
    "logs_of_fact",
    "mark_stale_boards",
    "now_outside_of_runs",  # with as_of, in test_migrations_of_functions.py
    "note_called",  # chain/test_calls_of_contracts.py
    "note_changed_links",
    "note_changed_players",
    "note_changed_seasons",
    # with points_verified and progress_verified
    "metrics_verified",  # test_readers_of_verified.py
    "note_children",  # chain/test_what_logs_give.py
    "note_clusters",
    "note_ends_of_requests",  # in_process/test_past_progress.py
    "note_generations",  # chain/test_versions.py
    "note_seasons",
    "note_undecoded",  # chain/test_migration_of_chain_logs.py
    "object_of_log",  # chain/test_versions.py
    "oldest_served_version",  # test_versions.py
    "points_verified",
    "portion_of",
    "progress_verified",
    "remove_deleted_clusters",
    "repair_later_stamps",  # faults/test_clocks.py
    "request_runs_of_links",
    "run_id",
    "running_windows",
    "see_changes",
    "stamped_columns",  # faults/test_later_stamps.py
    "take_changes",
    "time_as_instant",
    "time_of_log",  # chain/test_inputs_of_proofs.py
    "times_of",
    "use_environment",
    "value_edges",  # test_rarity.py, in_process/test_the_catalogue.py
    "wake_for_boards",
    "wake_for_requests",
    "wake_worker",
    "watch_facts",
    "watch_left_out_versions",
    "windows",
    "without_cluster",
    "without_wallets",  # in_process/test_what_strangers_learn.py
}
TRIGGERS = {
    ("app.wallet_clusters", "forget_deleted_clusters"),
    ("app.wallet_clusters", "forget_requested_ends"),
    ("app.wallet_clusters", "forget_samples"),
    ("app.etl_requests", "note_ends_of_requests"),
    ("app.wallet_links", "note_changed_links"),
    ("app.players", "note_changed_players"),
    ("app.seasons", "note_changed_seasons"),
    ("app.wallet_clusters", "note_deleted_clusters"),
    ("app.wallet_links", "note_deleted_links"),
    ("app.seasons", "note_deleted_seasons"),
    ("app.wallet_clusters", "note_new_clusters"),
    ("app.wallet_links", "note_new_links"),
    ("app.seasons", "note_new_seasons"),
    ("app.wallet_links", "request_runs_of_changed_links"),
    ("app.wallet_links", "request_runs_of_deleted_links"),
    ("app.wallet_links", "request_runs_of_new_links"),
    ("app.leaderboard_runs", "wake_for_boards"),
    ("app.etl_requests", "wake_for_requests"),
}
