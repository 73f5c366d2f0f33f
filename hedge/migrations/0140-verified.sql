-- depends: 0132-buckets

-- Up to when a full run has found that what a mart holds is still so. Such a run writes
-- only the rows that change, so the instant in a row is that of the run from which its
-- content has held. docs/decisions.md (The newest as-of instant wins) says why no older
-- content can be written over what was found to hold.

-- Clusters are divided into 64 portions by a hash. A batch of a mart holds whole ones.
create function app.portion_of(cluster_id text) returns integer
language sql immutable parallel safe
return (abs(hashtext(cluster_id)::bigint) % 64)::integer;
comment on function app.portion_of(text) is
'The portion of a cluster, from 0 to 63, by a hash of its id';

create table app.verified (
    mart text collate "C" not null,
    part text collate "C" not null,
    portion integer not null,
    verified_to timestamptz not null,
    primary key (mart, part, portion),
    constraint "a portion is from 0 to 63" check (portion between 0 and 63)
);
comment on table app.verified is
'Up to when full runs have found that the rows of a mart hold, by portion of clusters';
comment on column app.verified.mart is 'The mart, with its schema';
comment on column app.verified.part is
'The window of cluster_metrics, the season of season_progress; empty of others';
comment on column app.verified.portion is 'Which clusters: app.portion_of(cluster_id)';
comment on column app.verified.verified_to is
'The as-of instant of the newest run that has verified them';

create table app.verifying (
    mart text collate "C" primary key,
    as_of timestamptz not null
);
comment on table app.verifying is
'The as-of instant of the newest run that has begun to verify a mart';
comment on column app.verifying.mart is 'The mart, with its schema';
comment on column app.verifying.as_of is
'Runs as of this instant or before wait until it has ended';

-- The advisory locks of a mart: `writing` is held by a run that verifies, until it has
-- ended, and shared by runs that are not newer; `entering` is held by all others,
-- shared, while they write.
create function app.lock_of_verifying(purpose text) returns integer
language sql immutable parallel safe
return hashtext('app.verified ' || purpose);
comment on function app.lock_of_verifying(text) is
'The first key of an advisory lock of marts; the second is the hash of the mart';

-- Begins to verify a mart. The lock is that of the session, because batches are
-- committed one by one; it ends with app.end_verifying or with the session.
create function app.begin_verifying(of_mart text, instant timestamptz) returns void
language plpgsql
as $$
declare
    is_empty boolean;
begin
    perform pg_advisory_lock(app.lock_of_verifying('writing'), hashtext(of_mart));
    execute format('select not exists (select from %s)', of_mart) into is_empty;
    if is_empty then
        -- somebody has removed the rows that it tells of
        delete from app.verified where mart = of_mart;
        delete from app.verifying where mart = of_mart;
    end if;
    insert into app.verifying as known (mart, as_of)
    values (of_mart, instant)
    on conflict (mart) do update
    set as_of = excluded.as_of
    where known.as_of < excluded.as_of;
end
$$;
comment on function app.begin_verifying(text, timestamptz) is
'Takes the lock of a run that verifies a mart, and announces its as-of instant';

-- Waits until all runs have committed that may not have read the announcement. It is
-- executed when that is committed.
create function app.await_entered(of_mart text) returns void
language sql
begin atomic
    select pg_advisory_xact_lock(app.lock_of_verifying('entering'), hashtext(of_mart));
end;
comment on function app.await_entered(text) is
'Waits for the runs that write a mart and may not know that another one verifies it';

create function app.end_verifying(of_mart text) returns void
language sql
begin atomic
    select pg_advisory_unlock(app.lock_of_verifying('writing'), hashtext(of_mart));
end;
comment on function app.end_verifying(text) is
'Gives back the lock of app.begin_verifying';

-- Lets a run that does not verify write in this transaction. One that is newer than
-- every run that verifies goes on at once: its rows win anyway. Any other one waits for
-- the run that verifies, and finds in app.verified what it may not write any more.
create function app.enter_mart(of_mart text, instant timestamptz) returns void
language plpgsql
as $$
begin
    if not exists (
        select from app.verifying
        where mart = of_mart and as_of >= instant
    ) then
        perform pg_advisory_xact_lock_shared(
            app.lock_of_verifying('entering'), hashtext(of_mart)
        );
        -- who announces it from now on waits for this transaction
        if not exists (
            select from app.verifying
            where mart = of_mart and as_of >= instant
        ) then
            return;
        end if;
    end if;
    perform pg_advisory_xact_lock_shared(
        app.lock_of_verifying('writing'), hashtext(of_mart)
    );
end
$$;
comment on function app.enter_mart(text, timestamptz) is
'Lets a run that does not verify write a mart until its transaction ends';

create or replace function app.stamped_columns()
returns table (relation text, column_name text, lead interval)
language sql immutable
as $$
    values
    ('app.etl_runs', 'as_of', interval '0'),
    ('app.etl_runs', 'started_at', interval '0'),
    ('app.etl_runs', 'finished_at', interval '0'),
    ('app.etl_requests', 'requested_at', interval '0'),
    ('app.etl_requests', 'next_attempt_at', interval '1 hour'),
    ('app.etl_requests', 'taken_since', interval '0'),
    ('app.etl_requests', 'parked_at', interval '0'),
    ('app.wallet_links', 'linked_at', interval '0'),
    ('app.wallet_links', 'unlinked_at', interval '0'),
    ('app.wallet_links', 'verified_at', interval '0'),
    ('app.wallet_moves', 'moved_at', interval '0'),
    ('app.wallet_clusters', 'created_at', interval '0'),
    ('app.wallet_challenges', 'created_at', interval '0'),
    ('app.wallet_challenges', 'expires_at', interval '1 day'),
    ('app.wallet_challenges', 'used_at', interval '0'),
    ('app.change_notes', 'noted_at', interval '0'),
    ('app.cluster_corrections', 'corrected_at', interval '0'),
    ('app.leaderboard_runs', 'as_of', interval '0'),
    ('app.leaderboard_runs', 'created_at', interval '0'),
    ('app.leaderboard_runs', 'started_at', interval '0'),
    ('app.leaderboard_runs', 'finished_at', interval '0'),
    ('app.leaderboard_runs', 'stale_since', interval '0'),
    ('app.leaderboard_defs', 'created_at', interval '0'),
    ('app.leaderboard_defs', 'changed_at', interval '0'),
    ('app.seasons', 'created_at', interval '0'),
    ('app.seasons', 'changed_at', interval '0'),
    ('app.players', 'created_at', interval '0'),
    ('app.players', 'changed_at', interval '0'),
    ('app.api_tokens', 'created_at', interval '0'),
    ('app.api_tokens', 'last_used_at', interval '0'),
    ('app.api_tokens', 'revoked_at', interval '0'),
    ('app.deployed_projects', 'deployed_at', interval '0'),
    ('app.undos', 'begun_at', interval '0'),
    ('app.undos', 'finished_at', interval '0'),
    ('app.made_up_world', 'loaded_at', interval '0'),
    ('app.verified', 'verified_to', interval '0'),
    ('app.verifying', 'as_of', interval '0'),
    ('analytics.challenge_progress', 'last_computed_at', interval '0'),
    ('analytics.cluster_metrics', 'last_computed_at', interval '0'),
    ('analytics.season_progress', 'updated_at', interval '0'),
    ('analytics.tier_unlocks', 'unlocked_at', interval '0'),
    ('analytics.tier_unlocks', 'reached_at', interval '0'),
    ('analytics.tier_unlocks', 'fell_at', interval '0'),
    ('analytics.tier_unlocks', 'revoked_at', interval '0'),
    ('analytics.leaderboard_entries', 'created_at', interval '0')
$$;
