"""The rules of the tables of merged accounts, as those of tests/rules_of_the_app_tables.py, and the
functions and triggers that tests/integration/merging is about."""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case, update, words

#: Two more clusters, of which one was merged into the other, with a link that moved.
WORLD = """
insert into app.players (discord_id) values ('m1'), ('m2');
insert into app.wallet_clusters (cluster_id, player_id)
select discord_id, player_id from app.players where discord_id in ('m1', 'm2');
update app.players set merged_into = (select player_id from app.players where discord_id = 'm1')
where discord_id = 'm2';
insert into app.wallet_links (cluster_id, address, unlinked_at)
values ('m2', '0x' || repeat('c9', 20), now());
insert into app.wallet_links (cluster_id, address) values ('m1', '0x' || repeat('c9', 20));
insert into app.cluster_merges (kept, absorbed, merged_by, undo_until, given_back)
values ('m1', 'm2', 'a test', now(), '{}');
insert into app.merged_links (ended_link, begun_link, merge_id)
select ended.link_id, begun.link_id, merges.merge_id
from app.wallet_links as ended, app.wallet_links as begun, app.cluster_merges as merges
where ended.cluster_id = 'm2' and begun.cluster_id = 'm1';
insert into app.carried_unlocks (merge_id, challenge_key, tier_code, kind, came)
select merge_id, 'x', 'BASIC', 'TIER', '{}' from app.cluster_merges
"""
_MERGE = (
    "insert into app.cluster_merges (kept, absorbed, merged_by, undo_until, given_back,"
    " undone_at, undone_by) values ('m1', 'm2', 'a test', now(), '{{}}', {})"
)
CHECKS = [
    Case(
        "players",
        "a player is not merged into itself",
        update("players", "merged_into = player_id"),
    ),
    Case(
        "cluster_merges",
        "a cluster is not merged into itself",
        update("cluster_merges", "kept = absorbed"),
    ),
    Case(
        "cluster_merges",
        "an undo says who did it",
        update("cluster_merges", "undone_at = now()", "undone_by = 'a test'"),
        update("cluster_merges", "undone_at = now(), undone_by = 'a test'"),
    ),
    Case(
        "cluster_merges",
        "a cluster is absorbed by one other",
        [_MERGE.format("null, null")],
        [_MERGE.format("now(), 'a test'")],
    ),
    Case(
        "wallet_challenges",
        "a message is to link or to merge",
        words("wallet_challenges", "purpose", "", "MERGE", "sign"),
        words("wallet_challenges", "purpose", "link", "merge"),
    ),
]
REFERENCES = [
    Reference(
        "players_merged_into_fkey",
        "update app.players set merged_into = -1",
        "delete from app.wallet_links where cluster_id = 'm1';"
        " delete from app.wallet_clusters where cluster_id = 'm1';"
        " delete from app.players where discord_id = 'm1'",
        "app.players",
        cascades=False,
    ),
    *(
        Reference(
            f"cluster_merges_{column}_fkey",
            f"update app.cluster_merges set {column} = 'no'",
            f"delete from app.wallet_links where cluster_id = '{cluster}';"
            f" delete from app.wallet_clusters where cluster_id = '{cluster}'",
            "app.cluster_merges",
            cascades=True,
        )
        for column, cluster in (("kept", "m1"), ("absorbed", "m2"))
    ),
    *(
        Reference(
            f"merged_links_{column}_fkey",
            f"update app.merged_links set {column} = -1",
            f"delete from app.wallet_links where cluster_id = '{cluster}'",
            "app.merged_links",
            cascades=True,
        )
        for column, cluster in (("ended_link", "m2"), ("begun_link", "m1"))
    ),
    *(
        Reference(
            f"{table}_merge_id_fkey",
            f"update app.{table} set merge_id = -1",
            "delete from app.cluster_merges",
            f"app.{table}",
            cascades=True,
        )
        for table in ("merged_links", "carried_unlocks")
    ),
]
FUNCTIONS = (
    "carry_unlocks",
    "follow_merge",
    "follow_merges",
    "instant_of_unlock",
    "lock_for_merge",
    "merge_clusters",
    "move_links",
    "promote_wallet",
    "refuse_links_of_absorbed_clusters",
    "remaining_cluster",
    "remove_absorbed_clusters",
    "return_unlocks",
    "split_clusters",
)
TRIGGERS = (("app.wallet_links", "refuse_links_of_absorbed_clusters"),)
