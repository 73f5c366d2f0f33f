-- The value of a cluster in a challenge over time, as points of a line that holds each
-- value until the next, in a picture of 720 by 200: from the first run on the changes
-- that runs have found, and before it what facts tell, the ends of past periods that
-- were computed and the UTC days on which tiers were reached. Of the ends of days only
-- those of weeks and months where values of days are not shown (shows_days). Each of
-- 60 stretches of time has one point, its last one; the last instant of all may have
-- one more. Thresholds of tiers are given where they fit in.
with

found as (

    select
        history.as_of as seen_at,
        history.value,
        'run' as source
    from analytics.progress_history as history
    where
        history.cluster_id = %(cluster)s
        and history.challenge_key = %(challenge)s

),

told as (

    select
        past_ends.ends_at as seen_at,
        (past_ends.progress -> %(challenge)s ->> 0)::numeric as value,
        'end' as source
    from app.past_ends
    where
        past_ends.cluster_id = %(cluster)s
        and past_ends.progress ? %(challenge)s
        and (
            %(shows_days)s
            or past_ends.ends_at = date_trunc('week', past_ends.ends_at, 'UTC')
            or past_ends.ends_at = date_trunc('month', past_ends.ends_at, 'UTC')
        )

    union all

    select
        date_trunc('day', unlocks.reached_at, 'UTC') as seen_at,
        tiers.threshold_value as value,
        'tier' as source
    from analytics.tier_unlocks as unlocks
    inner join analytics.challenge_tiers as tiers
        on
            unlocks.challenge_key = tiers.challenge_key
            and unlocks.tier_code = tiers.tier_code
    where
        unlocks.cluster_id = %(cluster)s
        and unlocks.challenge_key = %(challenge)s
        and unlocks.kind = 'TIER'
        and unlocks.revoked_at is null
        and unlocks.reached_at is not null

),

seen as (

    select
        found.seen_at,
        found.value,
        found.source
    from found

    union all

    select
        told.seen_at,
        told.value,
        told.source
    from told
    where told.seen_at < coalesce((select min(found.seen_at) from found), 'infinity')

),

span as (

    select
        extract(epoch from min(seen.seen_at)) as begins,
        nullif(
            extract(
                epoch from greatest(
                    max(seen.seen_at),
                    max(progress.last_computed_at),
                    max(verified.verified_to)
                )
            )
            - extract(epoch from min(seen.seen_at)),
            0
        ) as seconds,
        max(seen.value) as most
    from seen
    left join analytics.challenge_progress as progress
        on
            progress.cluster_id = %(cluster)s
            and progress.challenge_key = %(challenge)s
    left join lateral app.progress_verified(progress.cluster_id) as verified on true

),

scale as (

    select
        span.begins,
        span.seconds,
        -- the next threshold is shown unless the line would be flat beside it
        nullif(
            greatest(
                span.most,
                (
                    select min(tiers.threshold_value)
                    from analytics.challenge_tiers as tiers
                    where
                        tiers.challenge_key = %(challenge)s
                        and tiers.threshold_value > span.most
                        and tiers.threshold_value <= span.most * 4
                )
            ),
            0
        ) as ceiling
    from span

),

points as (

    select distinct on (stretch)
        seen.seen_at,
        seen.value,
        seen.source,
        scale.ceiling,
        round(
            (extract(epoch from seen.seen_at) - scale.begins) * 720 / scale.seconds, 1
        ) as x,
        floor(
            (extract(epoch from seen.seen_at) - scale.begins) * 60 / scale.seconds
        ) as stretch
    from seen
    cross join scale
    order by stretch asc, seen.seen_at desc, seen.value desc

)

select
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'at', points.seen_at,
                    'value', points.value,
                    'source', points.source,
                    'x', points.x,
                    'y', round(
                        196 - greatest(points.value, 0) * 188 / points.ceiling, 1
                    )
                )
                order by points.seen_at
            )
        from points
    ) as points,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'code', tiers.tier_code,
                    'name', tiers.display_name,
                    'threshold', tiers.threshold_value,
                    'y', round(196 - tiers.threshold_value * 188 / scale.ceiling, 1)
                )
                order by tiers.threshold_value desc
            )
        from analytics.challenge_tiers as tiers
        where
            tiers.challenge_key = %(challenge)s
            and tiers.threshold_value <= scale.ceiling
    ) as thresholds,
    to_timestamp(scale.begins + scale.seconds) as ends_at
from scale
