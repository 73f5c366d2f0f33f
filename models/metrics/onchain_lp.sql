{# Liquidity: value, pools, days, loyalty, harvests. One row per cluster and window. #}
with

positions as (

    select
        *,
        {{ utc_day('held_from') }} as first_day,
        {{ utc_day('held_until', just_before=true) }} as last_day,
        {{ utc_day('window_ends_at', just_before=true) }} as end_day

    from {{ ref('lp_positions') }}

),

valued as (

    select
        positions.*,
        case
            when positions.is_held_at_the_end
                then positions.lp_amount * (
                    select prices.usd_per_lp
                    from {{ ref('stg_lp_prices') }} as prices
                    where
                        prices.chain_id = positions.chain_id
                        and prices.pool_id = positions.pool_id
                        and prices.price_date <= positions.end_day
                    order by prices.price_date desc
                    limit 1
                )
        end as usd_value,
        -- the days on which it was worth a dollar: all with a price where even the
        -- lowest suffices, else only those whose price does
        case
            when positions.lp_amount * floors.usd_per_lp >= 1
                then datemultirange({{ days_from_to(
                    'greatest(positions.first_day, floors.priced_from)',
                    'positions.last_day',
                ) }})
            else (
                select range_agg({{ days_from_to(
                    'greatest(positions.first_day, prices.priced_from)',
                    'least(positions.last_day, prices.priced_until - 1)',
                ) }})
                from {{ ref('lp_price_spans') }} as prices
                where
                    prices.chain_id = positions.chain_id
                    and prices.pool_id = positions.pool_id
                    and positions.lp_amount * prices.usd_per_lp >= 1
            )
        end as active_days

    from positions
    left join {{ ref('lp_price_floors') }} as floors
        on
            positions.chain_id = floors.chain_id
            and positions.pool_id = floors.pool_id

),

holdings as (

    select
        cluster_id,
        window_key,
        chain_id,
        pool_id,
        max(held_until) - min(held_from) as held_for,
        range_agg(active_days) as active_days,
        sum(usd_value) as usd_value

    from valued
    group by cluster_id, window_key, chain_id, pool_id, holding_number

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
        -- dust below a dollar is no position
        count(*) filter (where usd_value >= 1) as pool_count,
        (
            select coalesce(sum(upper(spans) - lower(spans)), 0)
            from unnest(range_agg(active_days)) as spans
        ) as active_days,
        {{ whole_days('max(held_for)') }} as lp_duration_max_days,
        sum(harvests) as harvest_actions

    from pools
    group by cluster_id, window_key

)

select * from metrics
