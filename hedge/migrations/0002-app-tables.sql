-- Tables of the service: players, clusters, wallet links, and the run ledger.

-- An administrator may have made the schema, for a role that may create none.
do $$
begin
    if to_regnamespace('app') is null then
        create schema app;
    end if;
end $$;

-- The as-of instant of the session: hedge.as_of where a run has set it, else the start
-- of the transaction. Models read the time only from this function.
create function app.as_of() returns timestamptz
language sql stable parallel safe
return coalesce(nullif(current_setting('hedge.as_of', true), '')::timestamptz, now());

-- The watermark: every row whose loaded_at is earlier is already committed. It is the
-- start of the oldest open transaction. pg_stat_activity hides the sessions of other
-- roles from a role without pg_read_all_stats; where it does, 15 minutes are
-- subtracted. Sessions of dbt write no facts and are ignored.
create function app.seen_until() returns timestamptz
language sql volatile
return (
    select
        least(now(), min(sessions.xact_start)) - case
            when bool_or(sessions.query = '<insufficient privilege>')
                then interval '15 minutes'
            else interval '0'
        end
    from pg_stat_activity as sessions
    where
        sessions.datname = current_database()
        and sessions.backend_type = 'client backend'
        and sessions.application_name <> 'hedge-dbt'
);

create table app.players (
    player_id bigint generated always as identity primary key,
    discord_id text collate "C" unique,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now()
);
create index on app.players (changed_at);

-- One person. cluster_id is opaque text; it is not a Discord id.
create table app.wallet_clusters (
    cluster_id text collate "C" primary key,
    player_id bigint not null unique references app.players,
    created_at timestamptz not null default now(),
    constraint "cluster_id is not empty" check (cluster_id <> '')
);
create index on app.wallet_clusters (created_at);

-- A wallet link is active from linked_at until unlinked_at. An address is active in at
-- most one cluster; the chain is a label, and facts count on every chain.
create table app.wallet_links (
    link_id bigint generated always as identity primary key,
    cluster_id text collate "C" not null references app.wallet_clusters,
    address text collate "C" not null,
    chain text not null default 'DFKCHAIN',
    linked_at timestamptz not null default now(),
    unlinked_at timestamptz,
    constraint "address is 0x and 40 lower-case hex digits" check (
        address ~ '^0x[0-9a-f]{40}$'
    )
);
create unique index "an address is active in at most one cluster"
on app.wallet_links (address) include (cluster_id) where unlinked_at is null;
create index on app.wallet_links (cluster_id) where unlinked_at is null;
create index on app.wallet_links (linked_at);
create index on app.wallet_links (unlinked_at) where unlinked_at is not null;

-- The run ledger: a row for every run of the pipeline, started by hedge or by dbt.
create table app.etl_runs (
    run_id bigint generated always as identity primary key,
    invocation_id text not null unique,
    kind text not null,
    scope_size integer,
    as_of timestamptz not null,
    state text not null default 'RUNNING',
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    -- the watermark: the run sees every row that was committed before this instant
    seen_until timestamptz not null,
    -- the hash of the definitions (models, macros, seeds) that a deploy deployed
    definitions text,
    models jsonb not null default '[]',
    error text,
    constraint "kind is a kind of run"
    check (kind in ('DEPLOY', 'FULL', 'INCREMENTAL', 'CLUSTER', 'PARTIAL')),
    constraint "state is a state of a run"
    check (state in ('RUNNING', 'SUCCESS', 'FAILED'))
);
create index on app.etl_runs (started_at);

-- The demo world. A database holds at most one, which is loaded once and is never mixed
-- with other facts.
create table app.made_up_world (
    is_only boolean primary key default true,
    clusters integer not null,
    seed integer not null,
    loaded_at timestamptz not null default now(),
    constraint "there is one made-up world" check (is_only)
);
