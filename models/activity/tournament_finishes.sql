{# How each cluster's tournaments ended. One row per tournament, wallet and window. #}
with

finishes as (

    select
        chain_id,
        tournament_id,
        wallet_address,
        is_official,
        final_rank,
        finished_at as occurred_at

    from {{ ref('stg_tournament_entries') }}
    where final_rank is not null

),

finishes_of_clusters as (

    {{ by_cluster_and_window('finishes') }}

)

select * from finishes_of_clusters
