-- depends: 0033-served-versions

-- Stamps later than now: what is left where the clock of the server once ran ahead, or
-- where a database was restored on a server whose clock is behind. No run can write
-- over rows of a later instant, so every run is refused until the stamps are repaired
-- (hedge/runs/clock.py).

-- The columns that hold when something was done, by the clock of the server. `lead` is
-- how much later than now they may rightly be. A column that is missing here holds an
-- instant of a fact or of a period, or somebody has chosen it.
create function app.stamped_columns()
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
    ('analytics.challenge_progress', 'last_computed_at', interval '0'),
    ('analytics.cluster_metrics', 'last_computed_at', interval '0'),
    ('analytics.season_progress', 'updated_at', interval '0'),
    ('analytics.tier_unlocks', 'unlocked_at', interval '0'),
    ('analytics.tier_unlocks', 'reached_at', interval '0'),
    ('analytics.tier_unlocks', 'fell_at', interval '0'),
    ('analytics.tier_unlocks', 'revoked_at', interval '0'),
    ('analytics.leaderboard_entries', 'created_at', interval '0')
$$;

-- How many rows of each column are stamped later than now, and the latest stamp. With
-- `relations`, only those tables are read.
create function app.later_stamps(relations text[] default null)
returns table (relation text, column_name text, stamps bigint, latest timestamptz)
language plpgsql
as $$
declare
    stamped record;
begin
    for stamped in
        select columns.* from app.stamped_columns() as columns
        where
            coalesce(columns.relation = any(relations), true)
            and to_regclass(columns.relation) is not null
    loop
        relation := stamped.relation;
        column_name := stamped.column_name;
        execute format(
            'select count(*), max(%1$I) from %2$s where %1$I > $1',
            stamped.column_name, stamped.relation
        )
        into stamps, latest
        using clock_timestamp() + stamped.lead;
        if stamps > 0 then
            return next;
        end if;
    end loop;
end
$$;

-- Sets every stamp that is later than now to now, and returns how many of each column.
-- Board runs of periods that have not begun are deleted, and those of later instants
-- are stale. Since nobody can tell what the runs of later instants have seen, the next
-- run over all changes computes every cluster.
create function app.repair_later_stamps()
returns table (relation text, column_name text, stamps bigint)
language plpgsql
as $$
declare
    stamped record;
    this_moment timestamptz := clock_timestamp();
begin
    relation := 'app.leaderboard_runs';
    column_name := 'period_start';
    delete from app.leaderboard_runs where period_start > this_moment;
    get diagnostics stamps = row_count;
    if stamps > 0 then
        return next;
    end if;
    update app.leaderboard_runs set stale_since = this_moment
    where as_of > this_moment and status = 'COMPLETE';

    -- Two unlocks of a tier keep their order: unlocked_at is part of the key.
    if to_regclass('analytics.tier_unlocks') is not null then
        relation := 'analytics.tier_unlocks';
        column_name := 'unlocked_at';
        update analytics.tier_unlocks as unlocks
        set unlocked_at = this_moment - later.place * interval '1 microsecond'
        from (
            select
                ctid as row_id,
                row_number() over (
                    partition by cluster_id, challenge_key, tier_code, kind
                    order by unlocked_at desc
                ) as place
            from analytics.tier_unlocks
            where unlocked_at > this_moment
        ) as later
        where unlocks.ctid = later.row_id;
        get diagnostics stamps = row_count;
        if stamps > 0 then
            return next;
        end if;
    end if;

    for stamped in
        select columns.* from app.stamped_columns() as columns
        where to_regclass(columns.relation) is not null
    loop
        relation := stamped.relation;
        column_name := stamped.column_name;
        execute format(
            'update %2$s set %1$I = $1 where %1$I > $1 + $2',
            stamped.column_name, stamped.relation
        )
        using this_moment, stamped.lead;
        get diagnostics stamps = row_count;
        if stamps > 0 then
            return next;
        end if;
    end loop;

    insert into app.change_notes (table_name, operation, kind, key)
    values ('etl_runs', 'UPDATE', 'everything', '');
end
$$;
