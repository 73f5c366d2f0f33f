-- depends: 0020-taking-changes 0021-left-out-versions-of-partitions

-- How many rows of a raw table were loaded on each UTC day. The triggers that note
-- changes count them, so that no index on loaded_at has to be kept for every row.

-- A statement adds a row for each day; app.compact_loaded_days makes one of them. The
-- sum of rows_loaded is the number of rows whose loaded_at is on that day.
create table app.loaded_days (
    table_name text collate "C" not null,
    -- the UTC day of loaded_at
    loaded_on date not null,
    -- less than 0 where rows were deleted, or loaded again on a later day
    rows_loaded bigint not null,
    -- the latest times among the rows that were written; null where none was
    loaded_at timestamptz,
    event_at timestamptz
);

-- A column of a time or day as an expression for an instant; a day begins in UTC.
create function app.time_as_instant(facts regclass, column_name text) returns text
language sql stable
as $$
    select format(
        case atttypid
            when 'date'::regtype then '(%I::timestamp at time zone ''UTC'')'
            else '%I'
        end,
        attname
    )
    from pg_attribute
    where attrelid = facts and attname = column_name and not attisdropped
$$;

-- Counts all rows of a raw table anew. No other session writes to it until the
-- transaction ends, so that every row is counted once.
create function app.count_loaded_days(facts regclass, event_time text) returns void
language plpgsql
as $$
declare
    short_name text := (select relname from pg_class where oid = facts);
begin
    execute format('lock table %s in share row exclusive mode', facts);
    perform pg_advisory_xact_lock(hashtext('app.loaded_days'));
    delete from app.loaded_days where table_name = short_name;
    execute format(
        'insert into app.loaded_days'
        ' select %L, (loaded_at at time zone ''UTC'')::date, count(*),'
        ' max(loaded_at), max(%s) from %s group by 2',
        short_name, app.time_as_instant(facts, event_time), facts
    );
end
$$;

-- Makes one row of those of a table and day. Does nothing while another session does it
-- or counts.
create function app.compact_loaded_days() returns void
language sql
as $$
    with several as (
        select table_name, loaded_on
        from app.loaded_days
        -- asked for once, and not for every row
        where (select pg_try_advisory_xact_lock(hashtext('app.loaded_days')))
        group by table_name, loaded_on
        having count(*) > 1
    ),
    deleted as (
        delete from app.loaded_days
        where (table_name, loaded_on) in (select * from several)
        returning *
    )
    insert into app.loaded_days
    select table_name, loaded_on, sum(rows_loaded), max(loaded_at), max(event_at)
    from deleted
    group by table_name, loaded_on
$$;

-- What the changes of a raw table concern: the columns of each key as a list in SQL,
-- and the key as an expression.
create function app.keys_of_notes(concerns jsonb)
returns table (kind text, columns text, key text)
language sql immutable
as $$
    select
        each.key,
        string_agg(format('%I', name), ', ' order by place),
        string_agg(format('%I::text', name), ' || ''/'' || ' order by place)
    from jsonb_array_elements(concerns) as entry
    cross join jsonb_each(entry) as each
    cross join jsonb_array_elements_text(each.value)
        with ordinality as listed (name, place)
    group by entry, each.key
$$;

-- The queries by which the rows of the relation `touched`, which has the columns of a
-- raw table, become change notes: kind, key, from_at, to_at and due_at. `concerns` is a
-- JSON array of {kind: [columns]}, where the columns are the key. The first is for what
-- is due at once, the second for what counts from a later time on.
create or replace function app.change_notes_query(
    facts regclass, concerns jsonb
) returns text
language sql stable
as $$
    select string_agg(
        format(
            'select %L, %s, min(%s), max(%s), timestamptz ''-infinity'' from touched'
            ' where num_nulls(%s) = 0 group by %5$s',
            kind, key,
            'least(' || array_to_string(app.times_of(facts), ', ') || ')',
            'greatest(' || array_to_string(app.times_of(facts), ', ') || ')',
            columns
        ),
        E'\nunion all\n'
    )
    from app.keys_of_notes(concerns)
$$;
create function app.due_notes_query(facts regclass, concerns jsonb) returns text
language sql stable
as $$
    select string_agg(
        format(
            'select distinct %L, %s, %s, %3$s, %3$s'
            ' from touched where %3$s > now() and num_nulls(%s) = 0',
            kind, key, instant, columns
        ),
        E'\nunion all\n'
    )
    from app.keys_of_notes(concerns)
    cross join unnest(app.times_of(facts)) as instant
$$;

-- As before (0013-change-notes.sql), and the triggers count rows by the day on which
-- they were loaded.
create or replace function app.watch_facts(
    facts regclass, event_time text, concerns jsonb
) returns void
language plpgsql
as $$
declare
    short_name text := (select relname from pg_class where oid = facts);
    function_name text := 'note_changes_of_' || short_name;
    key_columns text := (
        select string_agg(format('%L, %I', attname, attname), ', ' order by place)
        from pg_constraint
        cross join unnest(conkey) with ordinality as listed (attnum, place)
        inner join pg_attribute using (attnum)
        where conrelid = facts and contype = 'p' and attrelid = facts
    );
    times text := array_to_string(app.times_of(facts), ', ');
    -- counts the rows of a relation by day, and tells their latest time
    counting text := format(
        'with days as materialized ('
        'select (loaded_at at time zone ''UTC'')::date as loaded_on, count(*) as rows,'
        ' max(loaded_at) as loaded_at, max(%s) as event_at, max(greatest(%s)) as latest'
        ' from %%s group by 1),'
        ' counted as (insert into app.loaded_days select %L, loaded_on, %%s from days)'
        ' select max(latest) into latest_time from days;',
        app.time_as_instant(facts, event_time), times, short_name
    );
    -- writes the notes of a query
    noting text := format(
        'insert into app.change_notes'
        ' (table_name, operation, kind, key, from_at, to_at, due_at)'
        ' select %L, tg_op, * from (%%s) as notes;',
        short_name
    );
    at_once text := app.change_notes_query(facts, concerns);
    later text := app.due_notes_query(facts, concerns);
    old_and_new text :=
        'with touched as (select * from old_rows union all select * from new_rows) ';
    body text;
    touched regclass;
    is_new boolean;
begin
    body := format(
        $body$
declare
    latest_time timestamptz;
    latest_time_before timestamptz;
begin
    if tg_op = 'TRUNCATE' then
        insert into app.change_notes (table_name, operation, kind, key)
        values (%1$L, tg_op, 'everything', '');
        insert into raw.removed_facts (table_name, key, reason)
        values (%1$L, '{}', 'all rows were truncated and are not kept');
        perform app.count_loaded_days(%5$L, %6$L);
        return null;
    end if;
    if tg_op = 'INSERT' then
        %7$s
    elsif tg_op = 'DELETE' then
        %8$s
    else
        %9$s
        latest_time_before := latest_time;
        %10$s
        latest_time := greatest(latest_time, latest_time_before);
    end if;
    if tg_op = 'UPDATE' then
        %2$s
    else
        %11$s
    end if;
    if latest_time > now() and tg_op = 'UPDATE' then
        %12$s
    elsif latest_time > now() then
        %13$s
    end if;
    if tg_op = 'DELETE' then
        insert into raw.removed_facts
        (table_name, key, event_at, fact, reason, removed_by)
        select
            %1$L, jsonb_build_object(%3$s), greatest(%4$s),
            case when current_setting('hedge.forget_removed', true) = 'on'
                then null else to_jsonb(touched) end,
            nullif(current_setting('hedge.removal_reason', true), ''),
            nullif(current_setting('hedge.removed_by', true), '')
        from touched;
    end if;
    return null;
end
$body$,
        short_name,
        format(noting, old_and_new || at_once),
        key_columns,
        times,
        facts,
        event_time,
        format(counting, 'touched', 'rows, loaded_at, event_at'),
        format(counting, 'touched', '-rows, null, null'),
        format(counting, 'old_rows', '-rows, null, null'),
        format(counting, 'new_rows', 'rows, loaded_at, event_at'),
        format(noting, at_once),
        format(noting, old_and_new || later),
        format(noting, later)
    );
    is_new := not exists (
        select from pg_proc
        where
            pronamespace = 'app'::regnamespace
            and proname = function_name
            and prosrc = body
    );
    if is_new then
        execute format(
            'create or replace function app.%I() returns trigger language plpgsql'
            ' security definer set search_path = pg_catalog, pg_temp as %L',
            function_name, body
        );
        execute format(
            'revoke execute on function app.%I() from public', function_name
        );
    end if;

    -- A statement on a partition fires only the triggers of the partition.
    for touched in
        select facts
        union
        select relid from pg_partition_tree(facts)
    loop
        if not app.is_watched(touched) then
            is_new := true;
            execute format(
                $triggers$
                drop trigger if exists note_inserted on %1$s;
                drop trigger if exists note_updated on %1$s;
                drop trigger if exists note_deleted on %1$s;
                drop trigger if exists note_truncated on %1$s;
                create trigger note_inserted after insert on %1$s
                referencing new table as touched
                for each statement execute function app.%2$I();
                create trigger note_updated after update on %1$s
                referencing old table as old_rows new table as new_rows
                for each statement execute function app.%2$I();
                create trigger note_deleted after delete on %1$s
                referencing old table as touched
                for each statement execute function app.%2$I();
                create trigger note_truncated after truncate on %1$s
                for each statement execute function app.%2$I();
                -- also in sessions whose role is `replica`
                alter table %1$s enable always trigger note_inserted;
                alter table %1$s enable always trigger note_updated;
                alter table %1$s enable always trigger note_deleted;
                alter table %1$s enable always trigger note_truncated
                $triggers$,
                touched, function_name
            );
        end if;
    end loop;

    insert into app.watched_tables (table_name, event_time)
    values (short_name, watch_facts.event_time)
    on conflict (table_name) do update set event_time = excluded.event_time;
    if is_new then
        insert into app.change_notes (table_name, operation, kind, key)
        values (short_name, 'INSERT', 'everything', '');
        perform app.count_loaded_days(facts, watch_facts.event_time);
    end if;
end
$$;

-- As before (0020-taking-changes.sql), and the counts of loaded rows are compacted.
create or replace function app.delete_taken_changes(taker text, run_as_of timestamptz)
returns void
language sql
as $$
    -- Two runs do not write the same notes at once: rows are not locked in one order.
    select pg_advisory_xact_lock(hashtext('app.change_notes'));
    select app.mark_stale_boards(taker, of_marts => true);
    update app.change_notes set from_at = run_as_of, taken_by = null
    where taken_by = taker and to_at >= run_as_of;
    delete from app.change_notes where taken_by = taker;
    delete from app.etl_requests where covered_by = taker;
    select app.compact_loaded_days();
$$;

-- Nothing else reads these indexes.
drop index if exists raw.discord_interactions_loaded_at_idx;
drop index if exists raw.hero_summons_loaded_at_idx;
drop index if exists raw.heroes_loaded_at_idx;
drop index if exists raw.hunting_drops_loaded_at_idx;
drop index if exists raw.hunting_encounters_loaded_at_idx;
drop index if exists raw.influence_predictions_loaded_at_idx;
drop index if exists raw.jeweler_events_loaded_at_idx;
drop index if exists raw.lp_harvest_events_loaded_at_idx;
drop index if exists raw.lp_prices_daily_loaded_at_idx;
drop index if exists raw.lp_stake_events_loaded_at_idx;
drop index if exists raw.metis_battles_loaded_at_idx;
drop index if exists raw.metis_patrol_events_loaded_at_idx;
drop index if exists raw.pets_loaded_at_idx;
drop index if exists raw.pvp_matches_loaded_at_idx;
drop index if exists raw.quest_completions_loaded_at_idx;
drop index if exists raw.seasonal_event_actions_loaded_at_idx;
drop index if exists raw.shell_events_loaded_at_idx;
drop index if exists raw.shell_raffle_entries_loaded_at_idx;
drop index if exists raw.shell_raffle_results_loaded_at_idx;
drop index if exists raw.token_prices_daily_loaded_at_idx;
drop index if exists raw.tournament_entries_loaded_at_idx;
drop index if exists raw.tournament_matches_loaded_at_idx;
drop index if exists raw.vendor_transactions_loaded_at_idx;
drop index if exists raw.wallet_first_seen_loaded_at_idx;
