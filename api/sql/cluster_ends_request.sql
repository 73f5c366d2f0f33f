-- Asks for ends of a cluster: gives them rows, and requests the run, where none is
-- requested. One that is parked since an hour is tried again. The cluster is locked, so
-- that it is not deleted meanwhile.
with

known as materialized (

    select clusters.cluster_id
    from app.wallet_clusters as clusters
    where clusters.cluster_id = %(cluster)s
    for key share

),

asked as (

    insert into app.past_ends (cluster_id, ends_at)
    select
        known.cluster_id,
        instants.ends_at
    from known
    cross join unnest(%(ends)s::timestamptz[]) as instants (ends_at)
    order by instants.ends_at
    on conflict (cluster_id, ends_at) do nothing

)

insert into app.etl_requests as requests (kind, cluster_id, reason, caused_by)
select
    'ENDS' as kind,
    known.cluster_id,
    'ends of past periods asked for' as reason,
    %(caused_by)s::text as caused_by
from known
on conflict (cluster_id) where kind = 'ENDS' do update
    set
        parked_at = null,
        attempts = 0,
        deaths = 0,
        times_held_back = 0,
        next_attempt_at = now()
    where requests.parked_at < now() - interval '1 hour'
returning requests.request_id
