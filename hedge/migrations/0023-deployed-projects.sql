-- depends: 0020-taking-changes

-- What is live is in the database: the files of every deployed project, from which the
-- runs of any host and any HEDGE_HOME take theirs (hedge/runs/deployed.py).
create table app.deployed_projects (
    -- the SHA-256 of the files that define what a run computes
    definitions text collate "C" primary key,
    -- a tar file, compressed by gzip, of these files and of dbt's data tests
    archive bytea not null,
    -- who deployed it last, when and with which version of Hedge
    hedge_version text not null,
    deployed_by text not null,
    deployed_at timestamptz not null default now(),
    -- The content of each model, seed, source and macro as an MD5, by dbt's unique id
    -- (macros/runs/deployed_contents.sql), with which plain dbt compares what it is
    -- about to build. Null until the first deploy of it has begun.
    contents jsonb,
    constraint "definitions is a SHA-256 in lower-case hex digits"
    check (definitions ~ '^[0-9a-f]{64}$')
);

-- The hash of the definitions that are live. Null where nothing was deployed, and where
-- dbt was called by hand since with definitions that nobody knows, because that may
-- have replaced views.
create function app.deployed_definitions() returns text
language sql stable
return (
    select deploys.definitions
    from app.etl_runs as deploys
    where
        deploys.run_id = (
            select max(newest.run_id) from app.etl_runs as newest
            where newest.kind = 'DEPLOY' and newest.state = 'SUCCESS'
        )
        and not exists (
            select from app.etl_runs as by_hand
            where by_hand.definitions is null and by_hand.run_id > deploys.run_id
        )
);
