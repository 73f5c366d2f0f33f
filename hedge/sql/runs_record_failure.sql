-- Records a run that failed before dbt could record it, or closes the row of a run that
-- dbt could not close.
insert into app.etl_runs as existing
(
    invocation_id,
    kind,
    scope_size,
    as_of,
    state,
    finished_at,
    definitions,
    error,
    caused_by
)
values (
    %(invocation)s,
    %(kind)s,
    %(scope_size)s,
    coalesce(%(as_of)s::timestamptz, now()),
    'FAILED',
    now(),
    %(definitions)s,
    %(error)s,
    %(caused_by)s::text[]
)
on conflict (invocation_id) do update set
    state = excluded.state,
    finished_at = excluded.finished_at,
    error = excluded.error
where existing.state = 'RUNNING'
