-- depends: 0018-stale-boards

-- How a run over all changes takes change notes (0013-change-notes.sql), and marks the
-- boards that have not seen them (0018-stale-boards.sql).

-- The run over all changes that covers the request, and deletes it when it succeeds.
alter table app.etl_requests add column covered_by text;

-- Takes all change notes that are due for a run, and the requests for clusters that the
-- run covers, and returns whether it did. A run deletes what it took when it succeeds
-- (app.delete_taken_changes), so that what a failed run took is taken by the next one.
-- Of two runs that overlap the later one takes the notes of the other once more: the
-- cluster is computed twice.
--
-- It must be called before the as-of instant of the run is determined: a run that
-- starts later then has a later instant and sees all that was noted. A run as of an
-- earlier instant than that of another run takes nothing, because it cannot write over
-- the rows of that run.
--
-- Boards that read facts are marked at once.
create function app.take_changes(taker text, run_as_of timestamptz) returns boolean
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
            and parked_at is null
            and requested_at < coalesce(run_as_of, clock_timestamp())
        order by request_id
        for update
    );
    perform app.mark_stale_boards(taker, of_marts => false);
    return true;
end
$$;

-- Deletes the notes and requests that a run has taken, when it succeeds. Of a note
-- about facts before and after the as-of instant of the run, the part after it is left.
-- Before that, it marks the boards that rank by marts, which the run has just brought
-- up to date.
create function app.delete_taken_changes(taker text, run_as_of timestamptz)
returns void
language sql
as $$
    -- Two runs do not write the same notes at once: rows are not locked in one order.
    select pg_advisory_xact_lock(hashtext('app.change_notes'));
    select app.mark_stale_boards(taker, of_marts => true);
    update app.change_notes set from_at = run_as_of, taken_by = null
    where taken_by = taker and to_at >= run_as_of;
    delete from app.change_notes where taken_by = taker;
    delete from app.etl_requests where covered_by = taker;
$$;
