-- The metric sources that board runs rest on, by run: those they rank by and, of
-- derived metrics, the sources of their inputs. A derived metric of which nobody says
-- what it rests on rests on all sources.
select
    boards.run_id,
    array_agg(distinct sources.metric_source) as metric_sources
from
    jsonb_to_recordset(%(boards)s)
        as boards (
            run_id bigint,
            metric_source text,
            metric_key text,
            fallback_metric_source text,
            fallback_metric_key text,
            third_metric_source text,
            third_metric_key text,
            fourth_metric_source text,
            fourth_metric_key text
        )
cross join
    lateral (
        values
        (boards.metric_source, boards.metric_key),
        (boards.fallback_metric_source, boards.fallback_metric_key),
        (boards.third_metric_source, boards.third_metric_key),
        (boards.fourth_metric_source, boards.fourth_metric_key)
    ) as metrics (metric_source, metric_key)
left join analytics.metric_inputs as inputs
    on
        metrics.metric_source = inputs.metric_source
        and metrics.metric_key = inputs.metric_key
cross join
    lateral unnest(
        array[metrics.metric_source, inputs.input_source]
        || case
            when
                metrics.metric_source = any(%(derived)s::text[])
                and inputs.input_source is null
                then %(metric_sources)s::text[]
        end
    ) as sources (metric_source)
where sources.metric_source is not null
group by boards.run_id
order by boards.run_id
