-- depends: 0023-deployed-projects

-- The undos: ways back to definitions that were live before (hedge/runs/undo.py). The
-- run ledger has their deploys and full runs. An undo that has not finished was
-- interrupted, and the next call goes on with it.
create table app.undos (
    undo_id bigint generated always as identity primary key,
    -- the definitions that are live again, and the run by which they were live last
    restored text not null,
    returned_to bigint not null,
    -- the definitions that were live since, `unknown` for those of dbt by hand, with
    -- the first run of them and the last run that changed what is live
    undone text[] not null,
    since_run bigint not null,
    until_run bigint not null,
    begun_by text not null,
    begun_at timestamptz not null default now(),
    -- null until the deploy and the full run have succeeded
    deploy_run bigint,
    full_run bigint,
    -- how many unlocks were revoked
    revoked integer,
    finished_at timestamptz
);
create unique index "one undo is in progress at a time"
on app.undos ((finished_at is null)) where finished_at is null;

-- What was live, in the order of the runs by which it became live: deploys that
-- succeeded, and runs of dbt by hand, whose definitions are null because nobody knows
-- them. A run with the definitions of the one before changes nothing and is left out.
create view app.live_definitions as
with

candidates as (

    select
        runs.run_id,
        runs.definitions,
        runs.started_at,
        undos.returned_to,
        lag(runs.definitions) over (order by runs.run_id) as definitions_before
    from app.etl_runs as runs
    left join app.undos on runs.run_id = undos.deploy_run
    where
        (runs.kind = 'DEPLOY' and runs.state = 'SUCCESS')
        or runs.definitions is null

)

select
    run_id,
    definitions,
    started_at,
    -- of the deploy of an undo, the run whose definitions are live again
    returned_to,
    lag(run_id) over (order by run_id) as run_before
from candidates
where definitions is distinct from definitions_before or returned_to is not null;
