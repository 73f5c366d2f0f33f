-- The unit of the scores of a board: of its first ordering key.
select app.unit_of_metric(defs.metric_source, metrics.unit) as unit
from app.leaderboard_defs as defs
left join analytics.metrics as metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
where defs.key = %(key)s
