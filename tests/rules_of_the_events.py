"""The rules of the tables of events and webhooks, and the functions and triggers that write them.

test_migrations_of_app_tables.py executes the cases, test_migrations_of_functions.py compares the
names with the catalog.
"""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case, update, words

#: What the cases build on, beside rules_of_the_app_tables.WORLD, whose unlock is an event.
WORLD = """
insert into analytics.progress_history (cluster_id, challenge_key, as_of, value, tier)
values ('c1', 'x', now(), 1, 'NONE');
insert into app.webhooks (url, secret, planned_until)
values ('https://a.b', repeat('k', 24)::bytea, 0);
insert into app.webhook_deliveries (webhook_id, event_id) select 1, min(event_id) from app.events
"""
_TYPES = (
    "progress.changed",
    "tier.reached",
    "tier.revoked",
    "board.completed",
    "board.corrected",
    "season.level_reached",
    "reward.entitled",
    "reward.claimed",
    "reward.fulfilled",
    "reward.refused",
    "reward.lapsed",
    "reward.taken_back",
)
_LONG = "https://" + "a" * 992
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
    Case(
        "webhooks",
        "url is an http or https address of at most 1000 characters",
        words("webhooks", "url", "", "a.b", "ftp://a.b", "https://", "https://a b", _LONG + "a"),
        words("webhooks", "url", "http://a", "https://a.b/c?d", _LONG),
    ),
    Case(
        "webhooks",
        "event_types has known types",
        update("webhooks", "event_types = '{}'", "event_types = '{tier.reached,tier.lost}'"),
        [
            *update("webhooks", "event_types = null"),
            *(
                update("webhooks", f"event_types = '{{{one}}}'")[0]
                for one in (*_TYPES, "everything.changed")
            ),
        ],
    ),
    Case(
        "webhooks",
        "a secret has 24 to 64 bytes",
        update("webhooks", "secret = repeat('k', 23)::bytea", "secret = repeat('k', 65)::bytea"),
        update("webhooks", "secret = repeat('k', 24)::bytea", "secret = repeat('k', 64)::bytea"),
    ),
    Case(
        "webhook_deliveries",
        "state is a state of a delivery",
        words("webhook_deliveries", "state", "", "waiting", "PARKED"),
        words("webhook_deliveries", "state", "WAITING", "DELIVERED", "FAILED"),
    ),
    Case(
        "webhook_deliveries",
        "an event is delivered to a webhook once",
        [
            "insert into app.webhook_deliveries (webhook_id, event_id)"
            " select webhook_id, event_id from app.webhook_deliveries"
        ],
    ),
]
#: Functions of the schema app. integration/events tests them.
FUNCTIONS = (
    "begins_events",
    "create_progress_history",
    "definitions_of_this_run",
    "delete_events_of_cluster",
    "event_message",
    "forget_deleted_clusters",
    "how_to_tell",
    "number_events",
    "start_of_this_run",
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
REFERENCES = [
    Reference(
        "webhook_deliveries_webhook_id_fkey",
        "update app.webhook_deliveries set webhook_id = -1",
        "delete from app.webhooks",
        "app.webhook_deliveries",
        cascades=True,
    ),
    Reference(
        "webhook_deliveries_event_id_fkey",
        "update app.webhook_deliveries set event_id = -1",
        "delete from app.events",
        "app.webhook_deliveries",
        cascades=True,
    ),
]
TRIGGERS = (
    ("app.wallet_clusters", "delete_events_of_cluster"),
    ("analytics.challenge_progress", "forget_deleted_clusters"),
    ("app.untold_events", "number_events"),
    ("analytics.challenge_progress", "tell_changed_progress"),
    ("app.leaderboard_runs", "tell_complete_board"),
    ("analytics.season_progress", "tell_first_season_level"),
    ("analytics.challenge_progress", "tell_new_progress"),
    ("analytics.tier_unlocks", "tell_new_unlocks"),
    ("analytics.tier_unlocks", "tell_revoked_unlock"),
    ("analytics.season_progress", "tell_season_level"),
)
