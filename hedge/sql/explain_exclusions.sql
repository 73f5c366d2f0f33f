-- The exclusions that begin or cease to concern a value of a cluster between two
-- instants, by their numbers then: its own, those of wallets that it has or had linked,
-- and those of facts that name such a wallet.
select
    known.exclusion_id,
    known.reason,
    known.cluster_id,
    known.wallet_address,
    known.raw_table,
    known.fact,
    known.metric_source || '.' || known.metric_key as metric,
    case
        when known.exclusion_id = any(%(exclusions_after)s::bigint[]) then 'begun'
        else 'ended'
    end as change,
    case
        when known.exclusion_id = any(%(exclusions_after)s::bigint[])
            then greatest(known.created_at, known.starts_at)
        else least(known.ends_at, known.ended_at)
    end as happened_at
from app.exclusions as known
where
    %(has_value_before)s
    and known.exclusion_id = any(
        %(exclusions_before)s::bigint[] || %(exclusions_after)s::bigint[]
    )
    and (known.exclusion_id = any(%(exclusions_before)s::bigint[]))
    <> (known.exclusion_id = any(%(exclusions_after)s::bigint[]))
    and (
        known.metric_source is null
        or (known.metric_source, known.metric_key)
        = (%(metric_source)s, %(metric_key)s)
        or known.metric_source in (
            select inputs.input_source from analytics.metric_inputs as inputs
            where
                inputs.metric_source = %(metric_source)s
                and inputs.metric_key = %(metric_key)s
        )
    )
    and (
        known.exclusion_id in (
            select concerned.exclusion_id
            from app.exclusions_of_cluster(%(cluster)s) as concerned
        )
        or known.wallet_address in (
            select links.address from app.wallet_links as links
            where links.cluster_id = %(cluster)s
        )
    )
order by happened_at, known.exclusion_id
