{# Liquidity: value, pools, days, loyalty, harvests. One row per cluster and window. #}
with

holdings as (

    {{ lp_held() }}

),

pools as (

    select
        cluster_id,
        window_key,
        max(held_for) as held_for,
        range_agg(active_days) as active_days,
        sum(usd_value) as usd_value,
        0 as harvests

    from holdings
    group by cluster_id, window_key, chain_id, pool_id

    union all

    select
        cluster_id,
        window_key,
        null as held_for,
        null as active_days,
        null as usd_value,
        1 as harvests

    from {{ ref('lp_harvests') }}

),

metrics as (

    select
        cluster_id,
        window_key,
        coalesce(sum(usd_value), 0)::numeric(60, 6) as lp_usd_value,
        -- a position below one dollar (dust) does not count
        count(*) filter (where usd_value >= 1) as pool_count,
        (
            select coalesce(sum(upper(spans.days) - lower(spans.days)), 0)
            from unnest(range_agg(active_days)) as spans (days)
        ) as active_days,
        {{ whole_days('max(held_for)') }} as lp_duration_max_days,
        sum(harvests) as harvest_actions

    from pools
    group by cluster_id, window_key

)

select * from metrics
