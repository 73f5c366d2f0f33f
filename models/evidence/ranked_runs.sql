{# Matches with their unbroken run of ranked wins. One row per match and window. #}
with

matches as (select * from {{ ref('pvp_matches') }}),

numbered as (

    select
        *,
        -- the number of ranked non-wins so far is equal within an unbroken run
        count(*) filter (where is_ranked and outcome != 'WIN') over (
            partition by cluster_id, window_key
            order by occurred_at, realm, match_id
        ) as run_number

    from matches

),

measured as (

    select
        *,
        count(*) filter (where is_ranked and outcome = 'WIN') over (
            partition by cluster_id, window_key, run_number
        ) as run_wins

    from numbered

),

compared as (

    select
        cluster_id,
        window_key,
        realm,
        match_id,
        is_ranked,
        outcome,
        hero_deaths,
        occurred_at,
        run_number,
        run_wins,
        -- the newest of several runs of equal length
        dense_rank() over (
            partition by cluster_id, window_key order by run_wins desc, run_number desc
        ) = 1 as is_best_run

    from measured

)

select * from compared
