"""The rules of the tables of events and webhooks, and the functions and triggers that write them.

test_migrations_of_app_tables.py executes the cases, test_migrations_of_functions.py compares the
names with the catalog.
"""

from tests.rules_of_the_app_tables import Case, update, words

_TYPES = (
    "progress.changed",
    "tier.reached",
    "tier.revoked",
    "board.completed",
    "board.corrected",
    "season.level_reached",
)
#: The event of the unlock of rules_of_the_app_tables.WORLD is the row that the cases change.
CHECKS = [
    Case(
        "events",
        "event_type is a type of event",
        words("events", "event_type", "", "progress", "Tier.reached"),
        words("events", "event_type", *_TYPES),
    ),
    Case(
        "events",
        "an event concerns a cluster, a board or everybody",
        [
            *update("events", "cluster_id = null", "leaderboard_key = 'b'"),
            *words("events", "event_type", "everything.changed"),
        ],
        update(
            "events",
            "cluster_id = null, leaderboard_key = 'b'",
            "cluster_id = null, event_type = 'everything.changed'",
        ),
    ),
    Case(
        "pruned_events",
        "there is one row of pruned events",
        update("pruned_events", "is_only = false"),
    ),
]
#: Functions of the schema app. integration/events tests them.
FUNCTIONS = (
    "begins_events",
    "delete_events_of_cluster",
    "how_to_tell",
    "number_events",
    "tell_changed_progress",
    "tell_changes",
    "tell_complete_board",
    "tell_new_progress",
    "tell_new_unlocks",
    "tell_of_run",
    "tell_of_undo",
    "tell_revoked_unlock",
    "tell_season_level",
    "utc_text",
)
TRIGGERS = (
    ("app.wallet_clusters", "delete_events_of_cluster"),
    ("app.untold_events", "number_events"),
    ("analytics.challenge_progress", "tell_changed_progress"),
    ("app.leaderboard_runs", "tell_complete_board"),
    ("analytics.season_progress", "tell_first_season_level"),
    ("analytics.challenge_progress", "tell_new_progress"),
    ("analytics.tier_unlocks", "tell_new_unlocks"),
    ("analytics.tier_unlocks", "tell_revoked_unlock"),
    ("analytics.season_progress", "tell_season_level"),
)
