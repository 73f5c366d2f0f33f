"""The rules of the table app.exclusions, as those of tests/rules_of_the_app_tables.py."""

from tests.rules_of_the_app_tables import Case

WORLD = (
    "insert into app.exclusions (cluster_id, reason, created_by)"
    " values ('an excluded one', 'unfair', 'ada')"
)


def insert(**columns: str) -> str:
    """A statement that inserts an exclusion of a cluster with other columns, as expressions."""
    given = {"cluster_id": "'busy'", "reason": "'unfair'", "created_by": "'ada'"} | columns
    return f"insert into app.exclusions ({', '.join(given)}) values ({', '.join(given.values())})"


WALLET = {"cluster_id": "null", "wallet_address": f"'0x{1:040x}'"}
FACT = {"cluster_id": "null", "raw_table": "'pvp_matches'", "fact": "'{}'"}

CHECKS = [
    Case(
        "exclusions",
        "an exclusion is of one cluster, one wallet or one fact",
        [
            insert(cluster_id="null"),
            insert(wallet_address=WALLET["wallet_address"]),
            insert(**FACT | {"fact": "null"}),
            insert(fact="'{}'"),
        ],
        [insert(), insert(**WALLET)],
    ),
    Case(
        "exclusions",
        "an exclusion is from one metric, board, season or everything",
        [insert(board_key="'a'", season_id="'b'"), insert(metric_source="'a'")],
        [
            insert(board_key="'a'"),
            insert(season_id="'b'"),
            insert(metric_source="'a'", metric_key="'b'"),
        ],
    ),
    Case(
        "exclusions",
        "a wallet or a fact is excluded from everything",
        [insert(**WALLET, board_key="'a'"), insert(**FACT, season_id="'b'")],
        [insert(**WALLET)],
    ),
    Case(
        "exclusions",
        "a wallet is 0x and 40 lower-case hex digits",
        [insert(**WALLET | {"wallet_address": "'0x1'"})],
        [insert(**WALLET)],
    ),
    Case(
        "exclusions",
        "the reason is 1 to 500 characters",
        [insert(reason="' '"), insert(reason="repeat('a', 501)")],
        [insert(reason="'a'"), insert(reason="repeat('a', 500)")],
    ),
    Case(
        "exclusions",
        "an exclusion begins before it ends",
        [insert(starts_at="'2026-01-01Z'", ends_at="'2026-01-01Z'")],
        [insert(starts_at="'2026-01-01Z'", ends_at="'2026-01-02Z'")],
    ),
    Case(
        "exclusions",
        "an exclusion says by whom",
        [insert(created_by="''"), insert(ended_at="now()"), insert(ended_by="'ada'")],
        [insert(ended_at="now()", ended_by="'ada'")],
    ),
]

#: The functions of exclusions, which test_exclusions.py and comparisons with the oracle call.
FUNCTIONS = (
    "clusters_of_exclusion",
    "counted_metrics",
    "excluded_clusters",
    "excluded_facts",
    "excluded_from_board",
    "excluded_from_rewards",  # in_process/test_rewards_of_merged_accounts.py
    "excluded_from_season",
    "excluded_wallets",
    "exclusions_of_cluster",
    "forget_exclusions",  # in_process/test_a_deleted_account.py
    "has_excluded_metrics",
    "is_excluded_from_metric",
    "keep_exclusions",
    "mark_boards_of_exclusion",
    "note_exclusion",
)
TRIGGERS = (
    ("app.exclusions", "keep_exclusions"),
    ("app.wallet_clusters", "forget_exclusions"),
)
