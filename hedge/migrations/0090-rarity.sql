-- depends: 0084-words-of-new-pages

-- How rare tiers are, and how values are spread: counted by full and incremental runs
-- (macros/runs/count_progress.sql) and only read by requests.
create table app.tier_rarity (
    challenge_key text collate "C" not null,
    tier_code text collate "C" not null,
    clusters bigint not null,
    share numeric not null,
    as_of timestamptz not null,
    primary key (challenge_key, tier_code),
    constraint "a share is from 0 to 1" check (share between 0 and 1)
);
comment on table app.tier_rarity is
'How many clusters have reached each tier, as the last count of progress found it';
comment on column app.tier_rarity.clusters is
'How many clusters are on this tier or on a higher one';
comment on column app.tier_rarity.share is
'The share of them of all clusters that have a value, from 0 to 1';
comment on column app.tier_rarity.as_of is 'The as-of instant of the run that counted';

create table app.value_counts (
    challenge_key text collate "C" not null,
    tier_code text collate "C" not null,
    from_value numeric not null,
    below_value numeric not null,
    clusters bigint not null,
    primary key (challenge_key, from_value, tier_code)
);
comment on table app.value_counts is
'How many clusters have a value between two edges, by the tier that they are on';
comment on column app.value_counts.tier_code is 'The tier; NONE below the lowest';
comment on column app.value_counts.from_value is
'The lower edge, which belongs to it; the one of value 0 has no other value';
comment on column app.value_counts.below_value is
'The upper edge, which does not belong to it';

create table app.counted_progress (
    is_only boolean primary key default true,
    as_of timestamptz not null,
    counted_at timestamptz not null,
    seconds numeric not null,
    constraint "progress is counted once at a time" check (is_only)
);
comment on table app.counted_progress is
'The last count of progress, in one row, and how long it took';

-- The first and the latest who reached a tier are found without reading all unlocks of
-- it. Where the mart is new, its materialization creates the index (first_wins_index).
do $$
begin
    if to_regclass('analytics.tier_unlocks') is not null then
        create index if not exists tier_unlocks_of_tiers on analytics.tier_unlocks
        (challenge_key, tier_code, kind, reached_at, unlocked_at)
        where revoked_at is null;
    end if;
end
$$;
