-- A season that is active, or the current one where no id is given: whether it is to
-- come, goes on, is over but still computed (models/staging/seasons.sql), or final, and
-- the share of it that is over.
select
    seasons.id,
    seasons.name,
    seasons.starts_at,
    seasons.ends_at,
    seasons.scoring,
    seasons.retired_at,
    seasons.state = 'retired' as is_retired,
    (
        select complete.chains from app.completeness as complete
        where complete.season_id = seasons.id
    ) as complete_to,
    seasons.ends_at + 7 * interval '24 hours' as final_at,
    case
        when now() < seasons.starts_at then 'coming'
        when now() < seasons.ends_at then 'current'
        when now() < seasons.ends_at + 7 * interval '24 hours' then 'counted'
        else 'final'
    end as state,
    round(
        least(
            greatest(
                extract(epoch from now() - seasons.starts_at) * 100
                / extract(epoch from seasons.ends_at - seasons.starts_at),
                0
            ),
            100
        ),
        1
    ) as length
from app.public_seasons as seasons
where
    seasons.is_active
    and (
        seasons.id = %(season)s
        or (
            %(season)s::text is null
            and seasons.state = 'live'
            and seasons.starts_at <= now() and now() < seasons.ends_at
        )
    )
