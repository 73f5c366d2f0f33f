"""The rules of the tables of exclusions, as those of tests/rules_of_the_app_tables.py."""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case

WORLD = (
    "insert into app.exclusions (cluster_id, reason, created_by)"
    " values ('an excluded one', 'unfair', 'ada');"
    "insert into app.exclusion_previews (exclusion_id, asked_by)"
    " select min(exclusion_id), 'ada' from app.exclusions;"
    "insert into app.suspect_decisions (proposal, rule, cluster_ids, facts, last_at,"
    " found_reason, decision, reason, decided_by)"
    " values ('p', 'r', '{a}', 1, now(), 'f', 'DISMISSED', 'r', 'ada')"
)


def insert(**columns: str) -> str:
    """A statement that inserts an exclusion of a cluster with other columns, as expressions."""
    given = {"cluster_id": "'busy'", "reason": "'unfair'", "created_by": "'ada'"} | columns
    return f"insert into app.exclusions ({', '.join(given)}) values ({', '.join(given.values())})"


def preview(**columns: str) -> str:
    """A statement that inserts a preview with other columns, as expressions."""
    given = {"wanted": "'{}'", "asked_by": "'ada'"} | columns
    names = f"app.exclusion_previews ({', '.join(given)})"
    return f"insert into {names} values ({', '.join(given.values())})"


def decision(**columns: str) -> str:
    """A statement that inserts a dismissal of a proposal with other columns, as expressions."""
    given = {
        **{"proposal": "'p'", "rule": "'r'", "cluster_ids": "'{a}'", "facts": "1"},
        **{"last_at": "now()", "found_reason": "'f'", "decision": "'DISMISSED'"},
        **{"reason": "'r'", "decided_by": "'ada'"},
    } | columns
    names = f"app.suspect_decisions ({', '.join(given)})"
    return f"insert into {names} values ({', '.join(given.values())})"


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

REFERENCES = [
    Reference(
        "exclusion_previews_exclusion_id_fkey",
        preview(wanted="null", exclusion_id="-1"),
        "alter table app.exclusions disable trigger keep_exclusions;"
        "delete from app.exclusions;"
        "alter table app.exclusions enable trigger keep_exclusions",
        "app.exclusion_previews",
        cascades=True,
    ),
]

CHECKS += [
    Case(
        "exclusion_previews",
        "a preview is of a new exclusion or of the end of one",
        [preview(wanted="null"), preview(exclusion_id="1")],
        [preview()],
    ),
    Case(
        "exclusion_previews",
        "a finished preview has an answer or an error",
        [
            preview(answer="'{}'"),
            preview(error="'no'"),
            preview(finished_at="now()"),
            preview(finished_at="now()", answer="'{}'", error="'no'"),
        ],
        [
            preview(finished_at="now()", answer="'{}'"),
            preview(finished_at="now()", error="'no'"),
        ],
    ),
    Case(
        "suspect_decisions",
        "a decision is ACCEPTED or DISMISSED",
        [decision(decision="'MAYBE'")],
        [decision(), decision(decision="'ACCEPTED'", exclusion_ids="'{1}'")],
    ),
    Case(
        "suspect_decisions",
        "what is accepted makes exclusions",
        [decision(decision="'ACCEPTED'"), decision(exclusion_ids="'{1}'")],
        [decision(decision="'ACCEPTED'", exclusion_ids="'{1}'")],
    ),
    Case(
        "suspect_decisions",
        "the reason of a decision is 1 to 500 characters",
        [decision(reason="' '"), decision(reason="repeat('a', 501)")],
        [decision(reason="'a'"), decision(reason="repeat('a', 500)")],
    ),
    Case(
        "suspect_decisions",
        "a decision says by whom",
        [decision(decided_by="' '")],
        [decision(decided_by="'ada'")],
    ),
]

#: The functions of exclusions, which test_exclusions.py and comparisons with the oracle call.
FUNCTIONS = (
    "clusters_of_exclusion",
    "counted_exclusions",  # test_shares_of_a_difference.py
    "counted_metrics",
    "excluded_clusters",
    "excluded_facts",
    "excluded_from_board",
    "excluded_from_rewards",  # in_process/test_rewards_of_merged_accounts.py
    "excluded_from_season",
    "excluded_wallets",
    "exclusions_of_cluster",
    "exclusions_of_values",  # test_shares_of_a_difference.py
    # with forget_previews and forget_suspects: in_process/test_a_deleted_account.py
    "follow_planned_exclusions",  # with touch_excluded_fact: test_what_exclusions_concern.py
    "forget_exclusions",
    "forget_previews",
    "forget_suspects",
    "has_excluded_metrics",
    "is_excluded_from_metric",
    "keep_exclusions",
    "links_as_of",  # test_shares_of_a_difference.py
    "mark_boards_of_exclusion",
    "note_exclusion",
    "open_suspects",  # with suspects: test_suspects.py
    "previewed_exclusion",  # preview/test_exclusion_preview.py
    "suspects",
    "touch_excluded_fact",
    "wake_for_previews",  # acceptance/test_exclusions_in_a_browser.py
)
TRIGGERS = (
    ("app.exclusions", "keep_exclusions"),
    ("app.wallet_clusters", "forget_exclusions"),
    ("app.wallet_clusters", "forget_previews"),
    ("app.wallet_clusters", "forget_suspects"),
    ("app.exclusion_previews", "wake_for_previews"),
)
