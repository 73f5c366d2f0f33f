-- Exclusions, the newest first: one by its number, those that concern a cluster, those
-- that are valid now, or all. `concern` also names the clusters that have an excluded
-- wallet linked, and those whose wallet a fact names.
select
    known.exclusion_id,
    known.cluster_id,
    known.wallet_address,
    known.raw_table,
    known.fact,
    known.board_key,
    known.season_id,
    known.reason,
    known.created_at,
    known.created_by,
    known.ended_at,
    known.ended_by,
    known.end_reason,
    known.metric_source || '.' || known.metric_key as metric,
    nullif(known.starts_at, '-infinity') as starts_at,
    nullif(known.ends_at, 'infinity') as ends_at,
    case
        when now() >= least(known.ends_at, known.ended_at) then 'ended'
        when now() < known.starts_at then 'planned'
        else 'valid'
    end as state
from app.exclusions as known
where
    (%(exclusion)s::bigint is null or known.exclusion_id = %(exclusion)s)
    and (
        not %(only_valid)s
        or (
            known.starts_at <= now()
            and now() < least(known.ends_at, coalesce(known.ended_at, 'infinity'))
        )
    )
    and (
        %(cluster)s::text is null
        or known.exclusion_id in (
            select concerned.exclusion_id
            from app.exclusions_of_cluster(%(cluster)s) as concerned
        )
    )
    and known.exclusion_id < %(before)s
order by known.exclusion_id desc
limit %(limit)s
