"""The rules of the tables of chains that are followed, as those of
tests/rules_of_the_app_tables.py."""

from tests.rules_of_the_app_tables import Case, update

WORLD = """
insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)
values (5, 8, sha256(''), now());
insert into app.chain_followers (chain_id) values (5);
insert into app.chain_coverage (chain_id, address, contract, from_block)
values (5, substr(sha256(''), 1, 20), 'c', 7);
insert into app.chain_backfills (chain_id, from_block, to_block) values (5, 7, 7);
insert into app.chain_wanted_calls values (5, 'a', 'f(uint256)', 1, 7, false, 'heroes');
insert into app.pending_counts values ('heroes', 5, '{rarity}', '', 1);
insert into app.chain_reorganizations (chain_id, ancestor_number, lost_number, lost_logs)
values (5, 7, 8, 0);
insert into app.completeness (season_id, run_id, chains)
values (null, 1, '[]'), ('s', 1, '[]')
"""
CHECKS = [
    *(
        Case(
            table,
            "chain_id is 1 or more",
            update(table, "chain_id = 0"),
            update(table, "chain_id = 1"),
        )
        for table in (
            "chain_backfills",
            "chain_coverage",
            "chain_cursors",
            "chain_followers",
            "chain_reorganizations",
        )
    ),
    Case(
        "chain_cursors",
        "block_number is 0 or more",
        update("chain_cursors", "block_number = -1"),
        update("chain_cursors", "block_number = 0"),
    ),
    Case(
        "chain_cursors",
        "block_hash is 32 bytes",
        update("chain_cursors", "block_hash = ''", "block_hash = block_hash || '\\x00'"),
    ),
    Case(
        "chain_followers",
        "what fails has an error",
        update("chain_followers", "error = 'no'", "failing_since = now()"),
        update("chain_followers", "error = 'no', failing_since = now()"),
    ),
    Case(
        "chain_followers",
        "what is halted fails",
        update("chain_followers", "is_halted = true"),
        update("chain_followers", "error = 'no', failing_since = now(), is_halted = true"),
    ),
    Case(
        "chain_coverage",
        "address is 20 bytes",
        update("chain_coverage", "address = ''", "address = address || '\\x00'"),
    ),
    Case(
        "chain_coverage",
        "a contract is in use from block 0 or later",
        update("chain_coverage", "from_block = -1"),
        update("chain_coverage", "from_block = 0"),
    ),
    Case(
        "chain_coverage",
        "a contract ends after it begins",
        update("chain_coverage", "to_block = 6"),
        update("chain_coverage", "to_block = 7"),
    ),
    Case(
        "chain_backfills",
        "a backfill goes upwards from block 0",
        update("chain_backfills", "from_block = -1", "to_block = 6"),
        update("chain_backfills", "from_block = 0", "to_block = 8"),
    ),
    Case(
        "chain_reorganizations",
        "an ancestor is below what is lost",
        update("chain_reorganizations", "ancestor_number = 8"),
        update("chain_reorganizations", "ancestor_number = 0"),
    ),
    Case(
        "chain_reorganizations",
        "lost_logs is 0 or more",
        update("chain_reorganizations", "lost_logs = -1"),
        update("chain_reorganizations", "lost_logs = 1"),
    ),
    Case("chain_wakes", "chain_wakes_is_only_check", update("chain_wakes", "is_only = false")),
]
