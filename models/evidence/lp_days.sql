{# Days on which liquidity was worth a dollar. One row per unbroken span and window. #}
with

days as (

    select
        cluster_id,
        window_key,
        unnest(range_agg(active_days)) as span

    from {{ ref('lp_holdings') }}
    group by cluster_id, window_key

)

select
    cluster_id,
    window_key,
    lower(span) as first_day,
    upper(span) - 1 as last_day,
    upper(span) - lower(span) as days,
    lower(span)::timestamp at time zone 'UTC' as occurred_at

from days
