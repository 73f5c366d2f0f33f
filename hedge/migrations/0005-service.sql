-- depends: 0004-queue

-- What the service owns besides: players' accounts, proofs of wallets, tokens, and the
-- runs that were asked for.

alter table app.players
add column display_name text,
add column show_on_boards boolean not null default false,
-- of the system before this one; linked when a player without links comes back
add column primary_wallet text collate "C",
add constraint "display_name is 1 to 40 characters"
check (length(display_name) between 1 and 40);

alter table app.wallet_links
add column is_primary boolean not null default false;
create unique index "a cluster has at most one primary wallet"
on app.wallet_links (cluster_id) where is_primary and unlinked_at is null;

-- A message that a wallet was asked to sign (EIP-4361); the nonce is used once.
create table app.wallet_challenges (
    nonce text collate "C" primary key,
    cluster_id text collate "C" not null
    references app.wallet_clusters on delete cascade,
    address text collate "C" not null,
    message text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index on app.wallet_challenges (expires_at);

-- What a cluster had reached when a wallet of its proved to be another player's. What
-- it has not reached without that wallet is marked as revoked
-- (models/progress/tier_unlocks.sql).
create table app.wallet_moves (
    move_id bigint generated always as identity primary key,
    cluster_id text collate "C" not null,
    address text collate "C" not null,
    challenge_key text not null,
    tier_code text not null,
    kind text not null,
    moved_at timestamptz not null default now()
);
create index on app.wallet_moves (cluster_id);

-- Bearer tokens of admins and services; only a hash is kept.
create table app.api_tokens (
    token_id bigint generated always as identity primary key,
    name text not null,
    role text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint "the name is not empty" check (name <> ''),
    constraint "role is admin or service" check (role in ('admin', 'service'))
);

-- Runs that were asked for and are not done. A worker that has taken one is the session
-- (taken_by, taken_since); when that session is gone, the request is free again.
create table app.etl_requests (
    request_id bigint generated always as identity primary key,
    kind text not null default 'CLUSTER',
    cluster_id text collate "C",
    reason text not null,
    -- the request of the API that caused it, as its log names it
    caused_by text,
    requested_at timestamptz not null default now(),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    taken_by integer,
    taken_since timestamptz,
    error text,
    parked_at timestamptz,
    constraint "kind is CLUSTER, FULL or INCREMENTAL"
    check (kind in ('CLUSTER', 'FULL', 'INCREMENTAL')),
    constraint "a request for a cluster names it" check (
        (kind = 'CLUSTER') = (cluster_id is not null)
    )
);
create index on app.etl_requests (kind, next_attempt_at) where parked_at is null;

alter table app.etl_runs add column caused_by text[] not null default '{}';

-- Wakes a worker: a job of procrastinate, in the transaction of the change.
create function app.wake_worker(queue text, task text) returns void
language plpgsql
set search_path to procrastinate, pg_temp
as $$
begin
    perform procrastinate_defer_jobs_v1(array[row(
        queue, task, 0, null, null, '{}'::jsonb, null
    )::procrastinate_job_to_defer_v1]);
end
$$;

create function app.wake_for_requests() returns trigger
language plpgsql
as $$
begin
    if exists (select from new_requests where kind = 'CLUSTER') then
        perform app.wake_worker('clusters', 'hedge.worker.serve_clusters');
    end if;
    if exists (select from new_requests where kind <> 'CLUSTER') then
        perform app.wake_worker('runs', 'hedge.worker.serve_runs');
    end if;
    return null;
end
$$;
create trigger wake_for_requests after insert on app.etl_requests
referencing new table as new_requests
for each statement execute function app.wake_for_requests();

create function app.wake_for_boards() returns trigger
language plpgsql
as $$
begin
    if exists (select from new_runs where status = 'PENDING') then
        perform app.wake_worker('runs', 'hedge.worker.serve_boards');
    end if;
    return null;
end
$$;
create trigger wake_for_boards after insert on app.leaderboard_runs
referencing new table as new_runs
for each statement execute function app.wake_for_boards();

-- A link that begins or ends changes what counts for its cluster: a run is asked for,
-- in the same transaction.
create function app.request_runs_of_links() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct cluster_id, 'wallet linked', nullif(current_setting('hedge.request_id', true), '')
        from new_links
        where unlinked_at is null;
    elsif tg_op = 'UPDATE' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct new_links.cluster_id, 'wallet unlinked',
            nullif(current_setting('hedge.request_id', true), '')
        from new_links
        inner join old_links on new_links.link_id = old_links.link_id
        where new_links.unlinked_at is distinct from old_links.unlinked_at;
    else
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct cluster_id, 'account deleted',
            nullif(current_setting('hedge.request_id', true), '')
        from old_links
        where unlinked_at is null;
    end if;
    return null;
end
$$;

create trigger request_runs_of_new_links after insert on app.wallet_links
referencing new table as new_links
for each statement execute function app.request_runs_of_links();
create trigger request_runs_of_changed_links after update on app.wallet_links
referencing old table as old_links new table as new_links
for each statement execute function app.request_runs_of_links();
create trigger request_runs_of_deleted_links after delete on app.wallet_links
referencing old table as old_links
for each statement execute function app.request_runs_of_links();
