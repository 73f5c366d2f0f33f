"""What the tables of buckets refuse, their keys, and their functions."""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case

WORLD = """
insert into app.buckets (bucket) values (1);
insert into app.bucket_tables (table_name, wallet_column) values ('pvp_matches', 'wallet_address');
insert into app.cluster_buckets (cluster_id, bucket) values ('c1', 1);
insert into app.copied_tables (table_name) values ('pvp_matches');
insert into app.copied_views (view_name) values ('windows');
"""
CHECKS = [
    Case(
        "buckets",
        "bucket is 1 to 64",
        ["update app.buckets set bucket = 0", "update app.buckets set bucket = 65"],
        ["update app.buckets set bucket = 64"],
    ),
]
REFERENCES = [
    Reference(
        "cluster_buckets_cluster_id_fkey",
        "update app.cluster_buckets set cluster_id = 'no'",
        "delete from app.wallet_links; delete from app.wallet_clusters",
        "app.cluster_buckets",
        cascades=True,
    ),
]

#: The functions of buckets and of their copies, which integration/test_buckets.py and
#: test_copies.py reach. Their triggers are there while clusters are divided, or copied.
FUNCTIONS = (
    "begin_copying",
    "bucket_marts",
    "buckets_of",
    "copy_facts",
    "create_copy",
    "create_table_of_bucket",
    "divide_verified",
    "drop_copies",
    "empty_copy",
    "end_copying",
    "fill_buckets",
    "own_buckets",
    "fill_copy",
    "hash_bucket",
    "join_buckets",
    "join_verified",
    "note_facts_to_copy",
    "note_table_to_copy",
    "note_wallets_to_copy",
    "note_wallets_to_place",
    "place_clusters",
    "places_of_copies",
    "place_updated_facts",
    "replace_moved_facts",
    "route_to_bucket",
    "split_into_buckets",
    "state_of_views",
    "watch_moving_facts",
)
TRIGGERS = ()
