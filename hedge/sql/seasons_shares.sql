-- What each challenge gave a cluster in a season, in the order of the catalogue.
select
    weights.challenge_code as challenge_key,
    challenges.name as challenge,
    metrics.unit,
    trim_scale(weights.weight) as weight,
    coalesce(
        (progress.points_by_challenge -> weights.challenge_code)::numeric, 0
    ) as points
from analytics.season_progress as progress
inner join
    app.season_challenge_weights as weights
    on progress.season_id = weights.season_id
left join analytics.challenges on weights.challenge_code = challenges.key
left join analytics.categories on challenges.category_key = categories.key
left join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s
order by categories.sort_order, challenges.sort_order, weights.challenge_code
