-- depends: 0054-webhooks

-- The history of progress: a row for each change of the value or the tier of a cluster
-- in a challenge, written by the triggers that tell of it, in the same transaction. The
-- first row is the first value above zero. A table of analytics that no model builds,
-- because it cannot be computed again. as_of is the as-of instant of the run that found
-- the change. It is created where it is missing: a backup may leave out analytics.
create function app.create_progress_history() returns void
language plpgsql
as $$
begin
    if to_regclass('analytics.progress_history') is null then
        -- An administrator may have made the schema, for a role that may create none.
        if to_regnamespace('analytics') is null then
            create schema analytics;
        end if;
        create table analytics.progress_history (
            cluster_id text collate "C" not null,
            challenge_key text collate "C" not null,
            as_of timestamptz not null,
            value numeric(60, 6) not null,
            tier text not null,
            run_id bigint,
            primary key (cluster_id, as_of, challenge_key)
        );
        comment on table analytics.progress_history is
        'A row for each change of the value or tier of a cluster in a challenge';
    end if;
end
$$;
select app.create_progress_history();

create or replace function app.tell_changed_progress() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) = 'renames' then
        return null;
    end if;
    insert into analytics.progress_history
    (cluster_id, challenge_key, as_of, value, tier, run_id)
    values (
        new.cluster_id,
        new.challenge_key,
        new.last_computed_at,
        new.value,
        new.tier,
        app.run_id()
    )
    on conflict (cluster_id, challenge_key, as_of) do update
    set value = excluded.value, tier = excluded.tier, run_id = excluded.run_id;
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

create or replace function app.tell_new_progress() returns trigger
language plpgsql
as $$
begin
    insert into analytics.progress_history
    (cluster_id, challenge_key, as_of, value, tier, run_id)
    select
        inserted.cluster_id,
        inserted.challenge_key,
        inserted.last_computed_at,
        inserted.value,
        inserted.tier,
        app.run_id()
    from inserted
    where inserted.value > 0
    order by inserted.cluster_id, inserted.challenge_key
    on conflict (cluster_id, challenge_key, as_of) do update
    set value = excluded.value, tier = excluded.tier, run_id = excluded.run_id;
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

-- What is told and kept of a cluster goes with it: at its deletion, and where a run
-- that was in progress has written some more, with its progress.
create or replace function app.delete_events_of_cluster() returns trigger
language plpgsql
as $$
begin
    delete from app.events where cluster_id = old.cluster_id;
    if to_regclass('analytics.progress_history') is not null then
        delete from analytics.progress_history where cluster_id = old.cluster_id;
    end if;
    return null;
end
$$;
create function app.forget_deleted_clusters() returns trigger
language plpgsql
as $$
declare
    gone text[];
begin
    select array_agg(distinct deleted.cluster_id)
    into gone
    from deleted
    where not exists (
        select from app.wallet_clusters as clusters
        where clusters.cluster_id = deleted.cluster_id
    );
    delete from app.events where cluster_id = any(gone);
    delete from analytics.progress_history where cluster_id = any(gone);
    return null;
end
$$;

create or replace function app.tell_changes(mart regclass) returns void
language plpgsql
as $$
begin
    perform app.create_progress_history();
    if
        mart = to_regclass('analytics.challenge_progress')
        and not exists (
            select from pg_trigger
            where tgrelid = mart and tgname = 'forget_deleted_clusters'
        )
    then
        create trigger forget_deleted_clusters
        after delete on analytics.challenge_progress
        referencing old table as deleted
        for each statement execute function app.forget_deleted_clusters();
    end if;
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

-- The paths of the service have new words: deliveries, events, history, replay,
-- webhooks.
create or replace function app.is_reserved_id(given text) returns boolean
language sql immutable parallel safe
return (
    lower(given) in (
        'account', 'active', 'admin', 'all', 'api', 'around', 'auth', 'boards',
        'calibration', 'callback', 'challenges', 'clusters', 'current',
        'delete', 'deliveries', 'discord', 'edit', 'etl', 'events', 'find',
        'healthz', 'history', 'latest', 'leaderboards', 'me', 'metrics', 'new',
        'none', 'null', 'oauth2-redirect.html', 'openapi.json', 'primary',
        'progress', 'readyz', 'replay', 'request-verification', 'requests',
        'retry', 'run', 'runs', 'schema', 'search', 'season', 'seasons',
        'sessions', 'sign-in', 'sign-out', 'sign-out-everywhere', 'standings',
        'static', 'tables', 'undefined', 'unlink', 'verification', 'verify',
        'wallets', 'webhooks', 'weight', 'weights'
    )
);

-- Stored clusters that break the rule keep their ids, as in 0015-cluster-ids.
do $$
declare
    sentence constant text := 'the cluster_id is no word of a path of the service';
    kept text;
begin
    execute format('alter table app.wallet_clusters drop constraint %I', sentence);
    select string_agg(quote_literal(cluster_id), ', ' order by cluster_id)
    into kept
    from app.wallet_clusters
    where app.is_reserved_id(cluster_id);
    execute format(
        'alter table app.wallet_clusters add constraint %I check (%s)',
        sentence,
        concat_ws(
            ' or ', 'not app.is_reserved_id(cluster_id)', 'cluster_id in (' || kept || ')'
        )
    );
end
$$;
