-- Within a transaction that is rolled back: an exclusion that is previewed, as a row of
-- app.exclusions under a number that no stored one has, valid as of the instant of the
-- preview.
insert into app.exclusions (
    exclusion_id, cluster_id, wallet_address, raw_table, fact, metric_source,
    metric_key, board_key, season_id, reason, starts_at, created_by
)
values (
    %(exclusion_id)s, %(cluster_id)s, %(wallet_address)s, %(raw_table)s, %(fact)s,
    %(metric_source)s, %(metric_key)s, %(board_key)s, %(season_id)s, %(reason)s,
    %(as_of)s, %(by)s
)
