-- depends: 0096-rewards

-- What runs do with rewards, at their end (macros/runs/finish_run.sql): they freeze the
-- standings that are final, take back what a rule says, let lapse what was not claimed,
-- and entitle who has reached something. The marts are those of the live schema.

-- The rules by which rewards are taken back, and the only place of them: a reward that
-- a row names is taken back with its reason. Each rule is a part of the union.
--
-- `computed_as_of` is the as-of instant of the run that asks, and `scope` the clusters
-- that it has computed, null for all.
create function app.rewards_to_take_back(computed_as_of timestamptz, scope text[])
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
    select
        rewards.reward_id,
        'excluded' as reason
    from app.rewards
    inner join app.reward_definitions as definitions
        on
            rewards.season_id = definitions.season_id
            and rewards.reward_key = definitions.reward_key
    where
        rewards.state in ('OPEN', 'CLAIMED')
        and (rewards.cluster_id = any(scope) or scope is null)
        and app.is_excluded_from_rewards(
            rewards.cluster_id,
            rewards.season_id,
            definitions.leaderboard_key,
            computed_as_of
        );
end
$$;

-- Freezes the standings of seasons that a run of their own has computed as of an
-- instant a week after their end or later, and those of boards whose run of the season
-- is final.
create function app.freeze_standings(freezing app.etl_runs) returns void
language plpgsql
as $$
begin
    with standings as (
        insert into app.final_standings (season_id, run_id, as_of)
        select seasons.id, freezing.run_id, freezing.as_of
        from app.seasons
        where
            freezing.kind = 'SEASON'
            and freezing.state = 'SUCCESS'
            and 'season:' || seasons.id = any(freezing.windows)
            and seasons.ends_at + 7 * interval '24 hours' <= freezing.as_of
            and not exists (
                select from app.final_standings as frozen
                where frozen.season_id = seasons.id and frozen.leaderboard_key is null
            )
        returning standing_id, season_id
    )
    insert into app.final_entries (standing_id, cluster_id, rank, score, level)
    select
        standings.standing_id,
        progress.cluster_id,
        dense_rank() over (
            partition by standings.standing_id order by progress.points desc
        ),
        progress.points,
        progress.level
    from standings
    inner join analytics.season_progress as progress
        on standings.season_id = progress.season_id
    inner join app.wallet_clusters as clusters
        on progress.cluster_id = clusters.cluster_id
    where progress.points > 0;

    with standings as (
        insert into app.final_standings
            (season_id, leaderboard_key, run_id, board_run_id, as_of)
        select distinct
            seasons.id, boards.key, freezing.run_id, runs.id, runs.as_of
        from app.reward_definitions as definitions
        inner join app.seasons on definitions.season_id = seasons.id
        inner join app.leaderboard_defs as boards
            on definitions.leaderboard_key = boards.key
        inner join app.latest_runs_of_periods as runs
            on
                boards.key = runs.leaderboard_key
                and seasons.starts_at = runs.period_start
                and seasons.ends_at = runs.period_end
        where
            runs.as_of >= runs.period_end
            and app.is_final(
                runs.period_end, runs.as_of, boards.corrected_for_days,
                boards.is_frozen, freezing.as_of
            )
            and not exists (
                select from app.final_standings as frozen
                where
                    frozen.season_id = seasons.id
                    and frozen.leaderboard_key = boards.key
            )
        returning standing_id, board_run_id
    )
    insert into app.final_entries (standing_id, cluster_id, rank, score)
    select
        standings.standing_id, entries.cluster_id, entries.rank, entries.score
    from standings
    inner join analytics.leaderboard_entries as entries
        on standings.board_run_id = entries.run_id
    inner join app.wallet_clusters as clusters
        on entries.cluster_id = clusters.cluster_id;
end
$$;

-- Entitles the clusters of the scope, null for all, that have reached what is rewarded
-- and are not entitled yet.
create function app.entitle(entitling app.etl_runs, scope text[]) returns void
language plpgsql
as $$
begin
    with reached as (
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
            and not app.is_excluded_from_rewards(
                reached.cluster_id,
                reached.season_id,
                reached.leaderboard_key,
                entitling.as_of
            )
            and not exists (
                select from app.rewards
                where
                    rewards.season_id = reached.season_id
                    and rewards.reward_key = reached.reward_key
                    and rewards.cluster_id = reached.cluster_id
                    and (
                        rewards.state <> 'TAKEN_BACK'
                        -- what was handed out once is not promised again
                        or rewards.fulfilled_at is not null
                    )
            )
        for key share of clusters
    ),

    -- The wallets that the cluster had when it was counted, or has.
    wallets as materialized (
        select distinct on (
            candidates.season_id, candidates.reward_key, links.address,
            candidates.cluster_id
        )
            candidates.season_id,
            candidates.reward_key,
            candidates.cluster_id,
            links.address,
            links.unlinked_at is null as is_held
        from candidates
        inner join app.wallet_links as links
            on candidates.cluster_id = links.cluster_id
        where
            links.unlinked_at is null
            or links.unlinked_at > candidates.counted_at
        order by
            candidates.season_id, candidates.reward_key, links.address,
            candidates.cluster_id, links.unlinked_at desc nulls first
    ),

    -- One wallet counts for one reward: of two at once, for who holds the wallet.
    refused as (
        select wallets.season_id, wallets.reward_key, wallets.cluster_id
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
        select others.season_id, others.reward_key, others.cluster_id
        from (
            select
                wallets.*,
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
            season_id, reward_key, cluster_id, name, quantity, valid_until, level, rank,
            entitled_at, run_id, definitions, changed_by
        )
        select
            candidates.season_id,
            candidates.reward_key,
            candidates.cluster_id,
            candidates.name,
            candidates.quantity,
            candidates.valid_until,
            candidates.reached_level,
            candidates.reached_rank,
            entitling.as_of,
            entitling.run_id,
            entitling.definitions,
            'run ' || entitling.run_id
        from candidates
        where (candidates.season_id, candidates.reward_key, candidates.cluster_id)
            not in (select * from refused)
        order by
            candidates.season_id, candidates.reward_key, candidates.cluster_id
        returning reward_id, season_id, reward_key, cluster_id
    )
    insert into app.reward_wallets (season_id, reward_key, address, reward_id)
    select
        wallets.season_id, wallets.reward_key, wallets.address, entitled.reward_id
    from entitled
    inner join wallets
        on
            entitled.season_id = wallets.season_id
            and entitled.reward_key = wallets.reward_key
            and entitled.cluster_id = wallets.cluster_id;
end
$$;

-- All that a run does with rewards, in this order, at its end. Without definitions and
-- without a season to freeze, it does nothing. Runs do it one after another.
create function app.settle_rewards(settling bigint, scope text[]) returns void
language plpgsql
as $$
declare
    run app.etl_runs;
    freed text[];
begin
    select * into run from app.etl_runs where run_id = settling;
    if not found or (
        run.kind <> 'SEASON' and not exists (select from app.reward_definitions)
    ) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('app.rewards'));
    perform app.freeze_standings(run);

    update app.rewards
    set
        state = 'LAPSED',
        changed_by = 'run ' || settling,
        note = 'not claimed in time'
    where
        rewards.state = 'OPEN'
        and rewards.valid_until <= run.as_of
        and (rewards.cluster_id = any(scope) or scope is null);

    -- only a run that reads all changes, or the cluster, knows it without the wallet
    if run.kind in ('FULL', 'INCREMENTAL', 'CLUSTER') and run.state = 'SUCCESS' then
        with taken as (
            update app.rewards
            set
                state = 'TAKEN_BACK',
                changed_by = 'run ' || settling,
                note = rules.reason
            from (
                select distinct on (found.reward_id) found.*
                from app.rewards_to_take_back(run.as_of, scope) as found
                order by found.reward_id, found.reason
            ) as rules
            where rewards.reward_id = rules.reward_id
            returning rewards.reward_id
        ),

        -- What stays rests no more on wallets that others have verified.
        released as (
            delete from app.reward_wallets as wallets
            using app.rewards, app.wallet_links as links
            where
                wallets.reward_id = rewards.reward_id
                and wallets.address = links.address
                and rewards.state in ('OPEN', 'CLAIMED', 'FULFILLED')
                and links.unlinked_at is null
                and links.cluster_id <> app.remaining_cluster(rewards.cluster_id)
                and links.verified_at <= run.as_of
                and (rewards.cluster_id = any(scope) or scope is null)
            returning links.cluster_id
        )
        select array_agg(distinct released.cluster_id) into freed from released;
    end if;
    -- null stays all clusters
    perform app.entitle(run, case when scope is not null then scope || freed end);
end
$$;

-- What was frozen stays what it was: the season keeps the span and the scoring of it.
create function app.keep_final_seasons() returns trigger
language plpgsql
as $$
begin
    if exists (
        select from app.final_standings as frozen
        where frozen.season_id = new.id and frozen.leaderboard_key is null
    ) then
        raise exception 'its standings are final'
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger keep_final_seasons before update on app.seasons
for each row when (
    -- one by one, because a dump writes a comparison of rows in this way
    old.starts_at is distinct from new.starts_at
    or old.ends_at is distinct from new.ends_at
    or old.scoring is distinct from new.scoring
)
execute function app.keep_final_seasons();
