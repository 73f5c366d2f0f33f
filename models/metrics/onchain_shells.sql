{# METIS shells: earned, put into raffles, won. One row per cluster and window. #}
with

results as (

    select
        cluster_id,
        window_key,
        shell_amount as shells,
        0 as entries,
        false as is_win

    from {{ ref('shell_movements') }}
    -- a CLAIM pays out shells that an EARN has counted; a SPEND does not reduce them
    where event_type = 'EARN'

    union all

    select
        cluster_id,
        window_key,
        0 as shells,
        1 as entries,
        false as is_win

    from {{ ref('raffle_entries') }}

    union all

    select
        cluster_id,
        window_key,
        0 as shells,
        0 as entries,
        true as is_win

    from {{ ref('raffle_wins') }}

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(shells)::numeric(60, 6) as shells_collected,
        sum(entries) as raffle_entries,
        bool_or(is_win) as raffle_win

    from results
    group by cluster_id, window_key

)

select * from metrics
