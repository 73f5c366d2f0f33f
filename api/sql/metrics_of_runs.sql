-- The runs of the ledger by kind and state: how many there are, and when the last one
-- began, in seconds since 1970. The row without a kind counts the clusters with a value
-- that the last runs had to leave out.
select
    kind,
    state,
    count(*) as number,
    extract(epoch from max(started_at))::double precision as last_started
from app.etl_runs
group by kind, state

union all

select
    null as kind,
    null as state,
    count(distinct cluster_id) as number,
    null as last_started
from analytics.cluster_metrics
where left_out is not null
order by kind, state
