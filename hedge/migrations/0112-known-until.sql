-- depends: 0111-what-exclusions-concern

-- What a run knew is what was there when it ran, also where it computed as of an
-- earlier instant. The history of progress says until when, and a row that stands says
-- so although its run was pruned from the ledger. null: the run is not known any more.
create or replace function app.create_progress_history() returns void
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
            definitions text,
            known_until timestamptz,
            primary key (cluster_id, as_of, challenge_key)
        );
        comment on table analytics.progress_history is
        'A row for each change of the value or tier of a cluster in a challenge';
    elsif (
        -- a backup of before one of these columns
        select count(*)
        from pg_attribute
        where
            attrelid = 'analytics.progress_history'::regclass
            and attname in ('definitions', 'known_until')
            and not attisdropped
    ) < 2 then
        alter table analytics.progress_history
        add column if not exists definitions text,
        add column if not exists known_until timestamptz;
    end if;
end
$$;
select app.create_progress_history();
update analytics.progress_history as history
set known_until = runs.started_at
from app.etl_runs as runs
where history.run_id = runs.run_id;

-- When the run of this session began: what was committed before, it has read.
create function app.start_of_this_run() returns timestamptz
language sql stable
return (
    select runs.started_at
    from app.etl_runs as runs
    where runs.run_id = app.run_id()
);

create or replace function app.tell_changed_progress() returns trigger
language plpgsql
as $$
begin
    if current_setting('hedge.events', true) = 'renames' then
        return null;
    end if;
    insert into analytics.progress_history
    (cluster_id, challenge_key, as_of, value, tier, run_id, definitions,
    known_until)
    values (
        new.cluster_id,
        new.challenge_key,
        new.last_computed_at,
        new.value,
        new.tier,
        app.run_id(),
        app.definitions_of_this_run(),
        app.start_of_this_run()
    )
    on conflict (cluster_id, challenge_key, as_of) do update
    set
        value = excluded.value,
        tier = excluded.tier,
        run_id = excluded.run_id,
        definitions = excluded.definitions,
        known_until = excluded.known_until;
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
    (cluster_id, challenge_key, as_of, value, tier, run_id, definitions,
    known_until)
    select
        inserted.cluster_id,
        inserted.challenge_key,
        inserted.last_computed_at,
        inserted.value,
        inserted.tier,
        app.run_id(),
        (select app.definitions_of_this_run()),
        (select app.start_of_this_run())
    from inserted
    where inserted.value > 0
    order by inserted.cluster_id, inserted.challenge_key
    on conflict (cluster_id, challenge_key, as_of) do update
    set
        value = excluded.value,
        tier = excluded.tier,
        run_id = excluded.run_id,
        definitions = excluded.definitions,
        known_until = excluded.known_until;
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

-- The natural key of a fact without what identifies a wallet, for readers who may not
-- know whose it is: addresses, hashes of transactions and the places of logs, in
-- whatever column they are. 40 digits are an address, 64 a hash.
create function app.without_wallets(jsonb) returns jsonb
language sql immutable parallel safe
return (
    select coalesce(jsonb_object_agg(columns.key, columns.value), '{}')
    from jsonb_each($1) as columns
    where
        columns.key <> 'log_index'
        and columns.value #>> '{}' !~* '0x[0-9a-f]{40}'
);
comment on function app.without_wallets(jsonb) is
'The natural key of a fact without what identifies a wallet';
