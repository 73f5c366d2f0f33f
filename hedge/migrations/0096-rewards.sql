-- depends: 0091-who-was-first

-- Rewards of seasons: what is given for a level or a rank, who is entitled to it, and
-- what became of that. Runs entitle (0097-entitling.sql), players claim, admins and
-- services fulfil or refuse.

-- What is given, and for what. An entitlement copies what it promises, so that a change
-- of a definition changes nothing that was promised before.
create table app.reward_definitions (
    season_id text collate "C" not null references app.seasons on update cascade,
    reward_key text collate "C" not null,
    name text not null,
    quantity numeric(28, 6) not null default 1,
    kind text not null,
    -- of kind LEVEL: the level from which on it is given
    level integer,
    -- of kind RANK: a board of the season, or null for the standings of the season
    leaderboard_key text collate "C",
    rank_from integer,
    rank_to integer,
    -- until when it can be claimed; null for ever
    valid_until timestamptz,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (season_id, reward_key),
    constraint "the reward is 1 to 64 letters, digits, _, . or -"
    check (reward_key ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    constraint "the name of a reward has 1 to 200 characters"
    check (length(name) between 1 and 200),
    constraint "the quantity of a reward is above 0" check (quantity > 0),
    constraint "the kind of a reward is LEVEL or RANK"
    check (kind in ('LEVEL', 'RANK')),
    constraint "a reward is for a level, or for ranks from 1 on" check (
        case kind
            when 'LEVEL'
                then
                    level > 0
                    and num_nonnulls(leaderboard_key, rank_from, rank_to) = 0
            else level is null and rank_from > 0 and rank_to >= rank_from
        end is true
    ),
    constraint "a reward is valid until a finite time" check (isfinite(valid_until))
);
comment on table app.reward_definitions is
'What is given in a season, and for which level or ranks';

-- The final standings of a season: of its points, and of each board for whose ranks it
-- gives rewards. They are copied once, and nothing that is computed later changes them.
create table app.final_standings (
    standing_id bigint generated always as identity primary key,
    season_id text collate "C" not null
    references app.seasons on delete cascade on update cascade,
    -- null for the points of the season
    leaderboard_key text collate "C",
    -- the run that froze them, and the board run that they are of
    run_id bigint not null,
    board_run_id bigint,
    as_of timestamptz not null,
    frozen_at timestamptz not null default now()
);
create unique index "a season is frozen once"
on app.final_standings (season_id) where leaderboard_key is null;
create unique index "a board of a season is frozen once"
on app.final_standings (season_id, leaderboard_key);
comment on column app.final_standings.as_of is
'The as-of instant of what was frozen';

create table app.final_entries (
    standing_id bigint not null references app.final_standings on delete cascade,
    cluster_id text collate "C" not null
    references app.wallet_clusters on delete cascade,
    rank integer not null,
    score numeric(60, 6) not null,
    -- the level of the season; null on boards
    level integer,
    primary key (standing_id, cluster_id)
);
create index on app.final_entries (standing_id, rank);
create index on app.final_entries (cluster_id);

-- Who is entitled to what. One that was taken back is history, and another can follow.
create table app.rewards (
    reward_id bigint generated always as identity primary key,
    season_id text collate "C" not null,
    reward_key text collate "C" not null,
    cluster_id text collate "C" not null
    references app.wallet_clusters on delete cascade,
    -- what was promised
    name text not null,
    quantity numeric(28, 6) not null,
    valid_until timestamptz,
    -- the level or the rank that was reached
    level integer,
    rank integer,
    state text not null default 'OPEN',
    -- the as-of instant of the run that entitled, its number, and its definitions
    entitled_at timestamptz not null,
    run_id bigint not null,
    definitions text,
    claimed_at timestamptz,
    fulfilled_at timestamptz,
    changed_at timestamptz not null default clock_timestamp(),
    -- who changed the state last, and why
    changed_by text not null,
    note text not null default '',
    foreign key (season_id, reward_key) references app.reward_definitions
    on update cascade,
    constraint "the state of a reward is known" check (
        state in ('OPEN', 'CLAIMED', 'FULFILLED', 'REFUSED', 'LAPSED', 'TAKEN_BACK')
    ),
    constraint "what was decided was claimed" check (
        case state
            when 'CLAIMED' then claimed_at is not null
            when 'REFUSED' then claimed_at is not null and note <> ''
            when 'FULFILLED' then num_nonnulls(claimed_at, fulfilled_at) = 2
            when 'TAKEN_BACK' then note <> ''
            else num_nonnulls(claimed_at, fulfilled_at) = 0
        end
    )
);
create unique index "a cluster has a reward once"
on app.rewards (season_id, reward_key, cluster_id) where state <> 'TAKEN_BACK';
create index on app.rewards (cluster_id, reward_id);
create index on app.rewards (state, reward_id);
create index on app.rewards (valid_until) where state = 'OPEN';
comment on table app.rewards is
'Who is entitled to which reward, and what became of it';

-- The wallets that a cluster had when it was entitled. A wallet counts for one reward
-- of a definition: who moves it to another account is not entitled again.
create table app.reward_wallets (
    season_id text collate "C" not null,
    reward_key text collate "C" not null,
    address text collate "C" not null,
    reward_id bigint not null references app.rewards on delete cascade,
    primary key (season_id, reward_key, address)
);
create index on app.reward_wallets (reward_id);
create index on app.reward_wallets (address);

-- Of an account that was deleted after it claimed, only a hash of each wallet is kept.
create table app.forgotten_reward_wallets (
    season_id text collate "C" not null,
    reward_key text collate "C" not null,
    address_hash bytea not null,
    primary key (season_id, reward_key, address_hash)
);

-- Every state of every reward: the audit.
create table app.reward_changes (
    change_id bigint generated always as identity primary key,
    reward_id bigint not null references app.rewards on delete cascade,
    -- null where the cluster became entitled
    previous_state text,
    state text not null,
    changed_at timestamptz not null,
    changed_by text not null,
    note text not null,
    -- the request of the API that caused it
    caused_by text
);
create index on app.reward_changes (reward_id, change_id);

-- The states that can follow each other. Nothing leaves REFUSED, LAPSED or TAKEN_BACK.
create function app.check_reward() returns trigger
language plpgsql
as $$
begin
    if (old.state, new.state) not in (
        ('OPEN', 'CLAIMED'), ('OPEN', 'LAPSED'), ('OPEN', 'TAKEN_BACK'),
        ('CLAIMED', 'FULFILLED'), ('CLAIMED', 'REFUSED'), ('CLAIMED', 'TAKEN_BACK'),
        ('FULFILLED', 'TAKEN_BACK')
    ) then
        raise exception 'reward % is %, and cannot become %',
            old.reward_id, old.state, new.state
            using errcode = 'check_violation';
    end if;
    new.changed_at := clock_timestamp();
    return new;
end
$$;
create trigger check_reward before update of state on app.rewards
for each row execute function app.check_reward();

-- Writes the audit and the events of rewards, in the transaction that changes them.
create function app.tell_of_rewards() returns trigger
language plpgsql
as $$
declare
    -- a merge of accounts moves a reward, which stays in its state
    told bigint[];
begin
    if tg_op = 'INSERT' then
        told := array(select reward_id from changed_rewards);
        insert into app.reward_changes
            (reward_id, state, changed_at, changed_by, note, caused_by)
        select reward_id, state, changed_at, changed_by, note,
            nullif(current_setting('hedge.request_id', true), '')
        from changed_rewards
        order by reward_id;
    else
        told := array(
            select changed.reward_id
            from changed_rewards as changed
            inner join old_rewards as before on changed.reward_id = before.reward_id
            where changed.state <> before.state
        );
        insert into app.reward_changes
            (reward_id, previous_state, state, changed_at, changed_by, note, caused_by)
        select changed.reward_id, before.state, changed.state, changed.changed_at,
            changed.changed_by, changed.note,
            nullif(current_setting('hedge.request_id', true), '')
        from changed_rewards as changed
        inner join old_rewards as before on changed.reward_id = before.reward_id
        where changed.reward_id = any(told)
        order by changed.reward_id;
        delete from app.reward_wallets
        using changed_rewards as changed
        where
            reward_wallets.reward_id = changed.reward_id
            and changed.state = 'TAKEN_BACK';
    end if;
    insert into app.untold_events (event_type, cluster_id, details, is_first)
    select
        case rewards.state
            when 'OPEN' then 'reward.entitled'
            else 'reward.' || lower(rewards.state)
        end,
        rewards.cluster_id,
        jsonb_build_object(
            'rewardId', rewards.reward_id,
            'seasonId', rewards.season_id,
            'rewardKey', rewards.reward_key,
            'name', rewards.name,
            'quantity', trim_scale(rewards.quantity),
            'quantityText', trim_scale(rewards.quantity)::text,
            'state', rewards.state,
            'note', rewards.note
        ),
        app.begins_events()
    from changed_rewards as rewards
    where rewards.reward_id = any(told)
    order by rewards.reward_id;
    return null;
end
$$;
create trigger tell_new_rewards after insert on app.rewards
referencing new table as changed_rewards
for each statement execute function app.tell_of_rewards();
create trigger tell_changed_rewards after update on app.rewards
referencing old table as old_rewards new table as changed_rewards
for each statement execute function app.tell_of_rewards();

-- A deletion keeps that the wallets were counted for what was claimed, and not whose.
create function app.forget_reward() returns trigger
language plpgsql
as $$
begin
    insert into app.forgotten_reward_wallets (season_id, reward_key, address_hash)
    select season_id, reward_key, sha256(convert_to(address, 'UTF8'))
    from app.reward_wallets
    where reward_id = old.reward_id and old.state in ('CLAIMED', 'FULFILLED')
    on conflict do nothing;
    return old;
end
$$;
create trigger forget_reward before delete on app.rewards
for each row execute function app.forget_reward();

-- Whether another player has verified a wallet that a reward rests on: it is neither
-- claimed nor fulfilled before a run has decided.
create function app.is_disputed(reward bigint) returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from app.rewards
        inner join app.reward_wallets as wallets on rewards.reward_id = wallets.reward_id
        inner join app.wallet_links as links on wallets.address = links.address
        where
            rewards.reward_id = reward
            and links.unlinked_at is null
            and links.verified_at is not null
            and links.cluster_id <> app.remaining_cluster(rewards.cluster_id)
    );
end
$$;

-- How many rewards of each season were entitled, by the audit, and in which state they
-- are: entitled is the sum of all others, at every instant.
create view app.reward_sums as
select
    rewards.season_id,
    count(changes.change_id) as entitled,
    count(*) filter (where rewards.state = 'OPEN') as open,
    count(*) filter (where rewards.state = 'CLAIMED') as claimed,
    count(*) filter (where rewards.state = 'FULFILLED') as fulfilled,
    count(*) filter (where rewards.state = 'REFUSED') as refused,
    count(*) filter (where rewards.state = 'LAPSED') as lapsed,
    count(*) filter (where rewards.state = 'TAKEN_BACK') as taken_back
from app.rewards
left join app.reward_changes as changes
    on rewards.reward_id = changes.reward_id and changes.previous_state is null
group by rewards.season_id;

-- Rewards are told of as well.
alter table app.events
drop constraint "event_type is a type of event",
add constraint "event_type is a type of event" check (
    event_type in (
        'progress.changed', 'tier.reached', 'tier.revoked', 'board.completed',
        'board.corrected', 'season.level_reached', 'everything.changed',
        'reward.entitled', 'reward.claimed', 'reward.fulfilled', 'reward.refused',
        'reward.lapsed', 'reward.taken_back'
    )
);
alter table app.webhooks
drop constraint "event_types has known types",
add constraint "event_types has known types" check (
    event_types <@ array[
        'progress.changed', 'tier.reached', 'tier.revoked', 'board.completed',
        'board.corrected', 'season.level_reached', 'everything.changed',
        'reward.entitled', 'reward.claimed', 'reward.fulfilled', 'reward.refused',
        'reward.lapsed', 'reward.taken_back'
    ]
    and event_types <> '{}'
);
