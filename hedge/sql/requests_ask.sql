-- Requests a run of each of the named clusters for a command, if a worker is alive.
insert into app.etl_requests (kind, cluster_id, reason, caused_by)
select
    'CLUSTER' as kind,
    named.cluster_id,
    'asked for by a command' as reason,
    %(cause)s as caused_by
from unnest(%(clusters)s::text[]) as named (cluster_id)
where
    exists (
        select from procrastinate.procrastinate_workers as workers
        where
            workers.last_heartbeat
            > clock_timestamp() - make_interval(secs => %(dead_after)s)
    )
returning request_id
