-- The clusters with the largest values of a metric over all time.
select
    cluster_id,
    number
from computed_values
where
    metric_key = %(metric)s
    and window_key = 'all_time'
    and number > 0
order by number desc, cluster_id asc
limit 12
