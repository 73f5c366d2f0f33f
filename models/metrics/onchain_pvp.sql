{# Ranked player-versus-player results. One row per cluster and window. #}
with

matches as (

    select * from {{ ref('pvp_matches') }}
    where is_ranked

),

numbered as (

    select
        *,
        -- equal numbers of non-wins so far: one unbroken run of wins
        count(*) filter (where outcome != 'WIN') over (
            partition by cluster_id, window_key
            order by occurred_at, realm, match_id
        ) as run_number

    from matches

),

runs as (

    select
        cluster_id,
        window_key,
        count(*) as matches_played,
        count(*) filter (where outcome = 'WIN') as wins,
        -- null deaths are unknown and do not count
        coalesce(bool_or(outcome = 'WIN' and hero_deaths = 0), false) as is_flawless

    from numbered
    group by cluster_id, window_key, run_number

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(matches_played)::bigint as matches_played,
        sum(wins)::bigint as wins,
        max(wins) as best_win_streak,
        bool_or(is_flawless) as flawless_victory

    from runs
    group by cluster_id, window_key

)

select * from metrics
