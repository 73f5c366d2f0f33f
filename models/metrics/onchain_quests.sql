{# Profession quests finished. One row per cluster and window. #}
with

quests as (select * from {{ ref('quests') }}),

metrics as (

    select
        cluster_id,
        window_key,
        -- 3 is gold mining and 4 token mining
        count(*) filter (where quest_instance_id in (3, 4)) as mining_quests,
        count(*) filter (where quest_instance_id = 2) as foraging_quests

    from quests
    group by cluster_id, window_key

)

select * from metrics
