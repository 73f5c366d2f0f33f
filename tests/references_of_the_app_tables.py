"""The foreign keys of the service's tables and the marts, each with a statement that it refuses.

test_migrations_of_app_tables.py executes them in a database with the rows of WORLD.
"""

from typing import NamedTuple


class Reference(NamedTuple):
    """A foreign key: a statement that names what does not exist, and one that deletes what is
    named; with it either the rows that name it go, or it is refused."""

    name: str
    dangling: str
    deletes: str
    table: str
    cascades: bool


REFERENCES = [
    Reference(
        "leaderboard_entries_run_id_fkey",
        "update analytics.leaderboard_entries set run_id = -1",
        "delete from app.leaderboard_runs",
        "analytics.leaderboard_entries",
        cascades=True,
    ),
    Reference(
        "leaderboard_runs_leaderboard_key_fkey",
        "update app.leaderboard_runs set leaderboard_key = 'no'",
        "delete from app.leaderboard_defs",
        "app.leaderboard_runs",
        cascades=True,
    ),
    Reference(
        "names_of_players_player_id_fkey",
        "update app.names_of_players set player_id = -1",
        "delete from app.wallet_links; delete from app.wallet_clusters; delete from app.players",
        "app.names_of_players",
        cascades=True,
    ),
    Reference(
        "completeness_season_id_fkey",
        "update app.completeness set season_id = 'no' where season_id is not null",
        "delete from app.rewards; delete from app.reward_definitions; delete from app.seasons",
        "app.completeness where season_id is not null",
        cascades=True,
    ),
    Reference(
        "season_challenge_weights_season_id_fkey",
        "update app.season_challenge_weights set season_id = 'no'",
        "delete from app.rewards; delete from app.reward_definitions; delete from app.seasons",
        "app.season_challenge_weights",
        cascades=True,
    ),
    Reference(
        "sessions_player_id_fkey",
        "update app.sessions set player_id = -1",
        "delete from app.wallet_links; delete from app.wallet_clusters; delete from app.players",
        "app.sessions",
        cascades=True,
    ),
    Reference(
        "sessions_token_id_fkey",
        "update app.sessions set token_id = -1",
        "delete from app.api_tokens",
        "app.sessions",
        cascades=True,
    ),
    Reference(
        "wallet_challenges_cluster_id_fkey",
        "update app.wallet_challenges set cluster_id = 'no'",
        "delete from app.wallet_links; delete from app.wallet_clusters",
        "app.wallet_challenges",
        cascades=True,
    ),
    Reference(
        "wallet_clusters_player_id_fkey",
        "update app.wallet_clusters set player_id = -1 where cluster_id = 'c1'",
        "delete from app.players",
        "app.wallet_clusters",
        cascades=False,
    ),
    Reference(
        "wallet_links_cluster_id_fkey",
        "update app.wallet_links set cluster_id = 'no'",
        "delete from app.wallet_clusters",
        "app.wallet_links",
        cascades=False,
    ),
]
