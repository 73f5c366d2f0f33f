{# Selects the liquidity that each cluster held without a gap, with its days and its value.

   One row per pool, holding and window: held_from, held_for, is_held_at_the_end, usd_value at the
   end of the window, and active_days, the days on which it was worth a dollar, as a
   datemultirange. A macro and not a view, so that a metric source and its evidence compute only
   the columns that each needs.

   Usage: holdings as ({{ lp_held() }}) #}
{% macro lp_held() -%}
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
        -- The days on which it was worth a dollar. If it is at the lowest price of the
        -- pool, these are all days with a price, and no price has to be read.
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

)

select
    cluster_id,
    window_key,
    chain_id,
    pool_id,
    min(held_from) as held_from,
    max(held_until) - min(held_from) as held_for,
    bool_or(is_held_at_the_end) as is_held_at_the_end,
    range_agg(active_days) as active_days,
    sum(usd_value) as usd_value

from valued
group by cluster_id, window_key, chain_id, pool_id, holding_number
{%- endmacro %}
