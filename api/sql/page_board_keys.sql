-- The metrics by which a board ranks, the first one first, with what they mean and the
-- challenge that counts them: of several, the first live one.
select
    ranked_by.direction,
    counted_by.key as challenge,
    ranked_by.metric_source || '.' || ranked_by.metric_key as metric,
    app.unit_of_metric(ranked_by.metric_source, metrics.unit) as unit,
    case ranked_by.metric_source
        when 'season_progress'
            then 'Points of the season, over its challenges by their weights'
        when 'challenge_progress'
            then
                'Tiers reached divided by tiers of the ladder, summed over all'
                || ' challenges with two tiers or more'
        else metrics.definition
    end as definition
from app.board_ordering_keys as ranked_by
left join analytics.metrics
    on
        ranked_by.metric_source = metrics.metric_source
        and ranked_by.metric_key = metrics.metric_key
left join lateral (
    select challenges.key
    from analytics.challenges
    where
        challenges.metric_source = ranked_by.metric_source
        and challenges.metric_key = ranked_by.metric_key
    order by (challenges.state = 'live') desc, challenges.key
    limit 1
) as counted_by on true
where ranked_by.leaderboard_key = %(key)s
order by ranked_by.position
