-- Active public boards that are live; with a key only that one, also when it is
-- retired.
select
    defs.key,
    defs.name,
    defs.description,
    defs.category_key,
    defs.time_window,
    defs.state,
    defs.retired_at,
    app.unit_of_metric(defs.metric_source, metrics.unit) as unit
from app.public_boards as defs
left join analytics.metrics
    on
        defs.metric_source = metrics.metric_source
        and defs.metric_key = metrics.metric_key
where
    defs.is_active
    and (defs.key = %(key)s or (%(key)s::text is null and defs.state = 'live'))
    and defs.key > %(after)s
order by defs.key
limit %(limit)s
