-- What the challenges are worth in a season, in the order of the catalogue.
select
    weights.challenge_code as challenge_key,
    challenges.name as challenge,
    metrics.unit,
    trim_scale(weights.weight) as weight
from app.season_challenge_weights as weights
left join analytics.challenges on weights.challenge_code = challenges.key
left join analytics.categories on challenges.category_key = categories.key
left join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where weights.season_id = %(season)s
order by categories.sort_order, challenges.sort_order, weights.challenge_code
