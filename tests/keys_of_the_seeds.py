"""The keys of the seeds, and rows that repeat one."""

#: The keys of the seeds that have rows. A row that repeats one has no other column in common.
KEYS = [
    ("categories", "key"),
    ("chain_calls", "raw_table, column_name"),
    ("chain_contracts", "chain_id, address"),
    ("chain_events", "contract, event"),
    ("chain_fact_columns", "raw_table, column_name"),
    ("chain_fact_tables", "raw_table"),
    ("chains", "chain_id"),
    ("challenges", "key"),
    ("code_values", "code, value"),
    ("elite_difficulties", "difficulty"),
    ("gene_layout", "position"),
    ("hero_traits", "trait, gene"),
    ("hero_traits", "trait, name"),
    ("lp_pools", "chain_id, pool_id"),
    ("mastery_weights", "score, metric_source, metric_key"),
    ("metrics", "metric_source, metric_key"),
    ("mutation_pairs", "trait, child"),
    ("pet_families", "family"),
    ("player_action_kinds", "action_kind"),
    ("relic_items", "item_address"),
    ("season_levels", "level"),
    ("vendor_methods", "method"),
]
#: The seeds that come without rows.
WITHOUT_ROWS = {
    *("renames", "leagues", "league_points"),
    *("enemy_pools", "pet_appearances", "vendors"),
}
#: Statements that repeat a key, one for each key of a seed.
REPEATED = [
    f"insert into analytics.{seed} ({key}) select {key} from analytics.{seed} limit 1"
    for seed, key in KEYS
] + [
    "insert into analytics.renames values ('challenge', 'a', 'b'), ('challenge', 'a', 'c')",
    "insert into analytics.leagues (key, name) values ('a', 'b'), ('a', 'c')",
    "insert into analytics.league_points values ('a', 1, 1, 1), ('a', 1, 2, 2)",
    "insert into analytics.enemy_pools values (1, 'a'), (1, 'b')",
    "insert into analytics.pet_appearances (appearance) values (1), (1)",
    "insert into analytics.vendors (chain_id, address) values (1, 'a'), (1, 'a')",
]
