{# JEWEL at the Jeweler: loyalty, amount, value. One row per cluster and window. #}
with

holdings as (

    {{ jewel_held() }}

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
