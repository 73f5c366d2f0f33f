-- What an edited project ends of what players have: challenges that it retires, makes
-- live again or deletes, and tiers that it removes, in the order of their names. The
-- temporary table renames has what it renames, and what is renamed has not ended.
--
-- edited   the names that the edited project has: kind, name, and of a challenge its
--          state
with

edited as (

    select
        given.kind,
        given.name,
        given.state
    from jsonb_to_recordset(%(edited)s) as given (kind text, name text, state text)

),

challenges as (

    select
        live.key as live_name,
        coalesce(renames.new_name, live.key) as name,
        -- the seed of an older version of Hedge has no state
        coalesce(to_jsonb(live) ->> 'state', 'live') as state
    from analytics.challenges as live
    left join renames on renames.kind = 'challenge' and live.key = renames.old_name

),

tiers as (

    select
        challenges.live_name,
        live.tier_code,
        coalesce(renames.new_name, challenges.name || '.' || live.tier_code) as name
    from analytics.challenge_tiers as live
    inner join challenges on live.challenge_key = challenges.live_name
    left join renames
        on
            renames.kind = 'tier'
            and challenges.name || '.' || live.tier_code = renames.old_name

),

ended as (

    select
        challenges.name,
        challenges.live_name,
        null as tier_code,
        case
            when edited.name is null then 'deleted'
            when edited.state = 'retired' then 'retired'
            else 'live again'
        end as change
    from challenges
    left join edited
        on edited.kind = 'challenge' and challenges.name = edited.name
    where
        edited.name is null
        or (challenges.state = 'live' and edited.state = 'retired')
        or (challenges.state = 'retired' and edited.state = 'live')

    union all

    select
        tiers.name,
        tiers.live_name,
        tiers.tier_code,
        'removed' as change
    from tiers
    left join edited on edited.kind = 'tier' and tiers.name = edited.name
    where
        edited.name is null
        and split_part(tiers.name, '.', 1) in (
            select kept.name from edited as kept
            where kept.kind = 'challenge'
        )

)

select
    ended.change,
    ended.name,
    unlocks.unlocks,
    unlocks.clusters,
    points.points
from ended
cross join
    lateral (
        select
            count(*) as unlocks,
            count(distinct standing.cluster_id) as clusters
        from analytics.tier_unlocks as standing
        where
            standing.revoked_at is null
            and standing.challenge_key = ended.live_name
            and (standing.tier_code = ended.tier_code or ended.tier_code is null)
    ) as unlocks
cross join
    lateral (
        select
            trim_scale(
                coalesce(
                    sum((progress.points_by_challenge -> ended.live_name)::numeric), 0
                )
            ) as points
        from analytics.season_progress as progress
        inner join app.seasons on progress.season_id = seasons.id
        where
            ended.tier_code is null
            and seasons.is_active
            and progress.points_by_challenge ? ended.live_name
    ) as points
order by ended.change, ended.name
