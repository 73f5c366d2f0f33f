-- depends: 0049-describe-shown-wallets

-- Events: what the service tells front ends and other programs of. They are written in
-- the transaction that makes them true (an outbox), by triggers on the tables that they
-- tell of, so that whoever writes there cannot forget one.
--
-- event_id is drawn at the end of the transaction, under a lock that is held until it
-- has committed. So an event with a lower id is never committed after one with a higher
-- id, and a reader that goes on after an id misses none (docs/decisions.md).
create table app.events (
    event_id bigint generated always as identity primary key,
    event_type text not null,
    -- whom it concerns; both are null in an event that concerns everybody
    cluster_id text collate "C",
    leaderboard_key text collate "C",
    -- its instants are texts in UTC
    details jsonb not null,
    told_at timestamptz not null default clock_timestamp(),
    constraint "event_type is a type of event" check (
        event_type in (
            'progress.changed', 'tier.reached', 'tier.revoked', 'board.completed',
            'board.corrected', 'season.level_reached', 'everything.changed'
        )
    ),
    constraint "an event concerns a cluster, a board or everybody" check (
        num_nonnulls(cluster_id, leaderboard_key)
        = (event_type <> 'everything.changed')::integer
    )
);
create index on app.events (cluster_id, event_id);
create index on app.events (leaderboard_key, event_id)
where leaderboard_key is not null;
create index on app.events (event_id) where event_type = 'everything.changed';
create index on app.events (told_at);

-- The highest id of an event that was deleted because it was old. A reader that wants
-- to go on after a lower one has missed some.
create table app.pruned_events (
    is_only boolean primary key default true,
    pruned_until bigint not null,
    constraint "there is one row of pruned events" check (is_only)
);
insert into app.pruned_events (pruned_until) values (0);

-- The events of a transaction until it ends. No row is ever committed, so that each
-- transaction sees its own only.
create unlogged table app.untold_events (
    place bigint generated always as identity primary key,
    event_type text not null,
    cluster_id text collate "C",
    leaderboard_key text collate "C",
    details jsonb not null,
    is_first boolean not null default false
);

-- An instant in a text of an event.
create function app.utc_text(instant timestamptz) returns text
language sql stable parallel safe
return to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Whether the next event is the first one of this transaction.
create function app.begins_events() returns boolean
language plpgsql volatile
as $$
begin
    if current_setting('hedge.events_begun', true) = 'yes' then
        return false;
    end if;
    perform set_config('hedge.events_begun', 'yes', true);
    return true;
end
$$;

-- How a run tells what it changes: `each` change with an event, or all in a `summary`.
-- A run over all changes writes a summary where it is the first one, or the first one
-- since a deploy or an undo changed the definitions.
create function app.how_to_tell(of_run bigint) returns text
language sql stable
as $$
    select
        case
            when runs.kind not in ('FULL', 'INCREMENTAL') then 'each'
            when previous.run_id is null then 'summary'
            when
                coalesce(previous.definitions, '') <> coalesce(runs.definitions, '')
                then 'summary'
            else 'each'
        end
    from app.etl_runs as runs
    left join lateral (
        select
            earlier.run_id,
            earlier.definitions
        from app.etl_runs as earlier
        where
            earlier.run_id < runs.run_id
            and earlier.kind in ('FULL', 'INCREMENTAL')
            and earlier.state in ('SUCCESS', 'PARTIAL')
        order by earlier.run_id desc
        limit 1
    ) as previous on true
    where runs.run_id = of_run
$$;

-- Writes the summary of a run that tells no single change, at its end. That of the full
-- run of an undo is written with the unlocks that the undo revokes (app.tell_of_undo).
create function app.tell_of_run(ended bigint) returns void
language sql volatile
as $$
insert into app.untold_events (event_type, details, is_first)
select
    'everything.changed' as event_type,
    jsonb_build_object(
        'reason',
        case
            when exists (
                select from app.etl_runs as earlier
                where
                    earlier.run_id < runs.run_id
                    and earlier.kind in ('FULL', 'INCREMENTAL')
                    and earlier.state in ('SUCCESS', 'PARTIAL')
            ) then 'DEPLOY' else 'FIRST_RUN'
        end,
        'runId', runs.run_id,
        'asOf', app.utc_text(runs.as_of)
    ) as details,
    app.begins_events() as is_first
from app.etl_runs as runs
where
    runs.run_id = ended
    and app.how_to_tell(ended) = 'summary'
    and not exists (
        select from app.undos
        where
            undos.finished_at is null
            and undos.deploy_run is not null
            and undos.restored = runs.definitions
    )
$$;

-- Writes the one event of an undo.
create function app.tell_of_undo(finished bigint) returns void
language sql volatile
as $$
insert into app.untold_events (event_type, details, is_first)
select
    'everything.changed' as event_type,
    jsonb_build_object(
        'reason', 'UNDO',
        'runId', runs.run_id,
        'asOf', app.utc_text(runs.as_of)
    ) as details,
    app.begins_events() as is_first
from app.undos
inner join app.etl_runs as runs on undos.full_run = runs.run_id
where undos.undo_id = finished
$$;

-- Gives the events of a transaction their ids, at its end. An event of a cluster that
-- was deleted meanwhile is dropped. Who is woken by an event may read it after a crash,
-- too: the commit waits for the disk, which those of runs do not.
create function app.number_events() returns trigger
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtext('app.events'));
    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    with mine as (
        delete from app.untold_events returning *
    )
    insert into app.events (event_type, cluster_id, leaderboard_key, details)
    select mine.event_type, mine.cluster_id, mine.leaderboard_key, mine.details
    from mine
    where
        mine.cluster_id is null
        or exists (
            select from app.wallet_clusters as clusters
            where clusters.cluster_id = mine.cluster_id
        )
    order by mine.place;
    perform set_config('hedge.events_begun', '', true);
    perform pg_notify('hedge_events', '');
    return null;
end
$$;
create constraint trigger number_events after insert on app.untold_events
deferrable initially deferred
for each row when (new.is_first) execute function app.number_events();

-- Value and tier of a cluster in a challenge: rows that a run has changed, one by one,
-- because the condition of the trigger passes over those that it has only computed
-- again; and those that it has inserted.
create function app.tell_changed_progress() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) is distinct from 'summary' then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        values (
            'progress.changed',
            new.cluster_id,
            jsonb_build_object(
                'challengeKey', new.challenge_key,
                'value', trim_scale(new.value),
                'valueText', trim_scale(new.value)::text,
                'previousValue', trim_scale(old.value),
                'previousValueText', trim_scale(old.value)::text,
                'tier', new.tier,
                'previousTier', old.tier,
                'asOf', app.utc_text(new.last_computed_at)
            ),
            app.begins_events()
        );
    end if;
    return null;
end
$$;
create function app.tell_new_progress() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) is distinct from 'summary' then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        select
            'progress.changed',
            inserted.cluster_id,
            jsonb_build_object(
                'challengeKey', inserted.challenge_key,
                'value', trim_scale(inserted.value),
                'valueText', trim_scale(inserted.value)::text,
                'previousValue', 0,
                'previousValueText', '0',
                'tier', inserted.tier,
                'previousTier', 'NONE',
                'asOf', app.utc_text(inserted.last_computed_at)
            ),
            app.begins_events()
        from inserted
        where inserted.value > 0
        order by inserted.cluster_id, inserted.challenge_key;
    end if;
    return null;
end
$$;

-- Tiers that were reached, and those that were revoked. Why one was revoked is not
-- told: no public page of the cluster shows it.
create function app.tell_new_unlocks() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) is distinct from 'summary' then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        select
            'tier.reached',
            inserted.cluster_id,
            jsonb_build_object(
                'challengeKey', inserted.challenge_key,
                'tier', inserted.tier_code,
                'kind', inserted.kind,
                'unlockedAt', app.utc_text(inserted.unlocked_at)
            ),
            app.begins_events()
        from inserted
        where inserted.revoked_at is null
        order by
            inserted.cluster_id,
            inserted.challenge_key,
            inserted.kind desc,
            inserted.tier_code;
    end if;
    return null;
end
$$;
create function app.tell_revoked_unlock() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) is distinct from 'summary' then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        values (
            'tier.revoked',
            new.cluster_id,
            jsonb_build_object(
                'challengeKey', new.challenge_key,
                'tier', new.tier_code,
                'kind', new.kind,
                'unlockedAt', app.utc_text(new.unlocked_at),
                'revokedAt', app.utc_text(new.revoked_at)
            ),
            app.begins_events()
        );
    end if;
    return null;
end
$$;

-- The season level of a cluster, where it is higher than before.
create function app.tell_season_level() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) is distinct from 'summary' then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        values (
            'season.level_reached',
            new.cluster_id,
            jsonb_build_object(
                'seasonId', new.season_id,
                'level', new.level,
                'previousLevel',
                case when tg_op = 'UPDATE' then old.level else 0 end,
                'points', trim_scale(new.points),
                'pointsText', trim_scale(new.points)::text,
                'asOf', app.utc_text(new.updated_at)
            ),
            app.begins_events()
        );
    end if;
    return null;
end
$$;

-- Creates the triggers above on a mart of the live schema, where they are missing; the
-- materialization of marts calls it. A mart of an environment has none.
create function app.tell_changes(mart regclass) returns void
language plpgsql
as $$
begin
    if exists (
        select from pg_trigger where tgrelid = mart and tgname like 'tell\_%'
    ) then
        return;
    end if;
    if mart = to_regclass('analytics.challenge_progress') then
        create trigger tell_changed_progress
        after update on analytics.challenge_progress
        for each row when (
            (old.value, old.tier) is distinct from (new.value, new.tier)
        )
        execute function app.tell_changed_progress();
        create trigger tell_new_progress
        after insert on analytics.challenge_progress
        referencing new table as inserted
        for each statement execute function app.tell_new_progress();
    elsif mart = to_regclass('analytics.tier_unlocks') then
        create trigger tell_revoked_unlock
        after update on analytics.tier_unlocks
        for each row when (old.revoked_at is null and new.revoked_at is not null)
        execute function app.tell_revoked_unlock();
        create trigger tell_new_unlocks
        after insert on analytics.tier_unlocks
        referencing new table as inserted
        for each statement execute function app.tell_new_unlocks();
    elsif mart = to_regclass('analytics.season_progress') then
        create trigger tell_season_level
        after update on analytics.season_progress
        for each row when (new.level > old.level)
        execute function app.tell_season_level();
        create trigger tell_first_season_level
        after insert on analytics.season_progress
        for each row when (new.level > 0)
        execute function app.tell_season_level();
    end if;
end
$$;

-- A board run that is complete. Of a period that is not over no event is written, since
-- its entries still change. A further run of a period that was over corrects it.
create function app.tell_complete_board() returns trigger
language plpgsql
as $$
begin
    insert into app.untold_events (event_type, leaderboard_key, details, is_first)
    values (
        case
            when new.period_end is not null and exists (
                select from app.leaderboard_runs as earlier
                where
                    earlier.leaderboard_key = new.leaderboard_key
                    and earlier.period_start = new.period_start
                    and earlier.period_end = new.period_end
                    and earlier.status = 'COMPLETE'
                    and earlier.as_of >= earlier.period_end
                    and earlier.id <> new.id
            ) then 'board.corrected'
            else 'board.completed'
        end,
        new.leaderboard_key,
        jsonb_build_object(
            'runId', new.id,
            'periodStart', app.utc_text(new.period_start),
            'periodEnd', app.utc_text(new.period_end),
            'asOf', app.utc_text(new.as_of),
            'rowCount', new.row_count
        ),
        app.begins_events()
    );
    return null;
end
$$;
create trigger tell_complete_board after update on app.leaderboard_runs
for each row when (
    new.status = 'COMPLETE'
    and old.status <> 'COMPLETE'
    and (new.period_end is null or new.as_of >= new.period_end)
)
execute function app.tell_complete_board();

-- The events of a cluster go with it.
create function app.delete_events_of_cluster() returns trigger
language plpgsql
as $$
begin
    delete from app.events where cluster_id = old.cluster_id;
    return null;
end
$$;
create trigger delete_events_of_cluster after delete on app.wallet_clusters
for each row execute function app.delete_events_of_cluster();
