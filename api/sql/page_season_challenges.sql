-- The challenges that give points in a season: points per unit, and whether only the
-- gain counts; with a cluster the points that each gave, and how many whole units of
-- each alone would be enough for the next level.
with

own as (

    select
        progress.points,
        progress.points_by_challenge,
        (
            select min(levels.points_required) - progress.points
            from analytics.season_levels as levels
            where levels.points_required > progress.points
        ) as missing
    from analytics.season_progress as progress
    where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s

)

select
    challenges.key,
    challenges.name,
    challenges.description,
    challenges.state,
    categories.name as category,
    metrics.unit,
    seasons.scoring = 'SEASON' and metrics.window_behaviour = 'as of the end'
        as is_gain,
    trim_scale(weights.weight) as weight,
    case
        when challenges.state = 'live' then ceil(own.missing / weights.weight)
    end as enough,
    trim_scale(coalesce((own.points_by_challenge ->> challenges.key)::numeric, 0))
        as points,
    round(
        coalesce((own.points_by_challenge ->> challenges.key)::numeric, 0)
        * 100
        / nullif(own.points, 0),
        1
    ) as share
from app.public_seasons as seasons
inner join app.season_challenge_weights as weights
    on seasons.id = weights.season_id
inner join analytics.challenges on weights.challenge_code = challenges.key
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join own on true
where seasons.id = %(season)s and challenges.state <> 'draft'
order by points desc, categories.sort_order asc, challenges.sort_order asc
