-- The names of all challenges, metrics or categories of the deployed project.
select name
from (
    select
        'challenge' as kind,
        key as name
    from analytics.challenges

    union all

    select
        'metric' as kind,
        metric_source || '.' || metric_key as name
    from analytics.metrics

    union all

    select
        'category' as kind,
        key as name
    from analytics.categories
) as known
where kind = %(kind)s
order by name
