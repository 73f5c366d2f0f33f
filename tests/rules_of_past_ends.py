"""The rules of the table app.past_ends and of the requests for its rows, as those of
tests/rules_of_the_app_tables.py."""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case, update

WORLD = """
insert into app.past_ends (cluster_id, ends_at, changes) values ('c1', '2026-05-01Z', 3)
"""
COMPUTED = "progress = '{}', run_id = 1, computed_changes"
REQUEST = "insert into app.etl_requests (kind, cluster_id, reason) values"

CHECKS = [
    Case(
        "past_ends",
        "an end that was computed has progress, a run and changes",
        update("past_ends", "progress = '{}'", "run_id = 1", "computed_changes = 0"),
        update("past_ends", f"{COMPUTED} = 0", "definitions = 'd'"),
    ),
    Case(
        "past_ends",
        "no more changes are computed than there are",
        update("past_ends", f"{COMPUTED} = 4"),
        update("past_ends", f"{COMPUTED} = 3"),
    ),
    Case(
        "etl_requests",
        "the ends of a cluster are requested once",
        [f"{REQUEST} ('ENDS', 'c1', 'why'), ('ENDS', 'c1', 'why')"],
        [f"{REQUEST} ('ENDS', 'c1', 'why'), ('ENDS', 'c2', 'why'), ('CLUSTER', 'c1', 'why')"],
    ),
]
REFERENCES = [
    Reference(
        "past_ends_cluster_id_fkey",
        "update app.past_ends set cluster_id = 'no'",
        "delete from app.wallet_links; delete from app.wallet_clusters",
        "app.past_ends",
        cascades=True,
    ),
]
