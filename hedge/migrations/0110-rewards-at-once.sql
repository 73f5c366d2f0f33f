-- depends: 0109-states-of-definitions

-- Rewards are entitled to in the time of their number. Who is excluded from them is
-- looked up once, and not for each reward.

-- The clusters that are excluded at an instant from what seasons give: from everything
-- where season_id and board_key are null, otherwise from the season, or from what is
-- given for the ranks of the board.
create function app.excluded_from_rewards(at_instant timestamptz)
returns table (cluster_id text, season_id text, board_key text)
language sql stable
as $$
    select
        app.remaining_cluster(found.cluster_id) as cluster_id,
        found.season_id,
        found.board_key
    from app.exclusions as found
    where
        found.cluster_id is not null
        and found.metric_source is null
        and found.starts_at <= at_instant
        and at_instant < least(found.ends_at, coalesce(found.ended_at, 'infinity'))
$$;
comment on function app.excluded_from_rewards(timestamptz) is
'The clusters that are excluded at an instant from what seasons give';

-- The rules by which rewards are taken back, and the only place of them: a reward that
-- a row names is taken back with its reason. Each rule is a part of the union.
--
-- `computed_as_of` is the as-of instant of the run that asks, and `scope` the clusters
-- that it has computed, null for all.
create or replace function app.rewards_to_take_back(
    computed_as_of timestamptz, scope text[]
)
returns table (reward_id bigint, reason text)
language plpgsql stable
as $$
begin
    return query
    -- A wallet that the reward rests on was verified by another player. Where the
    -- season is still computed, and reaches the level without it, the reward stays.
    select distinct
        rewards.reward_id,
        'a wallet was verified by another player' as reason
    from app.rewards
    inner join app.reward_wallets as wallets
        on rewards.reward_id = wallets.reward_id
    inner join app.wallet_links as links on wallets.address = links.address
    inner join app.seasons on rewards.season_id = seasons.id
    left join analytics.season_progress as progress
        on
            rewards.season_id = progress.season_id
            and rewards.cluster_id = progress.cluster_id
    where
        rewards.state in ('OPEN', 'CLAIMED', 'FULFILLED')
        and links.unlinked_at is null
        and links.cluster_id <> app.remaining_cluster(rewards.cluster_id)
        and links.verified_at <= computed_as_of
        and (rewards.cluster_id = any(scope) or scope is null)
        and (
            -- a rank has no level: what was frozen is not computed without the wallet
            coalesce(progress.level < rewards.level, true)
            or seasons.ends_at + 7 * interval '24 hours' <= computed_as_of
        )
    union all
    -- The cluster is excluded from everything, from the season, or from the board whose
    -- rank it is for. What was handed out stays.
    select distinct
        rewards.reward_id,
        'excluded' as reason
    from app.excluded_from_rewards(computed_as_of) as barred
    inner join app.rewards on barred.cluster_id = rewards.cluster_id
    inner join app.reward_definitions as definitions
        on
            rewards.season_id = definitions.season_id
            and rewards.reward_key = definitions.reward_key
    where
        rewards.state in ('OPEN', 'CLAIMED')
        and (rewards.cluster_id = any(scope) or scope is null)
        and coalesce(barred.season_id, rewards.season_id) = rewards.season_id
        and (
            barred.board_key is null
            or barred.board_key = definitions.leaderboard_key
        );
end
$$;

-- Entitles the clusters of the scope, null for all, that have reached what is rewarded
-- and are not entitled yet. A season that is a draft gives nothing.
create or replace function app.entitle(
    entitling app.etl_runs, scope text[]
) returns void
language plpgsql
as $$
begin
    with excluded as materialized (
        select * from app.excluded_from_rewards(entitling.as_of)
    ),

    -- What was handed out and taken back counts for the account that its own was merged
    -- into, too.
    handed_out as materialized (
        select
            rewards.season_id,
            rewards.reward_key,
            app.remaining_cluster(rewards.cluster_id) as cluster_id
        from app.rewards
        where rewards.state = 'TAKEN_BACK' and rewards.fulfilled_at is not null
    ),

    reached as (
        select
            definitions.*,
            progress.cluster_id,
            definitions.level as reached_level,
            null::integer as reached_rank,
            progress.updated_at as counted_at
        from app.reward_definitions as definitions
        inner join analytics.season_progress as progress
            on
                definitions.season_id = progress.season_id
                and definitions.level <= progress.level
        where progress.cluster_id = any(scope) or scope is null
        union all
        -- a merged account has the better rank of the two
        select
            definitions.*,
            app.remaining_cluster(entries.cluster_id) as cluster_id,
            null as reached_level,
            min(entries.rank) as reached_rank,
            standings.as_of as counted_at
        from app.reward_definitions as definitions
        inner join app.final_standings as standings
            on
                definitions.season_id = standings.season_id
                and definitions.leaderboard_key
                is not distinct from standings.leaderboard_key
        inner join app.final_entries as entries
            on
                standings.standing_id = entries.standing_id
                and entries.rank between definitions.rank_from and definitions.rank_to
        where
            definitions.kind = 'RANK'
            and (
                entries.cluster_id = any(scope)
                or app.remaining_cluster(entries.cluster_id) = any(scope)
                or scope is null
            )
        group by
            definitions.season_id,
            definitions.reward_key,
            app.remaining_cluster(entries.cluster_id),
            standings.as_of
    ),

    -- An account that is being deleted is waited for, and passed over then.
    candidates as materialized (
        select reached.*
        from reached
        inner join app.wallet_clusters as clusters
            on reached.cluster_id = clusters.cluster_id
        where
            coalesce(reached.valid_until > entitling.as_of, true)
            and not exists (
                select from app.seasons
                where seasons.id = reached.season_id and seasons.state = 'draft'
            )
            and not exists (
                select from excluded
                where
                    excluded.cluster_id = reached.cluster_id
                    and coalesce(excluded.season_id, reached.season_id)
                    = reached.season_id
                    and (
                        excluded.board_key is null
                        or excluded.board_key = reached.leaderboard_key
                    )
            )
            and not exists (
                select from app.rewards
                where
                    rewards.season_id = reached.season_id
                    and rewards.reward_key = reached.reward_key
                    and rewards.cluster_id = reached.cluster_id
                    and rewards.state <> 'TAKEN_BACK'
            )
            -- what was handed out once is not promised again
            and not exists (
                select from handed_out
                where
                    handed_out.season_id = reached.season_id
                    and handed_out.reward_key = reached.reward_key
                    and handed_out.cluster_id = reached.cluster_id
            )
        for key share of clusters
    ),

    -- The number of each is taken before it is known whether it is refused: rewards and
    -- their wallets are written by it without a join, for which the planner would
    -- expect one row and read the wallets anew for each reward.
    numbered as materialized (
        select
            sorted.*,
            nextval(pg_get_serial_sequence('app.rewards', 'reward_id')) as reward_id
        from (
            select candidates.*
            from candidates
            order by
                candidates.season_id, candidates.reward_key, candidates.cluster_id
        ) as sorted
    ),

    -- The wallets that the cluster had when it was counted, or has.
    wallets as materialized (
        select distinct on (numbered.reward_id, links.address)
            numbered.reward_id,
            numbered.season_id,
            numbered.reward_key,
            numbered.cluster_id,
            links.address,
            links.unlinked_at is null as is_held
        from numbered
        inner join app.wallet_links as links
            on numbered.cluster_id = links.cluster_id
        where
            links.unlinked_at is null
            or links.unlinked_at > numbered.counted_at
        order by
            numbered.reward_id, links.address, links.unlinked_at desc nulls first
    ),

    -- One wallet counts for one reward: of two at once, for who holds the wallet.
    refused as materialized (
        select wallets.reward_id
        from wallets
        where
            exists (
                select from app.reward_wallets as counted
                where
                    counted.season_id = wallets.season_id
                    and counted.reward_key = wallets.reward_key
                    and counted.address = wallets.address
            )
            or exists (
                select from app.forgotten_reward_wallets as forgotten
                where
                    forgotten.season_id = wallets.season_id
                    and forgotten.reward_key = wallets.reward_key
                    and forgotten.address_hash
                    = sha256(convert_to(wallets.address, 'UTF8'))
            )
        union
        select others.reward_id
        from (
            select
                wallets.reward_id,
                row_number() over (
                    partition by season_id, reward_key, address
                    order by is_held desc, cluster_id
                ) as place
            from wallets
        ) as others
        where others.place > 1
    ),

    entitled as (
        insert into app.rewards (
            reward_id, season_id, reward_key, cluster_id, name, quantity, valid_until,
            level, rank, entitled_at, run_id, definitions, changed_by
        )
        overriding system value
        select
            numbered.reward_id,
            numbered.season_id,
            numbered.reward_key,
            numbered.cluster_id,
            numbered.name,
            numbered.quantity,
            numbered.valid_until,
            numbered.reached_level,
            numbered.reached_rank,
            entitling.as_of,
            entitling.run_id,
            entitling.definitions,
            'run ' || entitling.run_id
        from numbered
        where numbered.reward_id not in (select refused.reward_id from refused)
        order by numbered.reward_id
    )
    insert into app.reward_wallets (season_id, reward_key, address, reward_id)
    select
        wallets.season_id, wallets.reward_key, wallets.address, wallets.reward_id
    from wallets
    where wallets.reward_id not in (select refused.reward_id from refused);
end
$$;

drop function app.is_excluded_from_rewards(text, text, text, timestamptz);
