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

-- The last run of each kind that has succeeded, by its as-of instant. An index has the
-- answer for each kind, while a group would read the whole ledger.
create view app.last_good_runs as
with

kinds (kind) as (

    values
    ('FULL'), ('INCREMENTAL'), ('CLUSTER'), ('BOARD'), ('SEASON'), ('PARTIAL')

),

latest as (

    select
        kinds.kind,
        (
            select runs.run_id from app.etl_runs as runs
            where runs.kind = kinds.kind and runs.state in ('SUCCESS', 'PARTIAL')
            order by runs.as_of desc, runs.run_id desc
            limit 1
        ) as run_id
    from kinds

)

select
    runs.kind,
    runs.run_id,
    runs.as_of,
    runs.started_at,
    runs.finished_at,
    runs.models
from latest
inner join app.etl_runs as runs on latest.run_id = runs.run_id;

-- How many workers are alive: each has a heartbeat for each of its two queues, and is
-- dead after 20 seconds without one.
create view app.living_workers as
select ceil(count(*) / 2.0)::integer as workers
from procrastinate.procrastinate_workers
where last_heartbeat > now() - interval '20 seconds';

-- The board runs that readers see although their facts have changed since, of boards
-- that are computed again.
create view app.stale_board_runs as
select
    runs.leaderboard_key,
    runs.period_start,
    runs.stale_since
from app.latest_runs_of_periods as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.stale_since is not null
    and defs.is_active
    and not app.is_final(
        runs.period_end,
        runs.as_of,
        defs.corrected_for_days,
        defs.is_frozen,
        now()
    );
