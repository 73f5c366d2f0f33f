-- The deployed metrics, with what uses each.
select
    metrics.metric_source,
    metrics.metric_key,
    metrics.kind,
    metrics.window_behaviour,
    metrics.unit,
    metrics.definition,
    array(
        select challenges.key
        from analytics.challenges
        where
            challenges.metric_source = metrics.metric_source
            and challenges.metric_key = metrics.metric_key
        order by challenges.key
    ) as challenges,
    array(
        select distinct ranked_by.leaderboard_key
        from app.board_ordering_keys as ranked_by
        where
            ranked_by.metric_source = metrics.metric_source
            and ranked_by.metric_key = metrics.metric_key
        order by ranked_by.leaderboard_key
    ) as boards,
    array(
        select weights.score
        from analytics.mastery_weights as weights
        where
            weights.metric_source = metrics.metric_source
            and weights.metric_key = metrics.metric_key
        order by weights.score
    ) as scores
from analytics.metrics
where
    %(metric)s::text is null
    or metrics.metric_source || '.' || metrics.metric_key = %(metric)s
order by metrics.metric_source, metrics.metric_key
