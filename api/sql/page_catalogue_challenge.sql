-- A challenge that is no draft: what counts, and how many clusters have a value, and
-- one above zero, as the last count of progress found.
select
    challenges.key,
    challenges.name,
    challenges.description,
    challenges.icon,
    challenges.state,
    challenges.metric_source,
    challenges.metric_key,
    categories.key as category_key,
    categories.name as category,
    metrics.unit,
    metrics.definition,
    counted.as_of as counted_as_of,
    counts.clusters,
    counts.with_value
from analytics.challenges
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join app.counted_progress as counted on true
left join lateral (
    select
        sum(found.clusters) as clusters,
        coalesce(sum(found.clusters) filter (where found.from_value > 0), 0)
            as with_value
    from app.value_counts as found
    where found.challenge_key = challenges.key
) as counts on true
where challenges.key = %(challenge)s and challenges.state <> 'draft'
