-- depends: 0061-backups

-- What is asked for every few seconds must not read the whole ledger: the newest run of
-- each kind and state, and the latest instant as of which a kind has succeeded.
create index etl_runs_kind_state_idx on app.etl_runs (kind, state)
include (run_id, started_at);
create index etl_runs_kind_as_of_idx on app.etl_runs (kind, as_of desc)
where state in ('SUCCESS', 'PARTIAL');
-- app.deployed_definitions() looks for runs of unknown definitions.
create index etl_runs_unknown_definitions_idx on app.etl_runs (run_id)
where definitions is null;

alter table app.leaderboard_runs add column caused_by text;
comment on column app.leaderboard_runs.caused_by is
'The request of the API that asked for the run, by its id in the log; null for none';

-- Whether somebody has to run what is due: there are clusters, and not only those of a
-- made-up world that nobody has computed as of a later instant than its own.
create function app.expects_regular_runs() returns boolean
language sql stable
return exists (select from app.wallet_clusters)
and not exists (
    select from app.made_up_world as world
    where not exists (
        select from app.etl_runs as runs
        where runs.kind in ('FULL', 'INCREMENTAL') and runs.as_of > world.loaded_at
    )
);
