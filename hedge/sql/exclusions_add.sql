-- Makes an exclusion. It begins at once where no instant is named.
insert into app.exclusions (
    cluster_id, wallet_address, raw_table, fact, metric_source, metric_key,
    board_key, season_id, reason, starts_at, ends_at, created_by
)
values (
    %(cluster_id)s, %(wallet_address)s, %(raw_table)s, %(fact)s, %(metric_source)s,
    %(metric_key)s, %(board_key)s, %(season_id)s, %(reason)s,
    coalesce(%(starts_at)s::timestamptz, now()),
    coalesce(%(ends_at)s::timestamptz, 'infinity'), %(by)s
)
returning exclusion_id
