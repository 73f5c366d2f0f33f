-- Records a deploy that is live.
insert into app.etl_runs
(
    invocation_id, kind, scope_size, as_of, state, started_at, finished_at, definitions,
    models, note
)
values (
    %(invocation)s,
    'DEPLOY',
    0,
    clock_timestamp(),
    'SUCCESS',
    %(started_at)s,
    clock_timestamp(),
    %(definitions)s,
    %(models)s,
    %(note)s
)
