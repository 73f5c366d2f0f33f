-- What grows without end where nobody prunes or computes: the ledger, rejected rows,
-- the queue with its jobs, change notes and events, by estimated numbers of rows.
with

tables (relation, most_rows, cure) as (

    values
    ('app.etl_runs', 200000, 'hedge etl prune'),
    ('app.etl_requests', 100000, 'hedge worker'),
    ('app.change_notes', 5000000, 'hedge etl incremental'),
    ('app.events', 20000000, 'hedge etl prune'),
    ('raw.rejected_rows', 1000000, 'hedge etl prune'),
    ('procrastinate.procrastinate_jobs', 10000, 'hedge worker')

)

select
    format(
        '%s has %s rows, %s: %s works it off',
        tables.relation,
        counted.n_live_tup,
        pg_size_pretty(pg_total_relation_size(counted.relid)),
        tables.cure
    ) as finding
from tables
inner join pg_stat_user_tables as counted
    on tables.relation = concat(counted.schemaname, '.', counted.relname)
where counted.n_live_tup > tables.most_rows
order by finding
