-- depends: 0020-taking-changes

-- What tells a request that cannot be served from one that met with an accident.

alter table app.etl_requests
-- how many requests the run computes that has taken it; null while none has
add column batch integer,
-- the most that a run may compute together with it, after a worker has died over more
add column largest_batch integer,
-- how often a worker has died while it computed this request alone
add column deaths integer not null default 0,
-- how often it was held back because every run failed
add column times_held_back integer not null default 0;

-- A run over all changes also covers requests that are parked: the cluster that could
-- not be computed alone has been computed then.
create or replace function app.take_changes(taker text, run_as_of timestamptz)
returns boolean
language plpgsql
as $$
begin
    if exists (
        select from app.etl_runs
        where kind <> 'DEPLOY' and as_of > coalesce(run_as_of, clock_timestamp())
    ) then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('app.change_notes'));
    update app.change_notes set taken_by = taker
    where
        due_at < coalesce(run_as_of, now())
        -- a run as of an instant does not count facts after it
        and coalesce(from_at, '-infinity') < coalesce(run_as_of, 'infinity');
    update app.etl_requests set covered_by = taker
    where request_id in (
        select request_id from app.etl_requests
        where
            kind = 'CLUSTER'
            and requested_at < coalesce(run_as_of, clock_timestamp())
        order by request_id
        for update
    );
    perform app.mark_stale_boards(taker, of_marts => false);
    return true;
end
$$;
