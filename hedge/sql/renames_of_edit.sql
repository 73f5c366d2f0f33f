-- What an edited project renames of what is live, and what makes that ambiguous; a row
-- with a fault is refused. Names of tiers are CHALLENGE.TIER, with the challenge as it
-- is called in the edited project, and of metrics SOURCE.METRIC.
--
-- declared   the seed renames of the edited project: kind, old_name, new_name
-- edited     the names that the edited project has: kind, name, and of a challenge its
--            metric and its state
with recursive

declared as (

    select
        declarations.kind,
        declarations.old_name,
        declarations.new_name
    from
        jsonb_to_recordset(%(declared)s)
            as declarations (kind text, old_name text, new_name text)

),

edited as (

    select
        given.kind,
        given.name,
        given.metric,
        given.state
    from
        jsonb_to_recordset(%(edited)s)
            as given (kind text, name text, metric text, state text)

),

-- the former names of a name, the last one first
former_names as (

    select
        kind,
        new_name as name,
        old_name as former_name,
        rename_id
    from app.renames

    union all

    select
        former_names.kind,
        former_names.name,
        earlier.old_name as former_name,
        earlier.rename_id
    from former_names
    inner join app.renames as earlier
        on
            former_names.kind = earlier.kind
            and former_names.former_name = earlier.new_name
            and former_names.rename_id > earlier.rename_id

),

-- what each name may have become: what is declared, and the way back of what was done
other_names as (

    select
        kind,
        old_name,
        new_name,
        null::bigint as rename_id
    from declared

    union all

    select
        kind,
        name as old_name,
        former_name as new_name,
        rename_id
    from former_names

),

live_challenges as (

    select
        challenges.key as live_name,
        renamed.new_name,
        challenges.metric_source || '.' || challenges.metric_key as metric
    from analytics.challenges
    left join lateral (
        select other_names.new_name
        from other_names
        inner join edited
            on
                other_names.new_name = edited.name
                and other_names.kind = edited.kind
        where
            other_names.kind = 'challenge'
            and other_names.old_name = challenges.key
            and not exists (
                select from edited as kept
                where kept.kind = 'challenge' and kept.name = challenges.key
            )
        -- nulls, which are declarations, first
        order by other_names.rename_id desc
        limit 1
    ) as renamed on true

),

-- everything that is live; tiers by the name that their challenge will have
live as (

    select
        'challenge' as kind,
        live_name as name
    from live_challenges

    union all

    select
        'metric' as kind,
        metric_source || '.' || metric_key as name
    from analytics.metrics

    union all

    select
        'tier' as kind,
        coalesce(challenges.new_name, tiers.challenge_key) || '.' || tiers.tier_code
            as name
    from analytics.challenge_tiers as tiers
    left join live_challenges as challenges
        on tiers.challenge_key = challenges.live_name

),

-- the same for tiers that deploys have renamed while their challenge had another name
carried_names as (

    select
        other_names.kind,
        other_names.rename_id,
        case
            when other_names.kind = 'tier'
                then
                    coalesce(
                        challenges.new_name
                        || '.'
                        || split_part(other_names.old_name, '.', 2),
                        other_names.old_name
                    )
            else other_names.old_name
        end as old_name,
        case
            when other_names.kind = 'tier'
                then
                    coalesce(
                        challenges.new_name
                        || '.'
                        || split_part(other_names.new_name, '.', 2),
                        other_names.new_name
                    )
            else other_names.new_name
        end as new_name
    from other_names
    left join live_challenges as challenges
        on
            other_names.kind = 'tier'
            and split_part(other_names.old_name, '.', 1) = challenges.live_name

),

gone as (

    select
        live.kind,
        live.name
    from live
    where not exists (
        select from edited
        where edited.kind = live.kind and edited.name = live.name
    )

),

renamed as (

    select distinct on (gone.kind, gone.name)
        gone.kind,
        gone.name as old_name,
        carried_names.new_name,
        exists(
            select from live
            where live.kind = gone.kind and live.name = carried_names.new_name
        ) as is_taken
    from gone
    inner join carried_names
        on gone.kind = carried_names.kind and gone.name = carried_names.old_name
    inner join edited
        on
            carried_names.kind = edited.kind
            and carried_names.new_name = edited.name
    -- nulls, which are declarations, first
    order by gone.kind asc, gone.name asc, carried_names.rename_id desc

),

-- the unlocks that stand, by the names that challenges will have
unlocks as (

    select
        standing.tier_code,
        coalesce(challenges.new_name, standing.challenge_key) as challenge_key,
        count(distinct standing.cluster_id) as clusters
    from analytics.tier_unlocks as standing
    left join live_challenges as challenges
        on standing.challenge_key = challenges.live_name
    where standing.revoked_at is null
    group by coalesce(challenges.new_name, standing.challenge_key), standing.tier_code

),

clusters_of_challenges as (

    select
        challenge_key,
        count(distinct cluster_id) as clusters
    from analytics.tier_unlocks
    where revoked_at is null
    group by challenge_key

),

new_names as (

    select
        edited.kind,
        edited.name,
        edited.metric
    from edited
    where
        not exists (
            select from live
            where live.kind = edited.kind and live.name = edited.name
        )
        and not exists (
            select from renamed
            where renamed.kind = edited.kind and renamed.new_name = edited.name
        )

),

found as (

    select
        renamed.kind,
        renamed.old_name,
        renamed.new_name,
        case
            when renamed.is_taken then 'is live beside it'
            when count(*) over (partition by renamed.kind, renamed.new_name) > 1
                then 'is the new name of several'
            when renamed.kind = 'tier' and exists (
                select from unlocks
                where
                    unlocks.challenge_key || '.' || unlocks.tier_code = renamed.new_name
            ) then 'has unlocks of its own'
            when renamed.kind = 'challenge' and exists (
                select from clusters_of_challenges as standing
                where standing.challenge_key = renamed.new_name
            ) then 'has unlocks of its own'
        end as fault,
        null::bigint as clusters
    from renamed

    union all

    -- the former name is still there beside the new one
    select
        declared.kind,
        declared.old_name,
        declared.new_name,
        'is not gone' as fault,
        null as clusters
    from declared
    inner join live
        on declared.kind = live.kind and declared.old_name = live.name
    inner join edited as kept
        on declared.kind = kept.kind and declared.old_name = kept.name
    inner join new_names
        on declared.kind = new_names.kind and declared.new_name = new_names.name

    union all

    -- a challenge that players have unlocked tiers of; the new name is one that it may
    -- have been given
    select
        gone.kind,
        gone.name as old_name,
        (
            select min(new_names.name) from new_names
            where new_names.kind = 'challenge' and new_names.metric = challenges.metric
        ) as new_name,
        'has unlocks' as fault,
        standing.clusters
    from gone
    inner join live_challenges as challenges on gone.name = challenges.live_name
    inner join clusters_of_challenges as standing
        on gone.name = standing.challenge_key
    where
        gone.kind = 'challenge'
        and not exists (
            select from renamed
            where renamed.kind = gone.kind and renamed.old_name = gone.name
        )

    union all

    -- one that becomes a draft, which has no progress
    select
        edited.kind,
        edited.name as old_name,
        null as new_name,
        'becomes a draft' as fault,
        standing.clusters
    from edited
    inner join live_challenges as challenges
        on edited.name = coalesce(challenges.new_name, challenges.live_name)
    inner join clusters_of_challenges as standing
        on challenges.live_name = standing.challenge_key
    where edited.kind = 'challenge' and edited.state = 'draft'

    union all

    -- a tier that is gone from a ladder which gets another one
    select
        gone.kind,
        gone.name as old_name,
        min(new_names.name) as new_name,
        'is gone beside a new one' as fault,
        unlocks.clusters
    from gone
    inner join unlocks
        on gone.name = unlocks.challenge_key || '.' || unlocks.tier_code
    inner join new_names
        on
            gone.kind = new_names.kind
            and split_part(new_names.name, '.', 1) = unlocks.challenge_key
    where
        gone.kind = 'tier'
        and not exists (
            select from renamed
            where renamed.kind = gone.kind and renamed.old_name = gone.name
        )
    group by gone.kind, gone.name, unlocks.clusters

)

select
    kind,
    old_name,
    new_name,
    fault,
    clusters
from found
order by kind, old_name
