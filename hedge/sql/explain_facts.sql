-- The facts behind a metric of a cluster in a window: the newest facts that count
-- behind an offset, one row for each reason for which rows are excluded, and one row
-- about all of them (part all). What counts without a natural key is no fact, but the
-- rounding of the value. Private facts, from Discord, are only part of the sum
-- unless sees_private is true; natural keys lack what identifies a wallet (addresses,
-- hashes of transactions and the places of logs) unless sees_wallets is true.
with

evidence as materialized (
    select
        metric_evidence.*,
        metric_evidence.is_private and not %(sees_private)s as is_hidden,
        metric_evidence.natural_key is null
        and metric_evidence.passed_over is null as is_rounding
    from analytics.metric_evidence
    where
        metric_evidence.cluster_id = %(cluster)s
        and metric_evidence.window_key = %(window)s
        and metric_evidence.metric_source = %(metric_source)s
        and metric_evidence.metric_key = %(metric_key)s
),

facts as (
    select
        'fact' as part,
        occurred_at,
        what,
        case
            when %(sees_wallets)s then natural_key
            else (
                select coalesce(jsonb_object_agg(columns.key, columns.value), '{}')
                from jsonb_each(evidence.natural_key) as columns
                where
                    columns.key <> 'log_index'
                    -- in whatever column it is: 40 digits are an address, 64 a hash
                    and columns.value #>> '{}' !~* '0x[0-9a-f]{40}'
            )
        end as natural_key,
        trim_scale(contribution) as contribution,
        null::numeric as rounding,
        null as reason,
        1 as number,
        null::boolean as is_all,
        null::boolean as adds_up
    from evidence
    where passed_over is null and not is_hidden and not is_rounding
    order by occurred_at desc nulls last, contribution desc, natural_key asc
    limit %(limit)s offset %(offset)s
)

select * from facts

union all

(
    select
        'excluded' as part,
        null as occurred_at,
        null as what,
        null as natural_key,
        null as contribution,
        null as rounding,
        passed_over as reason,
        count(*) as number,
        null as is_all,
        null as adds_up
    from evidence
    where passed_over is not null and not is_hidden
    group by passed_over
    order by count(*) desc, passed_over asc
)

union all

select
    'all' as part,
    null as occurred_at,
    null as what,
    null as natural_key,
    trim_scale(
        coalesce(sum(contribution) filter (where not is_rounding), 0)
    ) as contribution,
    trim_scale(
        coalesce(sum(contribution) filter (where is_rounding), 0)
    ) as rounding,
    null as reason,
    count(*) filter (
        where passed_over is null and not is_hidden and not is_rounding
    ) as number,
    coalesce(not bool_or(is_hidden), true) as is_all,
    -- values are kept with six decimals
    round(coalesce(sum(contribution), 0), 6) = %(value)s::numeric as adds_up
from evidence
