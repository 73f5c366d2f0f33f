-- Boards, board runs and seasons, and the windows that a session computes.

-- The windows that a run has set for its session. Null means the standing windows:
-- all_time, rolling_180d and that of the active season.
create function app.windows() returns text[]
language sql stable parallel safe
return nullif(current_setting('hedge.windows', true), '')::text[];

alter table app.etl_runs
add column windows text[],
drop constraint "kind is a kind of run",
add constraint "kind is a kind of run" check (
    kind in ('DEPLOY', 'FULL', 'INCREMENTAL', 'CLUSTER', 'BOARD', 'SEASON', 'PARTIAL')
);

-- When a player proved by a signature to hold the key of the wallet.
alter table app.wallet_links add column verified_at timestamptz;

-- A board: the metric that it ranks by, its periods, and the clusters it admits.
create table app.leaderboard_defs (
    key text collate "C" primary key,
    name text not null,
    description text not null default '',
    category_key text not null,
    metric_source text not null,
    metric_key text not null,
    -- the metric that breaks ties; a null source means metric_source
    fallback_metric_source text,
    fallback_metric_key text,
    time_window text not null,
    is_active boolean not null default true,
    is_public boolean not null default true,
    verified_only boolean not null default false,
    max_entries integer not null default 1000,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint "the key is 1 to 64 letters, digits, _, . or -"
    check (key ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    constraint "the name is not empty" check (name <> ''),
    constraint "the time window is DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME"
    check (time_window in ('DAILY', 'WEEKLY', 'MONTHLY', 'SEASON', 'ALL_TIME')),
    constraint "max_entries is 1 to 100000" check (max_entries between 1 and 100000),
    constraint "a source of the tiebreaker has a key"
    check (fallback_metric_source is null or fallback_metric_key is not null)
);

-- A board run ranks one board period: [period_start, period_end), both null for all
-- time.
create table app.leaderboard_runs (
    id bigint generated always as identity primary key,
    leaderboard_key text collate "C" not null
    references app.leaderboard_defs on delete cascade,
    period_start timestamptz,
    period_end timestamptz,
    status text not null default 'PENDING',
    -- the as-of instant; it is before period_end where the period was not over
    as_of timestamptz,
    row_count integer,
    error text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    constraint "status is PENDING, PROCESSING, COMPLETE or FAILED"
    check (status in ('PENDING', 'PROCESSING', 'COMPLETE', 'FAILED')),
    constraint "a period ends after it starts"
    check ((period_start is null) = (period_end is null) and period_start < period_end),
    constraint "a complete run has an instant and a count"
    check (status <> 'COMPLETE' or (as_of is not null and row_count is not null)),
    constraint "a failed run has a reason" check (
        status <> 'FAILED' or error is not null
    )
);
create index on app.leaderboard_runs (
    leaderboard_key, period_end desc, as_of desc, id desc
);
-- Board runs of one board never run at the same time.
create unique index "a board is computed once at a time"
on app.leaderboard_runs (leaderboard_key) where status = 'PROCESSING';

create table app.seasons (
    id text collate "C" primary key,
    name text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    is_active boolean not null default false,
    -- LIFETIME scores all-time values, SEASON scores only facts inside the season
    scoring text not null default 'SEASON',
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint "the id is 1 to 64 letters, digits, _, . or -"
    check (id ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    constraint "the name is not empty" check (name <> ''),
    constraint "a season ends after it starts"
    check (starts_at < ends_at and isfinite(starts_at) and isfinite(ends_at)),
    constraint "scoring is LIFETIME or SEASON" check (
        scoring in ('LIFETIME', 'SEASON')
    ),
    constraint "two active seasons do not overlap"
    exclude using gist (tstzrange(starts_at, ends_at) with &&) where (is_active)
);

-- The weight of a challenge in a season, in points per unit of its metric.
create table app.season_challenge_weights (
    season_id text collate "C" not null references app.seasons on delete cascade,
    challenge_code text collate "C" not null,
    weight numeric(20, 6) not null,
    primary key (season_id, challenge_code),
    constraint "a weight is above zero" check (weight > 0 and weight < 1e12)
);
