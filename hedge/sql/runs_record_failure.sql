-- Records a run that failed before dbt could record it. Its watermark is -infinity: it
-- has seen no change.
insert into app.etl_runs
(invocation_id, kind, as_of, state, finished_at, seen_until, definitions, error)
values (
    %(invocation)s,
    %(kind)s,
    coalesce(%(as_of)s::timestamptz, now()),
    'FAILED',
    now(),
    '-infinity',
    %(definitions)s,
    %(error)s
)
