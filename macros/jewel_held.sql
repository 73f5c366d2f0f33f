{# Selects the JEWEL that each cluster had staked without a gap, with the amount that is locked
   and its value.

   One row per holding and window: held_from, held_for, is_held_at_the_end, and jewel_locked and
   usd_value at the end of the window. A macro and not a view, so that a metric source and its
   evidence compute only the columns that each needs.

   Usage: holdings as ({{ jewel_held() }}) #}
{% macro jewel_held() -%}
with

stakes as (

    select
        *,
        {{ utc_day('window_ends_at', just_before=true) }} as end_day,
        -- not below zero: withdrawals include interest and may exceed the deposits
        case
            when is_held_at_the_end then greatest(jewel_amount, 0) else 0
        end as jewel_locked

    from {{ ref('jewel_stakes') }}

)

select
    stakes.cluster_id,
    stakes.window_key,
    min(stakes.held_from) as held_from,
    bool_or(stakes.is_held_at_the_end) as is_held_at_the_end,
    max(stakes.held_until) - min(stakes.held_from) as held_for,
    sum(stakes.jewel_locked) as jewel_locked,
    sum(
        case
            when stakes.jewel_locked > 0
                then stakes.jewel_locked * (
                    select prices.usd_price
                    from {{ ref('stg_jewel_prices') }} as prices
                    where prices.price_date <= stakes.end_day
                    order by prices.price_date desc
                    limit 1
                )
        end
    ) as usd_value

from stakes
group by stakes.cluster_id, stakes.window_key, stakes.holding_number
{%- endmacro %}
