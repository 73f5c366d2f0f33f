{# METIS tournaments: entries, wins, top finishes. One row per cluster and window. #}
with

results as (

    select
        cluster_id,
        window_key,
        chain_id,
        tournament_id,
        0 as wins,
        false as is_top_finish

    from {{ ref('tournament_entries') }}
    where is_official

    union all

    select
        cluster_id,
        window_key,
        null as chain_id,
        null as tournament_id,
        is_won::integer as wins,
        false as is_top_finish

    from {{ ref('tournament_matches') }}

    union all

    select
        cluster_id,
        window_key,
        null as chain_id,
        null as tournament_id,
        0 as wins,
        -- the top bracket: ranks 1 to 3
        is_official and final_rank between 1 and 3 as is_top_finish

    from {{ ref('tournament_finishes') }}

),

metrics as (

    select
        cluster_id,
        window_key,
        count(distinct row(chain_id, tournament_id)) filter (
            where tournament_id is not null
        ) as entries,
        sum(wins) as wins,
        bool_or(is_top_finish) as top_finish

    from results
    group by cluster_id, window_key

)

select * from metrics
