-- depends: 0004-queue

-- Tables of the API and the queue: accounts, verifications of wallets, tokens, and
-- requests for runs.

alter table app.players
add column display_name text,
add column show_on_boards boolean not null default false,
-- the wallet that the previous system stored; linked at the first visit of a player
-- who has no wallet links
add column primary_wallet text collate "C",
add constraint "display_name is 1 to 40 characters"
check (length(display_name) between 1 and 40);

alter table app.wallet_links
add column is_primary boolean not null default false;
create unique index "a cluster has at most one primary wallet"
on app.wallet_links (cluster_id) where is_primary and unlinked_at is null;

-- A message that a wallet is to sign (EIP-4361); its nonce can be used once.
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

-- The tiers that a cluster had reached when it lost a wallet to another player, who
-- proved to own it. Tiers that the cluster does not reach without the wallet are marked
-- as revoked (models/progress/tier_unlocks.sql).
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

-- Bearer tokens of admins and services. Only their hashes are stored.
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

-- Requests for runs; a request is deleted when it is served. (taken_by, taken_since)
-- identifies the session of the worker that serves it. When that session has ended,
-- another worker can take the request.
create table app.etl_requests (
    request_id bigint generated always as identity primary key,
    kind text not null default 'CLUSTER',
    cluster_id text collate "C",
    reason text not null,
    -- the id of the API's request that caused it, as in the log
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

-- Wakes a worker by a job in procrastinate's queue, which becomes visible when the
-- transaction that creates the request commits.
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

-- Creating, ending or deleting a wallet link changes the facts of its cluster. The
-- trigger requests a run for the cluster in the same transaction.
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
