{# METIS battles whose winner was backed. One row per cluster and window. #}
with

bets as (

    select * from {{ ref('resolved_bets') }}
    where is_won

),

metrics as (

    select
        cluster_id,
        window_key,
        -- a battle counts once for a cluster, whatever the number of its wallets
        count(distinct battle_id) as bets_won

    from bets
    group by cluster_id, window_key

)

select * from metrics
