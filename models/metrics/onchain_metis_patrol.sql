{# METIS patrols won. One row per cluster and window. #}
with

wins as (

    select * from {{ ref('patrols') }}
    where result = 'WIN'

),

metrics as (

    select
        wins.cluster_id,
        wins.window_key,
        count(*) as wins,
        count(elite_difficulties.difficulty) as elite_wins

    from wins
    left join {{ ref('elite_difficulties') }} as elite_difficulties
        on wins.difficulty = elite_difficulties.difficulty
    group by wins.cluster_id, wins.window_key

)

select * from metrics
