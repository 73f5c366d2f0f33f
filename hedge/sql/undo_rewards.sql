-- Takes the rewards of levels back that undone definitions entitled to, that were not
-- handed out, and whose level the full run does not reach; returns how many.
with

taken as (

    update app.rewards
    set
        state = 'TAKEN_BACK',
        changed_by = 'undo ' || %(undo)s,
        note = 'the definitions that granted it were undone'
    where
        rewards.state in ('OPEN', 'CLAIMED')
        and rewards.run_id >= %(since_run)s
        and coalesce(rewards.definitions, 'unknown') = any(%(undone)s)
        and rewards.level is not null
        and not exists (
            select from analytics.season_progress as progress
            where
                progress.season_id = rewards.season_id
                and progress.cluster_id = rewards.cluster_id
                and progress.level >= rewards.level
        )
    returning 1 as one

)

select count(*) from taken
