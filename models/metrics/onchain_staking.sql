{# JEWEL at the Jeweler: loyalty, amount, value. One row per cluster and window. #}
with

stakes as (

    select
        *,
        {{ utc_day('window_ends_at', just_before=true) }} as end_day,
        -- while cJEWEL is held; withdrawals with interest may exceed the deposits
        case
            when is_held_at_the_end then greatest(jewel_amount, 0) else 0
        end as jewel_locked

    from {{ ref('jewel_stakes') }}

),

holdings as (

    select
        stakes.cluster_id,
        stakes.window_key,
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

),

metrics as (

    select
        cluster_id,
        window_key,
        {{ whole_days('max(held_for)') }} as stake_duration_days,
        coalesce(sum(usd_value), 0)::numeric(60, 6) as stake_usd_value,
        sum(jewel_locked)::numeric(60, 6) as jewel_stake_amount

    from holdings
    group by cluster_id, window_key

)

select * from metrics
