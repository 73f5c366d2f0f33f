-- Records a run that failed before dbt could record it.
insert into app.etl_runs
(invocation_id, kind, as_of, state, finished_at, definitions, error)
values (
    %(invocation)s,
    %(kind)s,
    coalesce(%(as_of)s::timestamptz, now()),
    'FAILED',
    now(),
    %(definitions)s,
    %(error)s
)
