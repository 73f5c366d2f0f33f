{# Days on which liquidity was worth a dollar. One row per unbroken span and window. #}
with

days as (

    select
        cluster_id,
        window_key,
        unnest(range_agg(active_days)) as days_held

    from {{ ref('lp_holdings') }}
    group by cluster_id, window_key

)

select
    cluster_id,
    window_key,
    lower(days_held) as first_day,
    upper(days_held) - 1 as last_day,
    upper(days_held) - lower(days_held) as day_count,
    lower(days_held)::timestamp at time zone 'UTC' as occurred_at

from days
