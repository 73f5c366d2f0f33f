-- depends: 0146-readers-of-verified

-- Copies of buckets on the workers of Citus (docs/scale.md). The facts of the bucket N
-- stay in bucket_N, where everybody reads and writes them. What metric sources read is
-- in a second place, too: the schema bucket_N_copy, which Citus keeps on one worker,
-- and the schema everybody_copy, which all workers have. A run changes the copies as
-- the facts have changed. Without copies, which is the default, all of these tables are
-- empty.

-- The raw tables whose facts are copied. The facts of those that are not in
-- app.bucket_tables are in everybody_copy.
create table app.copied_tables (
    table_name text collate "C" primary key
);

-- The relations of a bucket that read no facts and that views with facts read, such as
-- the windows. Their copies have rows within the transaction of a run alone.
create table app.copied_views (
    view_name text collate "C" primary key
);

-- Facts that were written since they were copied, by their primary key; null: every
-- fact of the table. The tables of what is to be copied have no key, so that writers
-- and runs do not wait for each other.
create table app.facts_to_copy (
    table_name text collate "C" not null,
    key jsonb
);

-- The wallets whose facts have moved to another bucket since they were copied.
create table app.wallets_to_copy (
    address text collate "C" not null
);

-- Notes the facts that a statement has written. The arguments of the trigger are the
-- columns of the key.
create function app.note_facts_to_copy() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'insert into app.facts_to_copy (table_name, key)'
        ' select %L, jsonb_build_object(%s) from touched',
        tg_table_name,
        (
            select string_agg(format('%L, touched.%I', name, name), ', ')
            from unnest(tg_argv) as name
        )
    );
    return null;
end
$$;

-- Notes that all facts of a table were removed.
create function app.note_table_to_copy() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.facts_to_copy (table_name) values (tg_table_name);
    return null;
end
$$;

-- Notes the wallets whose facts app.fill_buckets moves.
create function app.note_wallets_to_copy() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.wallets_to_copy (address)
    select distinct touched.address from touched;
    return null;
end
$$;

-- The places of a copied table: where its facts are, and where their copies.
create function app.places_of_copies(copied_table text)
returns table (facts text, copies text)
language sql stable
as $$
    select
        format('bucket_%s.%I', buckets.bucket, 'raw_' || copied_table),
        format('bucket_%s_copy.%I', buckets.bucket, 'raw_' || copied_table)
    from app.bucket_tables
    cross join app.buckets
    where bucket_tables.table_name = copied_table

    union all

    select
        format('raw.%I', copied_table),
        format('everybody_copy.%I', 'raw_' || copied_table)
    where
        copied_table not in (
            select bucket_tables.table_name from app.bucket_tables
        )
$$;

-- Creates the table of a copy: the columns, keys and indexes of the facts, without
-- rules and triggers.
create function app.create_copy(facts regclass, copy_schema text) returns void
language plpgsql
as $$
declare
    copies text := format(
        '%I.%I', copy_schema, 'raw_' || (select relname from pg_class where oid = facts)
    );
begin
    execute format('create table %s (like %s including indexes)', copies, facts);
    execute format(
        'grant select on %s to %I',
        copies,
        (
            select pg_get_userbyid(nspowner) from pg_namespace
            where nspname = 'analytics'
        )
    );
end
$$;

-- Has the changes of a raw table noted for its copies, from now on, and all its facts
-- copied by the next call of app.copy_facts.
create function app.begin_copying(facts regclass) returns void
language plpgsql
as $$
declare
    copied_table text := (select relname from pg_class where oid = facts);
    key_columns text := (
        select string_agg(quote_literal(attname), ', ' order by place)
        from pg_constraint
        cross join unnest(conkey) with ordinality as listed (attnum, place)
        inner join pg_attribute
            on attrelid = conrelid and pg_attribute.attnum = listed.attnum
        where conrelid = facts and contype = 'p'
    );
    noted record;
begin
    for noted in
        select *
        from (
            values
            ('copy_inserted', 'insert', 'new'), ('copy_updated', 'update', 'new'),
            ('copy_replaced', 'update', 'old'), ('copy_deleted', 'delete', 'old')
        ) as listed (name, event, rows)
    loop
        -- what moves to a bucket has been noted when it came in
        execute format(
            'create trigger %I after %s on %s referencing %s table as touched'
            ' for each statement when (current_setting(''hedge.moves_facts'', true)'
            ' is distinct from ''on'') execute function app.note_facts_to_copy(%s)',
            noted.name, noted.event, facts, noted.rows, key_columns
        );
        execute format('alter table %s enable always trigger %I', facts, noted.name);
    end loop;
    execute format(
        'create trigger copy_truncated after truncate on %s'
        ' for each statement execute function app.note_table_to_copy()',
        facts
    );
    execute format('alter table %s enable always trigger copy_truncated', facts);
    insert into app.copied_tables (table_name) values (copied_table);
    insert into app.facts_to_copy (table_name) values (copied_table);
end
$$;

-- Forgets all copies and removes their schemas. The caller holds the deploy lock.
create function app.end_copying() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    found record;
begin
    for found in
        select triggers.tgname, triggers.tgrelid::regclass as facts
        from pg_trigger as triggers
        where
            triggers.tgfoid in (
                'app.note_facts_to_copy'::regproc, 'app.note_table_to_copy'::regproc
            )
    loop
        execute format('drop trigger %I on %s', found.tgname, found.facts);
    end loop;
    drop trigger if exists copy_moved on app.wallets_to_place;
    for found in
        select nspname from pg_namespace
        where nspname = 'everybody_copy' or nspname ~ '^bucket_[0-9]+_copy$'
    loop
        execute format('drop schema %I cascade', found.nspname);
    end loop;
    delete from app.copied_tables;
    delete from app.copied_views;
    delete from app.facts_to_copy;
    delete from app.wallets_to_copy;
    update app.buckets set copied_from = null;
end
$$;

-- Copies what was written since the last call, of one raw table or (null) of all of
-- them, and returns how many facts it has copied. The hook of a run calls it after
-- app.fill_buckets, and before it determines the as-of instant. It is atomic: a run
-- that fails here has copied nothing, and the next one copies it.
create function app.copy_facts(only_table text default null) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    portion constant integer := 20000;
    copied record;
    spot record;
    keys jsonb;
    addresses text[];
    found bigint;
    number bigint := 0;
begin
    if not exists (select from app.copied_tables) then
        return 0;
    end if;
    -- Two runs that begin at once would copy the same facts.
    perform pg_advisory_xact_lock(hashtext('app.buckets'));
    drop table if exists pg_temp.hedge_to_copy;
    create temporary table hedge_to_copy on commit drop as
    with taken as (
        delete from app.facts_to_copy as noted
        where coalesce(noted.table_name = only_table, true)
        returning noted.table_name, noted.key
    ),
    facts as (
        select distinct taken.table_name, taken.key from taken
    )
    select
        facts.table_name,
        facts.key,
        row_number() over (partition by facts.table_name) / portion as portion
    from facts;
    if only_table is null then
        with taken as (
            delete from app.wallets_to_copy returning address
        )
        select array_agg(distinct taken.address) into addresses from taken;
    end if;

    for copied in
        select
            tables.table_name,
            owned.wallet_column,
            coalesce(bool_or(noted.key is null) filter (
                where noted.table_name is not null
            ), false) as is_whole,
            max(noted.portion) as portions,
            (
                select string_agg(format('%I', attname), ', ' order by attnum)
                from pg_attribute
                where
                    attrelid = format('raw.%I', tables.table_name)::regclass
                    and attnum > 0
                    and not attisdropped
            ) as columns,
            keys.columns as key_columns,
            keys.definitions,
            keys.is_same_key
        from app.copied_tables as tables
        left join app.bucket_tables as owned on tables.table_name = owned.table_name
        left join pg_temp.hedge_to_copy as noted
            on tables.table_name = noted.table_name
        cross join
            lateral (
                select
                    string_agg(format('%I', attname), ', ' order by place) as columns,
                    string_agg(
                        format('%I %s', attname, format_type(atttypid, atttypmod)),
                        ', ' order by place
                    ) as definitions,
                    string_agg(
                        format('copies.%1$I = noted.%1$I', attname),
                        ' and ' order by place
                    ) as is_same_key
                from pg_constraint
                cross join unnest(conkey) with ordinality as listed (attnum, place)
                inner join pg_attribute
                    on attrelid = conrelid and pg_attribute.attnum = listed.attnum
                where
                    conrelid = format('raw.%I', tables.table_name)::regclass
                    and contype = 'p'
            ) as keys
        where only_table is null or tables.table_name = only_table
        group by
            tables.table_name,
            owned.wallet_column,
            keys.columns,
            keys.definitions,
            keys.is_same_key
        order by tables.table_name
    loop
        for spot in
            select places.facts, places.copies
            from app.places_of_copies(copied.table_name) as places
        loop
            if copied.is_whole then
                execute format('delete from %s', spot.copies);
                execute format(
                    'insert into %s (%s) select %2$s from %s',
                    spot.copies, copied.columns, spot.facts
                );
                get diagnostics found = row_count;
                number := number + found;
                continue;
            end if;
            for nth in 0 .. coalesce(copied.portions, -1) loop
                select jsonb_agg(noted.key) into keys
                from pg_temp.hedge_to_copy as noted
                where noted.table_name = copied.table_name and noted.portion = nth;
                execute format(
                    'delete from %s as copies where exists (select 1'
                    ' from jsonb_to_recordset($1) as noted (%s) where %s)',
                    spot.copies, copied.definitions, copied.is_same_key
                ) using keys;
                execute format(
                    'insert into %s (%s) select %2$s from %s where (%s) in'
                    ' (select %4$s from jsonb_to_recordset($1) as noted (%s))',
                    spot.copies, copied.columns, spot.facts, copied.key_columns,
                    copied.definitions
                ) using keys;
                get diagnostics found = row_count;
                number := number + found;
            end loop;
            if copied.wallet_column is not null and addresses is not null then
                execute format(
                    'delete from %s where %I = any($1)',
                    spot.copies, copied.wallet_column
                ) using addresses;
                execute format(
                    'insert into %s (%s) select %2$s from %s where %I = any($1)',
                    spot.copies, copied.columns, spot.facts, copied.wallet_column
                ) using addresses;
                get diagnostics found = row_count;
                number := number + found;
            end if;
        end loop;
    end loop;
    return number;
end
$$;
revoke execute on function app.copy_facts(text) from public;

-- Writes what a session reads beside facts (the windows, the as-of instant, links, what
-- is excluded) into the copy of a bucket, for the transaction that computes there. No
-- other transaction sees it, because app.empty_copy removes it before the commit.
create function app.fill_copy(bucket integer) returns void
language plpgsql
as $$
declare
    copied text;
begin
    for copied in
        select views.view_name from app.copied_views as views order by views.view_name
    loop
        execute format(
            'insert into %1$I.%3$I select * from %2$I.%3$I',
            format('bucket_%s_copy', bucket), format('bucket_%s', bucket), copied
        );
    end loop;
end
$$;

-- Removes what app.fill_copy has written in this transaction.
create function app.empty_copy(bucket integer) returns void
language plpgsql
as $$
declare
    copied text;
begin
    for copied in
        select views.view_name from app.copied_views as views order by views.view_name
    loop
        execute format(
            'delete from %I.%I', format('bucket_%s_copy', bucket), copied
        );
    end loop;
end
$$;
