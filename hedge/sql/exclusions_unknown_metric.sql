-- The metric that an exclusion names, where the deployed project has none of this name.
select %(metric)s::text as name
where
    not exists (
        select from analytics.metrics
        where metric_source || '.' || metric_key = %(metric)s
    )
